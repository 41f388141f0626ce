internal import FleetCore

/// Makes out who has said what by a commit of the chain that was found authentic.
struct ApprovalLink {
    typealias Link = ApprovalChain<CommitVoice>.Link

    private let judge: CommitJudge
    private let ground: CommitID
    private let branch: FleetBranch?

    /// The key of the trailer by which an empty commit approves another one.
    static let trailerKey = "Approves"
    /// More approvals than this on top of one merged branch are not counted.
    private static let mostApprovals = 100

    /// - Parameters:
    ///   - ground: the newest approved commit, whose keys count.
    ///   - branch: what each commit must name; nil where the fleet asks for nothing.
    init(_ judge: CommitJudge, under ground: CommitID, branch: FleetBranch?) {
        self.judge = judge
        self.ground = ground
        self.branch = branch
    }

    func link(_ commit: GitCommit, _ judgement: CommitJudge.Judgement) throws(GitError) -> Link {
        guard judgement.carrier.id == commit.id else {
            return try link(merge: commit, of: judgement.carrier)
        }
        let voice = judgement.voucher.voice
        let target = try target(of: commit)
        return Link(
            commit.id, voices: [voice], approvals: target.map { [($0, voice)] } ?? [],
            isApproval: target != nil)
    }

    /// An unsigned merge that adds nothing counts for those who signed exactly its files: the one whose
    /// commit is on top of the merged branch, or below the approvals that are on top of it, and those who
    /// approve that commit. Approvals of other commits count for these.
    private func link(merge: GitCommit, of side: GitCommit) throws(GitError) -> Link {
        var approvals: [(target: CommitID, voice: CommitVoice)] = []
        var top = side
        while approvals.count < Self.mostApprovals, top.id != merge.parents[0],
            let target = try target(of: top), case .success(let below) = try judge.read(top.parents[0])
        {
            if let voice = try voice(of: top) { approvals.append((target, voice)) }
            top = below
        }
        guard top.id != merge.parents[0] else {
            return Link(
                merge.id, voices: approvals.map(\.voice), approvals: approvals, isApproval: true)
        }
        let own = try voice(of: top).map { [$0] } ?? []
        return Link(
            merge.id, voices: own + approvals.filter { $0.target == top.id }.map(\.voice),
            approvals: approvals.filter { $0.target != top.id })
    }

    /// The commit that a commit approves; nil for one that is no approval: its files are not those of its
    /// only parent, or its signed message does not end with exactly one such trailer.
    private func target(of commit: GitCommit) throws(GitError) -> CommitID? {
        try Self.target(of: commit, judge)
    }

    private static func target(
        of commit: GitCommit, _ judge: CommitJudge
    ) throws(GitError) -> CommitID? {
        guard commit.parents.count == 1, let signature = commit.signature else { return nil }
        let named = MessageTrailers(of: signature.payload).values(of: trailerKey)
        guard named.count == 1, let target = CommitID(named[0]),
            try judge.isTree(of: commit.parents[0], commit)
        else { return nil }
        return target
    }

    /// The commit below the approvals that are on top of it; the commit itself where there are none.
    static func approved(by head: CommitID, in judge: CommitJudge) throws(GitError) -> CommitID {
        var top = head
        for _ in 0..<mostApprovals {
            guard case .success(let commit) = try judge.read(top), try target(of: commit, judge) != nil
            else { break }
            top = commit.parents[0]
        }
        return top
    }

    /// Who has signed a commit of the merged branch; nil if nobody has who counts, or not for this branch.
    private func voice(of commit: GitCommit) throws(GitError) -> CommitVoice? {
        guard branch?.fault(in: commit) == nil,
            case .success(let voucher) = try judge.voucher(of: commit, by: ground)
        else { return nil }
        return voucher.voice
    }
}

extension FleetBranch {
    /// What is wrong with the trailer by which a signed message must name this branch; nil if nothing.
    ///
    /// - Parameter carrier: the commit whose signature counts. What was not signed says nothing.
    func fault(in carrier: GitCommit) -> String? {
        let named = MessageTrailers(of: carrier.signature?.payload ?? []).values(of: Self.trailerKey)
        guard named != [description] else { return nil }
        let found =
            switch named.count {
            case 0: "has no trailer '\(Self.trailerKey)'"
            case 1: "names the branch '\(named[0])'"
            default: "has \(named.count) trailers '\(Self.trailerKey)'"
            }
        return "the signed message of \(carrier.id.short) \(found), where fleet.yaml asks for exactly one "
            + "'\(trailer)'; 'plimsoll approve' adds it before a merge"
    }
}
