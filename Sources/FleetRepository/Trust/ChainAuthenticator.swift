internal import FleetCore

/// Authenticates the first-parent chain: each commit is authorised by its *parent*, signed by a key that the
/// parent's `trust/` lists.
///
/// The change of keys is itself such a commit, so a key that a commit adds cannot vouch for that commit.
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
    /// - Parameter chain: from the oldest to the newest; the first one's first parent is trusted already.
    /// - Returns: the verified commits, and why the next one is not authentic; nil if all are.
    /// - Throws: `GitError`, of the code `notJudged` where this machine lacks what a signature needs.
    mutating func verify(
        _ chain: [CommitID]
    ) throws(GitError) -> (verified: [VerifiedCommit], failure: TrustError?) {
        let (verified, failure, obstacle) = try verifyUpToObstacle(chain)
        if let obstacle { throw obstacle }
        return (verified, failure)
    }

    /// The same, but what cannot be judged here ends the walk, as what is not authentic does.
    ///
    /// - Returns: also why the commit after those verified cannot be judged; it may well be authentic.
    mutating func verifyUpToObstacle(
        _ chain: [CommitID]
    ) throws(GitError) -> (verified: [VerifiedCommit], failure: TrustError?, obstacle: GitError?) {
        var verified: [VerifiedCommit] = []
        for id in chain {
            let result: Result<VerifiedCommit, TrustError>
            do throws(GitError) {
                result = try authenticate(id)
            } catch  where error.isOfContent {
                let message = "what it stands on cannot be read: \(error.message)"
                return (verified, TrustError(id, .malformed, message), nil)
            } catch  where error.code == .notJudged {
                return (verified, nil, error)
            }
            switch result {
            case .success(let commit): verified.append(commit)
            case .failure(let error): return (verified, error, nil)
            }
        }
        return (verified, nil, nil)
    }

    /// Judges one commit whose first parent is trusted.
    private mutating func authenticate(
        _ id: CommitID
    ) throws(GitError) -> Result<VerifiedCommit, TrustError> {
        let commit: GitCommit
        switch try judge.read(id) {
        case .success(let read): commit = read
        case .failure(let error): return .failure(error)
        }
        guard let parent = commit.parents.first else {
            return .failure(TrustError(id, .besideTheChain, "it is missing or has no parent"))
        }
        let isEach = commit.parents.count > 1 ? try judge.book.policy(after: parent) == .everyCommit : false
        let judgement: CommitJudge.Judgement
        switch try judge.judge(commit, asEach: isEach) {
        case .success(let passed): judgement = passed
        case .failure(let error): return .failure(error)
        }
        if isEach, judgement.bringsMore, let fault = try fault(broughtBy: commit, onto: parent) {
            return .failure(fault)
        }
        sides?.extend(to: id)
        return .success(judgement.commit)
    }

    /// What a merge would lack even if it were signed by a key that all its parents list; nil if nothing.
    ///
    /// - Parameter parent: its first parent, which is trusted.
    mutating func fault(
        inMerge id: CommitID, signedOnto parent: CommitID
    ) throws(GitError) -> TrustError? {
        guard try judge.book.policy(after: parent) == .everyCommit else { return nil }
        switch try judge.read(id) {
        case .success(let merge): return try fault(broughtBy: merge, onto: parent)
        case .failure(let error): return error
        }
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
