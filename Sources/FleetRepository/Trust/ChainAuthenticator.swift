internal import FleetCore

/// Authenticates the first-parent chain: each commit is authorised by its *parent*, signed by a key that the
/// parent's `trust/` lists.
///
/// The change of keys is itself such a commit, so a key that a commit adds cannot vouch for that commit.
/// Where commits wait for approval, the newest approved one takes the parent's place.
/// Where the parent's policy is `every-commit`, what a merge brings is looked at, too.
struct ChainAuthenticator {
    private let clone: Clone
    private var judge: CommitJudge
    private var sides: SideWalk?

    /// The longest stretch of new commits that is authenticated at once.
    static let longestStretch = 100_000

    /// - Parameter gpgv: what verifies OpenPGP signatures; it is started for those of listed keys alone.
    init(_ clone: Clone, gpgv: Gpgv = Gpgv()) {
        self.clone = clone
        judge = CommitJudge(clone, gpgv: gpgv)
    }

    /// Verifies `chain` in order until the first commit that is not authentic.
    ///
    /// - Parameters:
    ///   - chain: from the oldest to the newest.
    ///   - start: the first one's first parent, which is trusted, and at which nothing waited for approval.
    /// - Throws: `GitError`, of the code `notJudged` where this machine lacks what a signature needs.
    mutating func verify(
        _ chain: [CommitID], after start: CommitID
    ) throws(GitError) -> ChainVerdict {
        let verdict = try verifyUpToObstacle(chain, after: start)
        if let obstacle = verdict.obstacle { throw obstacle }
        return verdict
    }

    /// The same, but what cannot be judged here ends the walk, as what is not authentic does.
    mutating func verifyUpToObstacle(
        _ chain: [CommitID], after start: CommitID
    ) throws(GitError) -> ChainVerdict {
        var verdict = ChainVerdict(from: start)
        var approvals = ApprovalChain<CommitVoice>(from: start)
        var waiting: [CommitID: VerifiedCommit] = [:]
        for id in chain {
            do throws(GitError) {
                switch try authenticate(id, under: approvals.ground) {
                case .failure(let error): verdict.failure = error
                case .success(let (commit, link)):
                    waiting[id] = commit
                    for passed in try approvals.append(link, judge: judge.book.demands) {
                        if let step = waiting.removeValue(forKey: passed) {
                            verdict.steps.append(step.following(verdict.ground))
                        }
                        verdict.ground = passed
                    }
                    verdict.verified.append(commit)
                }
            } catch  where error.isOfContent {
                let message = "what it stands on cannot be read: \(error.message)"
                verdict.failure = TrustError(id, .malformed, message)
            } catch  where error.code == .notJudged {
                verdict.obstacle = error
            }
            guard verdict.failure == nil, verdict.obstacle == nil else { break }
            if approvals.pending.isEmpty { waiting = [:] }
        }
        verdict.settled = approvals.settled
        verdict.pending = try pending(approvals)
        return verdict
    }

    private func pending(
        _ approvals: ApprovalChain<CommitVoice>
    ) throws(GitError) -> PendingApproval? {
        let waiting = approvals.pending.filter { !$0.isApproval }
        guard let newest = waiting.last ?? approvals.pending.last else { return nil }
        return PendingApproval(
            count: max(waiting.count, 1), newest: newest.commit,
            demands: try approvals.demands(of: newest, judge: judge.book.demands))
    }

    /// Judges one commit whose first parent is trusted.
    ///
    /// - Parameter ground: the newest approved commit, whose keys and rules count: where one key alone could
    ///   change them, it could take the others out before anybody had looked.
    private mutating func authenticate(
        _ id: CommitID, under ground: CommitID
    ) throws(GitError) -> Result<(VerifiedCommit, ApprovalLink.Link), TrustError> {
        let commit: GitCommit
        switch try judge.read(id) {
        case .success(let read): commit = read
        case .failure(let error): return .failure(error)
        }
        guard let parent = commit.parents.first else {
            return .failure(TrustError(id, .besideTheChain, "it is missing or has no parent"))
        }
        let settings = try judge.book.settings(after: ground)
        let isEach = commit.parents.count > 1 && settings.policy == .everyCommit
        let judgement: CommitJudge.Judgement
        switch try judge.judge(commit, asEach: isEach, under: ground) {
        case .success(let passed): judgement = passed
        case .failure(let error): return .failure(error)
        }
        if let branch = settings.branch, let fault = branch.fault(in: judgement.carrier) {
            return .failure(TrustError(id, .branchNotNamed, fault))
        }
        if isEach, judgement.bringsMore, let fault = try fault(broughtBy: commit, onto: parent) {
            return .failure(fault)
        }
        sides?.extend(to: id)
        let link = try ApprovalLink(judge, under: ground, branch: settings.branch).link(commit, judgement)
        if let unmet = try judge.book.unmet(by: id, onto: parent, under: ground, voices: link.voices) {
            return .failure(TrustError(id, .unauthorisedPath, unmet.message))
        }
        return .success((judgement.commit, link))
    }

    /// What a merge would lack even if it were signed by a key that all its parents list; nil if nothing.
    ///
    /// - Parameters:
    ///   - parent: its first parent, which is trusted.
    ///   - ground: the newest approved commit.
    mutating func fault(
        inMerge id: CommitID, signedOnto parent: CommitID, under ground: CommitID
    ) throws(GitError) -> TrustError? {
        guard try judge.book.settings(after: ground).policy == .everyCommit else { return nil }
        switch try judge.read(id) {
        case .success(let merge): return try fault(broughtBy: merge, onto: parent)
        case .failure(let error): return error
        }
    }

    /// What a merge that is signed by one who counts for each rule needs besides, before nodes follow it.
    ///
    /// - Parameter ground: the newest approved commit.
    /// - Returns: nil if nothing, or if its own rules cannot be read.
    func pending(inMerge id: CommitID, under ground: CommitID) throws(GitError) -> PendingApproval? {
        let demands = try judge.book.demands(from: ground, to: id, voices: []) ?? []
        let unmet = demands.filter { $0.needed > 1 }
        return unmet.isEmpty ? nil : PendingApproval(count: 1, newest: id, demands: unmet)
    }

    /// The first commit that a merge brings and that is not authentic by itself, as the merge's own fault.
    private mutating func fault(
        broughtBy merge: GitCommit, onto parent: CommitID
    ) throws(GitError) -> TrustError? {
        // Made once: what it has walked and proven serves the merges after this one.
        var walk = sides ?? SideWalk(clone, below: parent)
        let fault = try walk.firstFault(broughtBy: merge, onto: parent, &judge)
        sides = walk
        return fault.map {
            TrustError(
                merge.id, .bringsUnauthentic,
                "under '\(TrustPolicy.everyCommit.rawValue)' each commit that it brings must be authentic, "
                    + "and \($0.commit.short) is not: \($0.message)")
        }
    }
}
