package import FleetCore

/// How a pull request becomes part of the branch.
package enum MergeShape: String, Sendable, CaseIterable {
    /// A merge commit without a signature that counts, as a forge's button makes it.
    case merge
    /// The branch moves to the pull request's own commits.
    case fastForward = "fast-forward"
    /// A merge commit signed by a person, made in a clone and pushed.
    case signedMerge = "signed-merge"
}

/// Whether merging a range of commits would be authentic, told before it is done.
package struct MergeForecast: Sendable {
    package let base: CommitID
    package let head: CommitID
    /// Whether the base has the head already.
    package let isMerged: Bool
    /// Why each shape would not be authentic; nil where it would.
    package let failures: [MergeShape: TrustError]
    /// What would wait for approval after the merge, where it is authentic; nil where nothing would. Who
    /// would sign a signed merge is not known: there it is what must be added to that one signature.
    package let pending: [MergeShape: PendingApproval]
    /// What the message of a signed merge must name; nil where the fleet asks for nothing.
    package let branch: FleetBranch?

    package func isAuthentic(_ shape: MergeShape) -> Bool { isMerged || failures[shape] == nil }
}

extension FleetClone {
    /// Judges the commits that merging would make, in the temporary clone.
    ///
    /// - Throws: ``OperatorError``: `notAuthentic` if the history up to the base is not; `invalid` if the two
    ///   conflict.
    package func forecast(
        merging range: CommitRange, from introduction: CommitID?
    ) throws(OperatorError) -> (forecast: MergeForecast, history: HistoryAudit) {
        let history = try audit(from: introduction, to: range.base)
        if let failure = history.failure {
            throw OperatorError(
                .notAuthentic, "\(failure): nothing that is merged on it can be; heal it by 'plimsoll vouch'")
        }
        var failures: [MergeShape: TrustError] = [:]
        var pending: [MergeShape: PendingApproval] = [:]
        let branch = try trustSettings(after: history.ground).branch
        do {
            if try clone.repository.isAncestor(range.head, of: range.base) {
                return (
                    MergeForecast(
                        base: range.base, head: range.head, isMerged: true, failures: [:], pending: [:],
                        branch: branch),
                    history
                )
            }
            let merge = try proposal(merging: range.head, into: range.base).result
            var authenticator = ChainAuthenticator(clone)
            let merged = try authenticator.verify(history.unsettled + [merge], after: history.settled)
            (failures[.merge], pending[.merge]) = (merged.failure, merged.pending)
            failures[.signedMerge] = try authenticator.fault(
                inMerge: merge, signedOnto: range.base, under: history.ground)
            pending[.signedMerge] = try authenticator.pending(inMerge: merge, under: history.ground)
            let forwarded = try fastForward(range, on: history)
            (failures[.fastForward], pending[.fastForward]) = (forwarded.failure, forwarded.pending)
        } catch {
            throw OperatorError(error)
        }
        return (
            MergeForecast(
                base: range.base, head: range.head, isMerged: false, failures: failures, pending: pending,
                branch: branch),
            history
        )
    }

    private func fastForward(
        _ range: CommitRange, on history: HistoryAudit
    ) throws(GitError) -> ChainVerdict {
        let walk = try clone.repository.firstParents(
            from: range.head, backTo: range.base, limit: ChainAuthenticator.longestStretch)
        guard case .reached(let newestFirst) = walk else {
            var verdict = ChainVerdict(from: range.base)
            verdict.failure = TrustError(
                range.head, .besideTheChain,
                "it does not have \(range.base.short) on its first-parent chain: rebase it")
            return verdict
        }
        var authenticator = ChainAuthenticator(clone)
        return try authenticator.verify(
            history.unsettled + newestFirst.reversed(), after: history.settled)
    }
}
