internal import Synchronization

/// Whether something has failed in a cycle that may be the fault of this node's own clone: an object that
/// cannot be read fails a fetch or a push just as a server does that breaks the protocol.
final class CloneDoubt: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Raises the doubt, unless the failure has a cause outside.
    func consider(_ error: NetworkError) {
        if [.other, .protocolViolation].contains(error.kind) { raised.store(true, ordering: .relaxed) }
    }
}
