internal import Glibc

/// How long the parts of network work may take.
package struct NetworkDeadlines: Hashable, Sendable {
    /// Until the server has answered with the first bytes, or with libgit2's own transport with its listing.
    package var connect: Duration = .seconds(60)
    /// Between two signs of progress after that; longer where much may still be on its way.
    package var progress: Duration = .seconds(60)
    /// For all of it; longer where enough moves (`NetworkPatience`).
    package var total: Duration = .seconds(1800)

    package init() {}

    package init(connect: Duration, progress: Duration, total: Duration) {
        self.connect = connect
        self.progress = progress
        self.total = total
    }
}

/// What a fetch found and did.
package struct FetchResult: Equatable, Sendable {
    /// What the server lists, wanted or not.
    package let listed: [GitReference]
    /// The references here that changed; empty if nothing was new.
    package let updated: [ReferenceUpdate]
}

/// Network work of Git, in a process of its own that is killed when a deadline passes, and ends when its
/// parent does.
package struct NetworkChild: Sendable {
    /// The program that has the internal command `network-worker`: normally this one itself.
    package var executable = "/proc/self/exe"
    /// The only argument of a program that shall work as the child: it then calls ``NetworkWorker/run()``.
    package static let command = "network-worker"
    /// How ssh authenticates.
    package var ssh = SSHOptions()
    /// How servers are reached by HTTP.
    package var http = HTTPSettings()
    /// When the work is given up.
    package var deadlines = NetworkDeadlines()
    /// `StateLock.descriptor`, which the child then keeps as long as it lives. Nothing that the child starts
    /// gets it.
    package var lockDescriptor: Int32?
    /// Whether what is fetched must outlive a power failure. A clone that only lives as long as a command
    /// need not: ten thousand references, each flushed, are most of a minute on a disk.
    package var isDurable = true
    /// As whom the child works; nil: as this process. A child of another user needs no lock: it writes to
    /// nothing that others read.
    package var confinement: NetworkConfinement?
    /// Told of failures that a damaged clone may be behind.
    var doubt: CloneDoubt?

    /// What is known of the servers, where several children ask them; nil: nobody remembers.
    package var servers: ServerMemory?

    package init() {}

    /// What a server lists.
    package func list(_ remote: RemoteURL) throws(NetworkError) -> [GitReference] {
        try ask(.list, of: remote, folder: "") { answer, _ in answer.listed }
    }

    /// Fetches references into a bare repository, in one connection with the listing.
    ///
    /// If all that is wanted is there already, the listing is all that is sent. Tags are not fetched unless
    /// asked for.
    ///
    /// - Parameter byteLimit: bytes of a pack after which the fetch is given up with `.tooLarge`; nothing is
    ///   kept then.
    package func fetch(
        _ refspecs: [FetchRefspec], from remote: RemoteURL, into folder: String, byteLimit: Int
    ) throws(NetworkError) -> FetchResult {
        try ask(.fetch(refspecs, byteLimit: byteLimit), of: remote, folder: folder) {
            (answer, pack) throws(NetworkError) in
            guard let pack else { return FetchResult(listed: answer.listed, updated: answer.updated) }
            do throws(GitError) {
                let repository = try GitRepository(open: folder)
                return FetchResult(
                    listed: answer.listed,
                    updated: try repository.takeIn(
                        answer.listed, as: refspecs, pack: pack,
                        byteLimit: byteLimit + NetworkConfinement.bytesBesides))
            } catch {
                let kind: NetworkError.Kind =
                    switch error.code {
                    case .tooLarge: .tooLarge
                    case .diskFull: .diskFull
                    default: .protocolViolation
                    }
                throw NetworkError(
                    kind, remote: remote.description, "what was received is not taken in: \(error.message)")
            }
        }
    }

    /// Pushes commits of a bare repository, each to a reference of the server.
    ///
    /// If one of the references would lose commits without force, none is sent: what is pushed together
    /// belongs together. What is sent the server accepts or refuses one by one; version 0 of the protocol
    /// through libgit2 has no transaction.
    ///
    /// - Returns: the verdict on each destination. That nothing is thrown does not mean that anything was
    ///   accepted.
    package func push(
        _ refspecs: [PushRefspec], to remote: RemoteURL, from folder: String
    ) throws(NetworkError) -> [String: PushVerdict] {
        let answer = try ask(.push(refspecs), of: remote, folder: folder) { answer, _ in answer }
        for refspec in refspecs where answer.verdicts[refspec.destination] == nil {
            throw NetworkError(
                .protocolViolation, remote: remote.description, "no verdict on \(refspec.destination)")
        }
        return answer.verdicts
    }

    /// - Parameter use: what is done with the answer, and with the pack of a child of another user.
    private func ask<Answer>(
        _ operation: NetworkRequest.Operation, of remote: RemoteURL, folder: String,
        _ use: (NetworkAnswer, Int32?) throws(NetworkError) -> Answer
    ) throws(NetworkError) -> Answer {
        let start = monotonicTime()
        if let refusal = servers?.refusal(of: remote, at: start) { throw refusal }
        do throws(NetworkError) {
            let answer = try confined(operation, of: remote, folder: folder, use)
            servers?.note(nil, of: remote, since: start, at: monotonicTime())
            return answer
        } catch {
            servers?.note(error, of: remote, since: start, at: monotonicTime())
            doubt?.consider(error)
            throw error
        }
    }

    private func confined<Answer>(
        _ operation: NetworkRequest.Operation, of remote: RemoteURL, folder: String,
        _ use: (NetworkAnswer, Int32?) throws(NetworkError) -> Answer
    ) throws(NetworkError) -> Answer {
        guard let confinement else {
            return try use(try answer(operation, of: remote, folder: folder, extra: lockDescriptor), nil)
        }
        let place: NetworkPlace
        do throws(FileError) {
            place = try NetworkPlace(confinement)
        } catch {
            throw NetworkError(
                error.isDiskFull ? .diskFull : .other, remote: remote.description, error.description)
        }
        let answer = try answer(
            operation, of: remote, folder: folder, extra: place.pack.number, place: place.folder)
        return try use(answer, place.pack.number)
    }

    private func answer(
        _ operation: NetworkRequest.Operation, of remote: RemoteURL, folder: String, extra: Int32?,
        place: String = ""
    ) throws(NetworkError) -> NetworkAnswer {
        let request = NetworkRequest(
            operation: operation, url: remote.text, folder: folder, ssh: ssh, http: http,
            limits: NetworkLimits(deadlines), parent: getpid(), isDurable: isDurable,
            account: confinement?.account, place: place)
        guard request.text.utf8.count <= NetworkRequest.bytesLimit else {
            throw NetworkError(
                .invalid, remote: remote.description, "more is asked for than one request can hold")
        }
        let process: NetworkProcess
        do throws(FileError) {
            process = try NetworkProcess(executable, request: request.text, extra: extra)
        } catch {
            throw NetworkError(.other, remote: remote.description, error.description)
        }
        var watch: FolderWatch?
        if confinement != nil {
            // A pack and its index, while a second one takes the place of one that was given up.
            watch = FolderWatch(
                folder: place, bytesLimit: 2 * (operation.byteLimit + NetworkConfinement.bytesBesides))
        }
        return try process.answer(within: deadlines, watching: watch, remote: remote.description)
    }
}

/// All that a network child told.
struct NetworkAnswer {
    var listed: [GitReference] = []
    var updated: [ReferenceUpdate] = []
    var verdicts: [String: PushVerdict] = [:]
}
