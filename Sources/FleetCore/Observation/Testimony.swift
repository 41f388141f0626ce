/// A node's newest report as it was found at `latest/<node>`, its signature verified.
package struct LatestReport: Hashable, Sendable {
    /// The commit at `latest/<node>`.
    package let commit: CommitID
    package let report: Report
    /// The tip of the chain that the commit's message names; nil if it names none.
    package let chain: CommitID?
    /// Whether the commit has parents, which the form of a newest report forbids.
    package let hasParents: Bool

    package init(commit: CommitID, report: Report, chain: CommitID?, hasParents: Bool = false) {
        self.commit = commit
        self.report = report
        self.chain = chain
        self.hasParents = hasParents
    }
}

/// What a remote that was asked lists of a node.
package struct ListedReport: Hashable, Sendable {
    /// `latest/<node>`.
    package let latest: CommitID?
    /// `status/<node>`.
    package let chain: CommitID?

    package init(latest: CommitID?, chain: CommitID?) {
        self.latest = latest
        self.chain = chain
    }
}

/// Where a fleet commit that a report names lies to a reader's own authentic chain.
package enum ChainPlace: Hashable, Sendable {
    /// On it.
    case onChain
    /// Not there yet, or beyond the mark.
    case ahead
    /// Beside it: somebody shows two histories.
    case beside
}

/// What became of a node's newest report.
package struct Judgement: Hashable, Sendable {
    package let testimony: CanaryEvidence.Testimony
    /// Whether the reader must drop what it has of the report: what is not believed must not be believed
    /// later, when the remote cannot be asked.
    package let isForgotten: Bool

    fileprivate init(_ testimony: CanaryEvidence.Testimony, isForgotten: Bool = false) {
        self.testimony = testimony
        self.isForgotten = isForgotten
    }
}

extension PeerBook {
    /// Judges what was found of a node's newest report, and remembers what it must not take back.
    ///
    /// - Parameters:
    ///   - listed: what the remote lists of the node; nil if it could not be asked, then what was believed
    ///     last stands.
    ///   - kept: the commit of its newest report as the reader has it now; nil if it has none.
    ///   - read: reads that commit and verifies its signature.
    ///   - place: where a fleet commit lies to the reader's chain.
    package mutating func judge<Failure>(
        _ node: NodeRecord, listed: ListedReport?, kept: CommitID?,
        reading read: (CommitID) throws(ReportRejection) -> LatestReport,
        placing place: (CommitID) throws(Failure) -> ChainPlace
    ) throws(Failure) -> Judgement {
        meet(node)
        if let listed, listed.latest == nil {
            return Judgement(
                hasReported(node) ? .rejected("its report is gone from the remote") : .none,
                isForgotten: true)
        }
        if let listed, listed.latest != kept {
            return Judgement(
                .rejected("its newest report could not be fetched: it is too large, or changed meanwhile"))
        }
        guard let kept else { return Judgement(.none) }
        let latest: LatestReport
        do throws(ReportRejection) {
            latest = try read(kept)
            try latest.checkAgreement(with: listed, of: node.name)
            try accept(latest, of: node)
        } catch {
            return Judgement(.rejected(error.message), isForgotten: true)
        }
        guard let chain = latest.chain else { return Judgement(.rejected("its message names no chain")) }
        let commit = latest.report.commit
        switch try place(commit) {
        case .onChain: return Judgement(.report(latest.report, id: chain))
        case .ahead: return Judgement(.peerAhead(commit))
        case .beside: return Judgement(.fork(commit))
        }
    }
}

extension LatestReport {
    /// Whether `latest/<node>` stands for the very chain that the remote lists under `status/<node>`: where
    /// they disagree it is no evidence.
    fileprivate func checkAgreement(
        with listed: ListedReport?, of node: NodeName
    ) throws(ReportRejection) {
        guard !hasParents, let chain else {
            throw ReportRejection(commit, .disagreement, "latest/\(node) is not the form of a newest report")
        }
        if let listed, listed.chain != chain {
            throw ReportRejection(
                commit, .disagreement, "status/\(node) and latest/\(node) do not agree")
        }
    }
}
