package import FleetCore
package import FleetReconciler

/// A node's own reports: commits in its clone, pushed to its two references at the status remote.
///
/// The chain `status/<node>` is an orphan branch of its own: no races, nothing of others to download.
/// `latest/<node>` is the same report in a commit without parent, replaced in the same push, so that gates
/// need not fetch years of chain.
package struct GitStatusSink: StatusSink {
    private let source: GitFleetSource
    private let keys: NodeKeyring

    private var clone: Clone { source.clone }
    private var node: NodeName { source.settings.node }

    /// - Parameters:
    ///   - source: the node's clone, which the reports share; what it has read says where they go.
    ///   - keys: the node's own key, and the one that follows it.
    package init(source: GitFleetSource, keys: NodeKeyring) {
        self.source = source
        self.keys = keys
    }

    package var key: String { keys.current.publicKey.description }

    package var destination: Digest? {
        guard let view = source.view?.view else { return nil }
        let text = view.fleet.statusRemote?.replacing("{group}", with: view.group.name.description)
        return Digest(of: Array((text ?? "").utf8))
    }

    package func isNext(_ key: String) throws(StatusError) -> Bool {
        guard let listed = try? SSHPublicKey(text: key), listed != keys.current.publicKey,
            let next = try NodeKeyring.next(beside: keys.path), next.publicKey == listed
        else { return false }
        try requireEntry()
        return true
    }

    /// Where the node's key opens the way to the servers, too, the new one must do so before the old one
    /// goes: a node that is locked out hears of nothing any more.
    private func requireEntry() throws(StatusError) {
        guard source.network.ssh.key == keys.path else { return }
        var network = source.network
        network.ssh.key = keys.nextPath
        do {
            // Of each list one must be there with the new key, and none may shut out that lets the old in.
            try requireEntry(by: network, at: source.remotes(listedBy: source.view?.commit))
            if !keepsReports { try requireEntry(by: network, at: place().remotes) }
        } catch {
            throw StatusError(
                "the fleet lists this node's new key, and a server does not let it in yet, so the old one "
                    + "stays: \(error)")
        }
    }

    private func requireEntry(by network: NetworkChild, at remotes: [RemoteURL]) throws(NetworkError) {
        var obstacle: NetworkError?
        var isEntered = false
        for remote in remotes {
            guard remote.usesSSH else {
                isEntered = true
                continue
            }
            do throws(NetworkError) {
                _ = try network.list(remote)
                isEntered = true
            } catch {
                obstacle = obstacle ?? error
                guard error.kind == .authentication else { continue }
                // One that does not know the old key either has never let this node in.
                if (try? source.network.list(remote)) != nil { throw error }
            }
        }
        if !isEntered, let obstacle { throw obstacle }
    }

    package func takeNextKey() throws(StatusError) { try keys.takeNext() }

    package func number(in chain: CommitID) -> Int? {
        guard let fleet = source.view?.view.fleet.name else { return nil }
        return newestOwn(in: chain, fleet: fleet)?.report.sequence
    }

    package func write(_ report: Report, receipt: Receipt?) throws(StatusError) -> CommitID {
        try requirePrevious(of: report)
        do throws(GitError) {
            var files = [ReportCommit.reportPath: report.documentBytes]
            if let receipt { files[ReportCommit.receiptPath] = receipt.documentBytes }
            let tree = try clone.repository.writeTree(files)
            let subject = "report \(report.sequence): \(report.phase.rawValue)"
            let id = try commit(
                tree: tree, parents: [report.previous].compactMap(\.self), report: report,
                message: "\(subject)\n")
            let latest = try commit(
                tree: tree, parents: [], report: report,
                message: "\(subject)\n\n\(ReportCommit.chainTrailer)\(id)\n")
            try clone.repository.setReference(FleetReferences.ownChain(node), to: id)
            try clone.repository.setReference(FleetReferences.ownLatest(node), to: latest)
            return id
        } catch {
            throw StatusError("the report could not be written: \(error)")
        }
    }

    private func requirePrevious(of report: Report) throws(StatusError) {
        guard let previous = report.previous else { return }
        let found: GitCommit?
        do throws(GitError) {
            found = try clone.repository.commit(previous)
        } catch {
            throw StatusError("the report before this one cannot be read: \(error)")
        }
        guard found == nil else { return }
        throw StatusError(.previousLost, "the report before this one, \(previous.short), is not in the clone")
    }

    private func commit(
        tree: ObjectID, parents: [CommitID], report: Report, message: String
    ) throws(GitError) -> CommitID {
        let author = GitIdentity(
            name: node.description, email: "\(node)@\(report.fleet)", time: report.time.seconds,
            offsetMinutes: 0)
        let content = try clone.repository.unsignedCommit(
            tree: tree, parents: parents, author: author, committer: author, message: message)
        let signature: SSHSignature
        do {
            signature = try keys.current.sign(content, namespace: CommitSignature.namespace)
        } catch {
            throw GitError("sign report", "", .other(0), error.message)
        }
        return try clone.repository.writeCommit(content, signature: signature.armored)
    }

    package func push(_ id: CommitID) async -> ReportDelivery {
        let status = FleetReferences.status(node)
        let latestName = FleetReferences.latest(node)
        // Either may have been lost with a damaged clone, and then nothing here is fit to be compared.
        guard let latest = try? clone.repository.reference(FleetReferences.ownLatest(node)),
            (try? clone.repository.commit(id)) != nil
        else { return .lost }
        guard let chain = PushRefspec(commit: id, destination: status, force: false),
            let newest = PushRefspec(commit: latest, destination: latestName, force: true)
        else { return .refused("'\(latestName)' is not the name of a branch") }
        guard !keepsReports else { return .kept }
        let remotes: [RemoteURL]
        do throws(NetworkError) {
            remotes = try place().remotes
        } catch {
            return .unreachable(error.description)
        }
        // Each gets the whole chain, so that it is all the same which of them has had the reports before.
        var obstacles: [ReportDelivery] = []
        for remote in remotes {
            let delivery = push([chain, newest], to: remote)
            switch delivery {
            case .pushed: return .pushed
            case .diverged:
                source.divergedRemote = remote
                return .diverged
            default: obstacles.append(delivery)
            }
        }
        return ReportDelivery(failing: obstacles)
    }

    private func push(_ refspecs: [PushRefspec], to remote: RemoteURL) -> ReportDelivery {
        let verdicts: [String: PushVerdict]
        do {
            verdicts = try source.network.push(refspecs, to: remote, from: clone.repository.folder)
        } catch {
            return .unreachable(error.description)
        }
        // Where there are several, nobody else says which of them it was.
        let place = source.settings.furtherRemotes.isEmpty ? "" : "remote '\(remote)': "
        for name in refspecs.map(\.destination) {
            switch verdicts[name] {
            case .accepted: continue
            case .notFastForward: return .diverged
            case .rejected(let reason): return .refused("\(place)\(name): \(reason)")
            case nil: return .refused("\(place)no verdict on \(name)")
            }
        }
        return .pushed
    }

    package func remoteChain() async throws(StatusError) -> RemoteChain? {
        // Nobody else has it: what is not here is lost.
        guard !keepsReports else { return nil }
        let place: (fleet: FleetName, remotes: [RemoteURL])
        do throws(NetworkError) {
            place = try self.place()
        } catch {
            throw StatusError(error.description)
        }
        // Where a push has found another chain, that one is asked for. Else each, for the newest.
        let remotes = source.divergedRemote.map { [$0] } ?? place.remotes
        source.divergedRemote = nil
        var newest: RemoteChain?
        var obstacle: NetworkError?
        var isAnswered = false
        for remote in remotes {
            do throws(NetworkError) {
                let chain = try chain(at: remote, of: place.fleet)
                isAnswered = true
                if chain?.ownSequence ?? 0 > newest?.ownSequence ?? 0 || newest == nil {
                    newest = chain ?? newest
                }
            } catch {
                obstacle = obstacle ?? error
            }
        }
        if !isAnswered, let obstacle { throw StatusError(obstacle.description) }
        return newest
    }

    /// The chain that one remote has.
    private func chain(at remote: RemoteURL, of fleet: FleetName) throws(NetworkError) -> RemoteChain? {
        let name = FleetReferences.status(node)
        let kept = "refs/remotes/status/own"
        guard let refspec = FetchRefspec(source: name, destination: kept) else { return nil }
        let listed = try source.network.fetch(
            [refspec], from: remote, into: clone.repository.folder, byteLimit: Self.chainByteLimit
        ).listed
        guard let tip = listed.first(where: { $0.name == name })?.id else { return nil }
        let own = newestOwn(in: tip, fleet: fleet)
        return RemoteChain(tip: tip, isOwn: own?.id == tip, ownSequence: own?.report.sequence)
    }

    /// The newest report of a chain that this node's own key has signed.
    private func newestOwn(in tip: CommitID, fleet: FleetName) -> ReportCommit? {
        var next: CommitID? = tip
        for _ in 0..<Self.chainLengthLimit {
            guard let current = next else { return nil }
            let own = try? ReportCommit(
                reading: current, in: clone.repository, key: keys.current.publicKey, fleet: fleet, node: node,
                withReceipt: false)
            if let own { return own }
            next = try? clone.repository.firstParent(of: current)
        }
        return nil
    }

    /// Whether the fleet leaves reports on their nodes.
    private var keepsReports: Bool { source.view?.view.fleet.keepsReports ?? false }

    /// The fleet, and where it wants the reports of this node's group: to one place, or to the first of the
    /// node's own remotes that takes them.
    private func place() throws(NetworkError) -> (fleet: FleetName, remotes: [RemoteURL]) {
        guard let view = source.view?.view else {
            throw NetworkError(.other, remote: "", "nothing says yet where reports go")
        }
        guard view.fleet.statusRemote != nil else { return (view.fleet.name, source.settings.ownRemotes) }
        let remote = try StatusRemote(
            fleet: view.fleet, group: view.group.name, fallback: source.settings.remote)
        return (view.fleet.name, [remote.url])
    }

    /// A chain of reports larger than this is not taken up: a thousand times what a node writes in a year.
    private static let chainByteLimit = 1 << 30
    /// So far below the tip a report of one's own is looked for: more than a node writes in ten years.
    private static let chainLengthLimit = 1 << 16
}

extension ReportDelivery {
    /// What came of several remotes none of which took the report. One that could not be asked may still take
    /// it: then the others' refusals are no more than that they are mirrors.
    fileprivate init(failing deliveries: [ReportDelivery]) {
        var messages: [String] = []
        var isAway = false
        for delivery in deliveries {
            switch delivery {
            case .unreachable(let message):
                isAway = true
                messages.append(message)
            case .refused(let message): messages.append(message)
            case .pushed, .kept, .diverged, .lost: continue
            }
        }
        let message = messages.joined(separator: "; ")
        self = isAway ? .unreachable(message) : .refused(message)
    }
}
