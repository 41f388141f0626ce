package import FleetCore
package import FleetReconciler

/// Asking for the branch: the remotes in order, until one has it as it should be.
extension GitFleetSource {
    package func fetch(_ memory: NodeState) async -> Answers {
        guard isWorking else { return Answers() }
        judged = nil
        useHosts(listedBy: memory.followed)
        let remotes = remotes(listedBy: memory.followed)
        // Nobody could make up for it, so what it shows is judged where it is followed.
        if remotes.count == 1 {
            let obstacle = fetchBranch(from: remotes[0])
            return Answers(conditions: obstacle.map { [$0] } ?? [], isAnswered: obstacle == nil)
        }
        return ask(remotes, memory)
    }

    /// Asks one remote after the other. What one of them has beyond the mark and is authentic counts for all
    /// that follow: what is behind that is behind.
    private func ask(_ remotes: [RemoteURL], _ memory: NodeState) -> Answers {
        var inquiry = Inquiry(memory)
        for remote in remotes {
            if let obstacle = fetchBranch(from: remote) {
                inquiry.away.append(obstacle)
                // What fills the disk here does not become less elsewhere.
                if obstacle.code == .noSpace { break }
                continue
            }
            // What cannot even be judged is said where it is followed.
            guard let following = try? judge(inquiry.known) else {
                return Answers(conditions: inquiry.away, isAnswered: false)
            }
            guard inquiry.passes(over: following, of: remote) else {
                judged = (memory, following)
                return Answers(conditions: inquiry.passedOver, isAnswered: true)
            }
            // It must not stand in the way of the next one.
            if remote != remotes.last { leaveTip(for: following.mark) }
        }
        judged = inquiry.outcome.map { (memory, $0) }
        return Answers(conditions: inquiry.away, isAnswered: false)
    }

    /// Brings a remote's branch into the clone.
    ///
    /// - Returns: why it could not; nil if the branch is there as the remote has it.
    private func fetchBranch(from remote: RemoteURL) -> Reason? {
        let branch = "refs/heads/\(settings.branch)"
        guard let refspec = FetchRefspec(source: branch, destination: FleetReferences.branch) else {
            return Reason(.remoteAway, "'\(settings.branch)' is not the name of a branch")
        }
        do {
            let result = try network.fetch(
                [refspec], from: remote, into: settings.cloneFolder, byteLimit: settings.fetchByteLimit)
            guard result.listed.contains(where: { $0.name == branch }) else {
                return Reason(.remoteAway, "remote '\(remote)' has no branch '\(settings.branch)'")
            }
            asked = remote
            return nil
        } catch {
            return Reason(error.kind == .diskFull ? .noSpace : .remoteAway, error.description)
        }
    }

    /// Lets ssh know the servers by what a commit lists besides the node's own file.
    ///
    /// - Parameter commit: the followed one; nil before the first.
    func useHosts(listedBy commit: CommitID?) {
        guard commit != hostsCommit else { return }
        hostsCommit = commit
        let limit = Layout.limit(of: .trust)
        let bytes = commit.flatMap { try? clone.file(at: Layout.knownHosts, in: $0, limitBytes: limit) }
        network.ssh.fleetHosts = bytes.map { .content(String(decoding: $0, as: UTF8.self)) }
    }

    /// The remotes of the branch, each once: the node's own, then those that a commit lists.
    ///
    /// - Parameter commit: the followed one; nil before the first.
    func remotes(listedBy commit: CommitID?) -> [RemoteURL] {
        var remotes = settings.ownRemotes
        guard let commit,
            let bytes = try? clone.file(at: Layout.fleet, in: commit, limitBytes: Layout.limit(of: .fleet)),
            let listed = FleetFile.decode(bytes).value?.fleet?.remotes
        else { return remotes }
        var places = Set(remotes.map(\.place))
        for text in listed {
            // What is no remote to this agent may be one to a newer one.
            guard let remote = try? RemoteURL(text), places.insert(remote.place).inserted else { continue }
            remotes.append(remote)
        }
        return remotes
    }
}

/// What remotes have shown so far, none of which has the branch as it should be.
private struct Inquiry {
    /// What the node knows, with what these have proven.
    var known: NodeState
    /// Why some could not be asked.
    var away: [Reason] = []
    /// Where those lead that could.
    private(set) var outcome: Following?
    /// What is wrong with these.
    private var faults: [Reason] = []
    private var mayAdmit = true

    init(_ memory: NodeState) { known = memory }

    /// What is wrong with all of them, where the next one has the branch.
    var passedOver: [Reason] {
        (away + faults).map { Reason($0.code, count: $0.count, "\($0.message); another remote answered") }
    }

    /// Takes up what a remote shows.
    ///
    /// - Returns: false if it has the branch as it should be.
    mutating func passes(over following: Following, of remote: RemoteURL) -> Bool {
        let found = following.conditions.filter(\.isOfRemote)
        guard !found.isEmpty else { return false }
        faults += found.map { Reason($0.code, count: $0.count, "remote '\(remote)': \($0.message)") }
        mayAdmit = mayAdmit && following.mayAdmit
        var outcome = following
        outcome.conditions = faults + following.conditions.filter { !$0.isOfRemote }
        outcome.mayAdmit = mayAdmit
        self.outcome = outcome
        (known.mark, known.followed, known.introduction) =
            (following.mark, following.followed, following.introduction)
        (known.ground, known.settled, known.stacks) = (following.ground, following.settled, following.stacks)
        return true
    }
}

extension Reason {
    /// Whether another remote may have the branch without it.
    fileprivate var isOfRemote: Bool { [.remoteBehind, .untrusted, .unverifiable].contains(code) }
}
