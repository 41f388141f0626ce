internal import FleetCore

/// Authenticates what merges bring, commit by commit, down to the first-parent chain, which is trusted.
///
/// That a commit came with an earlier merge proves nothing of it: that merge may have been made under
/// another policy, or may have left it out to heal the branch. So a branch that grows from such a commit is
/// not authentic.
struct SideWalk {
    private let clone: Clone
    /// The part of the trusted chain that was walked, and the commit below it.
    private var chain: Set<CommitID> = []
    private var next: CommitID?
    /// Commits beside the chain that are authentic with all their history.
    private var proven: Set<CommitID> = []

    /// - Parameter tip: a commit of the chain that is trusted with its first parents.
    init(_ clone: Clone, below tip: CommitID) {
        self.clone = clone
        next = tip
    }

    /// Takes a commit on top of the chain.
    mutating func extend(to id: CommitID) { chain.insert(id) }

    /// The first commit found that `merge` brings beside `parent` and that is not authentic; nil if there is
    /// none.
    mutating func firstFault(
        broughtBy merge: GitCommit, onto parent: CommitID, _ judge: inout CommitJudge
    ) throws(GitError) -> TrustError? {
        var waiting = Array(merge.parents.dropFirst())
        // Asked first: what is new is not on the chain, which then is walked only as far as branches left it.
        guard
            let fresh = try clone.repository.commits(
                of: waiting, notIn: parent, limit: ChainAuthenticator.longestStretch)
        else {
            return TrustError(
                merge.id, .bringsUnauthentic,
                "it brings more than \(ChainAuthenticator.longestStretch) commits at once")
        }
        let new = Set(fresh)
        var seen: Set<CommitID> = []
        while let id = waiting.popLast() {
            guard !proven.contains(id), seen.insert(id).inserted else { continue }
            if !new.contains(id), try isOnChain(id) { continue }
            let commit: GitCommit
            switch try judge.read(id) {
            case .success(let read): commit = read
            case .failure(let error): return error
            }
            guard !commit.parents.isEmpty else {
                return TrustError(id, .besideTheChain, "it begins a history of its own")
            }
            switch try judge.judge(commit, asEach: true) {
            case .failure(let error): return error
            case .success(let judgement):
                waiting += judgement.bringsMore ? commit.parents : [commit.parents[0]]
            }
        }
        proven.formUnion(seen)
        return nil
    }

    private mutating func isOnChain(_ id: CommitID) throws(GitError) -> Bool {
        while !chain.contains(id), let current = next {
            chain.insert(current)
            next = try clone.repository.firstParent(of: current)
        }
        return chain.contains(id)
    }
}
