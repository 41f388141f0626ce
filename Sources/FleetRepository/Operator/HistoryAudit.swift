package import FleetCore

/// What became of authenticating a branch's whole first-parent chain.
package struct HistoryAudit: Hashable, Sendable {
    /// The commit from which history is trusted.
    package let introduction: CommitID
    /// Whether somebody named the introduction. Else it is the first commit of the chain, for which nothing
    /// vouches here.
    package let isPinned: Bool
    package let tip: CommitID
    /// How many commits after the introduction are authentic.
    package let verified: Int
    /// The last authentic commit.
    package let last: CommitID
    /// The newest commit that has had its approvals, which nodes follow: without a threshold the last
    /// authentic one.
    package let ground: CommitID
    /// The authentic commits that wait for approval; nil if none do.
    package let pending: PendingApproval?
    /// The newest commit at which nothing waited for approval, and the authentic ones after it.
    let settled: CommitID
    let unsettled: [CommitID]
    /// Why the commit after it is not authentic; nil if all are.
    package let failure: TrustError?
    /// How many more commits stand on the one that is not authentic.
    package let unproven: Int
    /// The commits that a report may name: the authentic ones, and the introduction's own first parents,
    /// which its name pins.
    /// Oldest first.
    let chain: [CommitID]
    /// The introduction with what was before it, which its name pins, and the approved commits after it, each
    /// as a step from the one before: what nodes follow. Oldest first.
    let commits: [VerifiedCommit]

    package var isAuthentic: Bool { failure == nil }
}

extension FleetClone {
    /// Authenticates the branch from the introduction to its tip.
    ///
    /// - Parameters:
    ///   - introduction: nil takes the first commit of the first-parent chain.
    ///   - end: where the branch is taken to end; nil is its tip.
    /// - Throws: ``OperatorError``: `notAuthentic` if the introduction is not on the first-parent chain of
    ///   the branch.
    package func audit(
        from introduction: CommitID?, to end: CommitID? = nil
    ) throws(OperatorError) -> HistoryAudit {
        try clone.audit(from: introduction, to: end ?? tip)
    }

    /// Who is in the fleet at a commit.
    package func roll(at commit: CommitID) throws(FleetReadError) -> FleetRoll {
        try FleetRoll(at: commit, in: clone)
    }
}

extension Clone {
    /// Authenticates the first-parent chain from the introduction to `tip`, as
    /// ``FleetClone/audit(from:to:)`` does.
    func audit(from introduction: CommitID?, to tip: CommitID) throws(OperatorError) -> HistoryAudit {
        do {
            let walked = try firstParents(of: tip)
            guard let start = introduction ?? walked.last, let position = walked.firstIndex(of: start),
                let first = try repository.commit(start)
            else {
                let name = introduction.map(\.hex) ?? ""
                throw OperatorError(
                    .notAuthentic,
                    "the introduction \(name) is not on the first-parent chain of the branch: this is "
                        + "another repository, or its history was rewritten")
            }
            let newer = walked[..<position].reversed().map(\.self)
            var authenticator = ChainAuthenticator(self)
            let verdict = try authenticator.verify(newer, after: start)
            let verified = verdict.verified.map(\.id)
            let settledAt = verified.firstIndex(of: verdict.settled).map { $0 + 1 } ?? 0
            return HistoryAudit(
                introduction: start, isPinned: introduction != nil, tip: tip, verified: verified.count,
                last: verified.last ?? start, ground: verdict.ground, pending: verdict.pending,
                settled: verdict.settled, unsettled: Array(verified[settledAt...]),
                failure: verdict.failure, unproven: max(newer.count - verified.count - 1, 0),
                chain: walked[position...].reversed() + verified,
                commits: try VerifiedCommit.pinned(to: first, in: self) + verdict.steps)
        } catch {
            throw OperatorError(error)
        }
    }

    /// The first-parent chain, newest first.
    private func firstParents(of tip: CommitID) throws -> [CommitID] {
        var walked: [CommitID] = []
        var next: CommitID? = tip
        while let current = next {
            guard walked.count < ChainAuthenticator.longestStretch else {
                throw OperatorError(
                    .failure, "the branch has more than \(ChainAuthenticator.longestStretch) commits")
            }
            walked.append(current)
            next = try repository.firstParent(of: current)
        }
        return walked
    }
}
