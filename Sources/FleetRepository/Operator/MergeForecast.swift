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
        do {
            if try clone.repository.isAncestor(range.head, of: range.base) {
                return (
                    MergeForecast(base: range.base, head: range.head, isMerged: true, failures: [:]), history
                )
            }
            let merge = try proposal(merging: range.head, into: range.base).result
            var authenticator = ChainAuthenticator(clone)
            failures[.merge] = try authenticator.verify([merge]).failure
            failures[.signedMerge] = try authenticator.fault(inMerge: merge, signedOnto: range.base)
            failures[.fastForward] = try fastForwardFault(range)
        } catch {
            throw OperatorError(error)
        }
        return (
            MergeForecast(base: range.base, head: range.head, isMerged: false, failures: failures), history
        )
    }

    private func fastForwardFault(_ range: CommitRange) throws(GitError) -> TrustError? {
        let walk = try clone.repository.firstParents(
            from: range.head, backTo: range.base, limit: ChainAuthenticator.longestStretch)
        guard case .reached(let newestFirst) = walk else {
            return TrustError(
                range.head, .besideTheChain,
                "it does not have \(range.base.short) on its first-parent chain: rebase it")
        }
        var authenticator = ChainAuthenticator(clone)
        return try authenticator.verify(newestFirst.reversed()).failure
    }
}
