internal import CLibgit2
internal import FleetCore

/// One listing, fetch or push, told step by step.
struct NetworkWork {
    private let remote: RemoteURL
    private let context: GitTransports.Context
    private let output: MessageOutput
    private var isConnected = false
    private var limitExceeded = false

    init(remote: RemoteURL, context: GitTransports.Context, output: MessageOutput) {
        self.remote = remote
        self.context = context
        self.output = output
    }

    /// Tells what the server lists.
    mutating func list() throws(GitError) {
        let monitor = TransferMonitor(byteLimit: 1) { [output] in output.tellProgress($0) }
        let connection = try GitRemote(remote, monitor: monitor)
        try tellListing(try connection.connect(GIT_DIRECTION_FETCH))
        connection.disconnect()
    }

    /// Tells what the server lists, receives what is wanted and not there, and sets the references here.
    mutating func fetch(_ refspecs: [FetchRefspec], into folder: String, byteLimit: Int) throws(GitError) {
        let repository = try GitRepository(open: folder)
        let monitor = TransferMonitor(byteLimit: byteLimit) { [output] in output.tellProgress($0) }
        let connection = try GitRemote(remote, in: repository, monitor: monitor)
        let listed = try connection.connect(GIT_DIRECTION_FETCH)
        try tellListing(listed)
        let (updates, wanted) = try repository.updates(by: listed, as: refspecs)
        // With nothing new not even a negotiation: a quiet poll is one listing.
        if !updates.isEmpty {
            let folder = "\(repository.folder)incoming-blank"
            defer { try? CloneMaintenance.delete(folder) }
            try download(wanted, into: repository, blank: folder, over: connection, monitor)
        }
        connection.disconnect()
        // Objects are complete and durable before a reference names them.
        for update in updates {
            try repository.setReference(update.name, to: update.new)
            output.send(.updated(update))
        }
    }

    /// Tells what the server lists, and hands over a pack with what is wanted and not there. The repository
    /// is only read: who gets the pack sets the references.
    mutating func receive(
        _ refspecs: [FetchRefspec], for folder: String, in place: String, byteLimit: Int
    ) throws(GitError) {
        let repository = try GitRepository.incoming(for: folder, in: place)
        let monitor = TransferMonitor(byteLimit: byteLimit) { [output] in output.tellProgress($0) }
        let connection = try GitRemote(remote, in: repository, monitor: monitor)
        let listed = try connection.connect(GIT_DIRECTION_FETCH)
        try tellListing(listed)
        let (updates, wanted) = try repository.updates(by: listed, as: refspecs)
        if !updates.isEmpty {
            try download(wanted, into: repository, blank: "\(place)/blank", over: connection, monitor)
            try ReceivedPack.handOver(from: place, to: NetworkPlace.packNumber)
        }
        connection.disconnect()
    }

    /// Receives what is wanted. To say what it has, libgit2 walks through all that references here name, and
    /// gives up at a commit that it cannot parse: somebody who once served one could stop all later fetches.
    /// Then everything is fetched, as if nothing were here.
    ///
    /// - Parameters:
    ///   - wanted: libgit2 compares each refspec with each reference, so it gets those alone that bring
    ///     something.
    ///   - blank: where a repository without references can be.
    private mutating func download(
        _ wanted: [FetchRefspec], into repository: borrowing GitRepository, blank: String,
        over connection: borrowing GitRemote, _ monitor: TransferMonitor
    ) throws(GitError) {
        do throws(GitError) {
            try connection.download(wanted.map(\.text))
            return
        } catch {
            limitExceeded = monitor.limitExceeded
            context.isAbandoned = true
            guard !limitExceeded, !repository.canBeWalked() else { throw error }
        }
        connection.disconnect()
        context.reset()
        // A crash may have left one.
        try? CloneMaintenance.delete(blank)
        let empty = try repository.withoutReferences(at: blank)
        let anew = try GitRemote(remote, in: empty, monitor: monitor)
        do throws(GitError) {
            _ = try anew.connect(GIT_DIRECTION_FETCH)
            try anew.download(wanted.map(\.text))
        } catch {
            limitExceeded = monitor.limitExceeded
            context.isAbandoned = true
            throw error
        }
        anew.disconnect()
    }

    /// Sends commits and tells what the server says of each reference.
    mutating func push(
        _ refspecs: [PushRefspec], from repository: borrowing GitRepository
    ) throws(GitError) {
        let monitor = TransferMonitor(byteLimit: 0) { [output] in output.tellProgress($0) }
        let connection = try GitRemote(remote, in: repository, monitor: monitor)
        let listed = try connection.connect(GIT_DIRECTION_PUSH)
        try tellListing(listed)
        let present = Dictionary(listed.map { ($0.name, $0.id) }) { first, _ in first }
        var verdicts: [String: PushVerdict] = [:]
        var sent: [PushRefspec] = []
        for refspec in refspecs {
            let old = present[refspec.destination]
            if old == refspec.commit {
                verdicts[refspec.destination] = .accepted
            } else if let old, !refspec.force, try !repository.hasAncestor(old, of: refspec.commit) {
                // libgit2 would give up the whole push for it.
                verdicts[refspec.destination] = .notFastForward
            } else {
                sent.append(refspec)
            }
        }
        // What is pushed together belongs together: where one would lose commits, none is sent.
        if verdicts.values.contains(.notFastForward) { sent = [] }
        if !sent.isEmpty {
            // libgit2 1.5 pushes references, not commits, so these get names here for as long as it takes.
            let names = try OutgoingReferences(sent.map(\.commit), in: repository)
            defer { names.remove(from: repository) }
            let texts = zip(sent, names.names).map { "\($0.force ? "+" : "")\($1):\($0.destination)" }
            do throws(GitError) {
                try connection.upload(texts)
            } catch {
                context.isAbandoned = true
                throw error
            }
        }
        connection.disconnect()
        for refspec in sent {
            verdicts[refspec.destination] =
                switch monitor.verdicts[refspec.destination] {
                case .some(nil): .accepted
                case .some(let reason?): .rejected(remote.redacted(monitor.told(reason)))
                case nil: .rejected("the server gave no verdict")
                }
        }
        let notSent = PushVerdict.rejected("not sent: another reference of this push would lose commits")
        for refspec in refspecs {
            output.send(
                .verdict(name: refspec.destination, verdicts[refspec.destination] ?? notSent))
        }
    }

    private mutating func tellListing(_ listed: [GitReference]) throws(GitError) {
        isConnected = true
        output.send(.connected)
        for reference in listed { output.send(.listed(reference)) }
        output.flush()
    }

    /// What an error of libgit2 means for the one who asked.
    func networkError(_ error: GitError) -> NetworkError {
        if case .http(let failure) = context.failure, !limitExceeded {
            return NetworkError(failure.kind, remote: remote.description, remote.redacted(failure.message))
        }
        let (kind, message) = (kind(of: error), remote.redacted(error.message))
        guard kind == .protocolViolation else {
            return NetworkError(kind, remote: remote.description, message)
        }
        // A captive portal, a proxy's page of errors, another service on the port; or a line that spoils
        // bytes.
        let what =
            isConnected ? "what came is no pack that Git makes" : "it answers, but not as a Git server does"
        return NetworkError(kind, remote: remote.description, "\(what): \(message)")
    }

    private func kind(of error: GitError) -> NetworkError.Kind {
        if limitExceeded { return .tooLarge }
        if case .process(let failure) = context.failure { return kind(of: failure) }
        switch error.code {
        case .tooLarge: return .tooLarge
        case .authentication, .certificate: return .authentication
        case .diskFull: return .diskFull
        case .invalidName: return .invalid
        case .endOfFile: return isConnected ? .unreachable : .protocolViolation
        default: break
        }
        // libgit2 has one code for all that a server or a network can do. This beginning is its own (1.5).
        if error.message.hasPrefix("remote error:") { return .repositoryNotFound }
        if context.isBroken { return .unreachable }
        let isContent = [GIT_ERROR_NET, GIT_ERROR_INDEXER, GIT_ERROR_ZLIB].contains {
            $0.signedValue == error.errorClass
        }
        if isContent { return .protocolViolation }
        return error.errorClass == GIT_ERROR_OS.signedValue && !isConnected ? .unreachable : .other
    }

    private func kind(of failure: ServerProcess.Failure) -> NetworkError.Kind {
        // ssh ends with 255 for its own failures, whatever they are (ssh(1), EXIT STATUS); else with the
        // server's code.
        if failure.program == "ssh", failure.exitCode == 255 {
            let isRefused = [
                "Permission denied", "Host key verification failed", "Too many authentication failures",
            ]
            .contains { failure.errors.contains($0) }
            return isRefused ? .authentication : .unreachable
        }
        // git ends with 128 when it cannot use a repository: not there, not one, or of an owner it does not
        // trust.
        return failure.exitCode == 128 && !isConnected ? .repositoryNotFound : .other
    }
}

extension GitRepository {
    /// Whether the repository has `ancestor` and it can be reached from `descendant`.
    fileprivate func hasAncestor(_ ancestor: CommitID, of descendant: CommitID) throws(GitError) -> Bool {
        guard try objectHeader(ancestor.bytes, "compare commit") != nil else { return false }
        return try isAncestor(ancestor, of: descendant)
    }
}
