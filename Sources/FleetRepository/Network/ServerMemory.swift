internal import Synchronization

/// What one cycle has learnt of the servers that it asked: which of them let it wait in vain, and whether
/// any has answered.
///
/// A cycle asks a server several times: for the branch, for evidence, for its reports. One that has let a
/// deadline pass would do so each time, and patching would wait as often.
package final class ServerMemory: Sendable {
    private struct Known {
        var silentUntil: [String: (Duration, NetworkError)] = [:]
        var hasAnswered = false
        var wasAway = false
    }

    private let known = Mutex(Known())

    package init() {}

    /// Whether servers were asked, and none has answered: then what failed is the line, and no server's doubt
    /// about this node.
    package var isEverythingAway: Bool { known.withLock { $0.wasAway && !$0.hasAnswered } }

    /// Why a server is not asked now; nil if it is.
    func refusal(of remote: RemoteURL, at now: Duration) -> NetworkError? {
        known.withLock { known in
            guard let (until, error) = known.silentUntil[remote.server], now < until else { return nil }
            return NetworkError(
                error.kind, remote: remote.description,
                "\(error.message); a moment ago, so it is not asked again")
        }
    }

    /// Remembers how asking a server has ended: one that let us wait is left alone for as long again.
    func note(_ error: NetworkError?, of remote: RemoteURL, since start: Duration, at now: Duration) {
        known.withLock { known in
            switch error?.kind {
            case .connectTimeout?, .progressTimeout?, .totalTimeout?:
                known.wasAway = true
                if let error { known.silentUntil[remote.server] = (now + (now - start), error) }
            case .unreachable?, .protocolViolation?:
                known.wasAway = true
            case .other?:
                // Of a server or of this machine: it says nothing of the way between them.
                break
            case nil, .authentication?, .repositoryNotFound?, .busy?, .tooLarge?, .diskFull?, .invalid?:
                known.hasAnswered = true
            }
        }
    }
}
