package import FleetCore

/// What became of authenticating a stretch of the first-parent chain, and of asking for approvals.
struct ChainVerdict {
    /// The authentic commits, oldest first, up to the first one that is not.
    var verified: [VerifiedCommit] = []
    /// Why the next one is not; nil if all are.
    var failure: TrustError?
    /// Why the next one cannot be judged here; it may well be authentic. Nil if all could.
    var obstacle: GitError?
    /// Those of them that have had their approvals, oldest first, each as a step from the one before: what
    /// nodes follow. Without a threshold all of them.
    var steps: [VerifiedCommit] = []
    /// The newest approved commit.
    var ground: CommitID
    /// The newest commit at which nothing waited for approval: from here all this can be found anew.
    var settled: CommitID
    /// What waits; nil if nothing does.
    var pending: PendingApproval?

    init(from start: CommitID) {
        ground = start
        settled = start
    }
}

/// Commits that are authentic, and wait for approval.
package struct PendingApproval: Hashable, Sendable {
    /// How many wait, those left out that only approve others.
    package let count: Int
    /// The newest of them: who approves it approves those below.
    package let newest: CommitID
    /// What the newest one needs and has; nil where its own rules cannot be read, so that it can never be
    /// followed.
    package let demands: [ApprovalDemand]?

    /// Such as `2 commits wait for approval: f00 has 1 of 2 keys (ada@example.com)`.
    package var words: String {
        let commits = count == 1 ? "1 commit waits" : "\(count) commits wait"
        guard let demands else {
            return "\(commits) for approval: the rules of trust in \(newest.short) cannot be read, so that "
                + "nobody can approve it; mend them by a commit on top"
        }
        let missing = demands.filter { !$0.isMet }.map { demand in
            let place = demand.path.map { " for \($0)" } ?? ""
            let names = demand.by.isEmpty ? "" : " (\(demand.by.sorted().joined(separator: ", ")))"
            return "\(demand.by.count) of \(demand.needed) keys\(place)\(names)"
        }
        return "\(commits) for approval: \(newest.short) has \(missing.joined(separator: "; "))"
    }
}

extension PendingApproval {
    /// Why the node does not follow the tip.
    var reason: Reason { Reason(.approvalMissing, count: count, words) }

    package var json: JSONValue {
        [
            "count": JSONValue(count), "newest": JSONValue(newest), "message": .string(words),
            "demands": demands.map { demands in
                .array(
                    demands.map { demand in
                        [
                            "path": demand.path.map { .string($0) } ?? .null,
                            "needed": JSONValue(demand.needed),
                            "by": .array(demand.by.sorted().map { .string($0) }),
                        ]
                    })
            } ?? .null,
        ]
    }
}
