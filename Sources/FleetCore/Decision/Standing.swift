/// How a canary stands to a declaration that a gate asks about.
package enum Standing: String, Sendable, CaseIterable {
    /// Well on it for at least the soak.
    case healthy
    /// It failed there finally, was rolled back, or the node is degraded after it.
    case failed
    /// On it, and well for less than the soak.
    case soaking
    /// Not on it yet.
    case behind
    /// It cannot prove it: a check was bad before, or an entry is left out there.
    case unfit
    /// Nothing new seen of it for two heartbeats.
    case silent
    /// Its newest report is not believed.
    case rejected
    /// Its newest report names a fleet commit that this node does not have yet.
    case peerAhead
    /// Its newest report names a fleet commit beside this node's chain.
    case fork
}

extension CanaryEvidence {
    /// How this node stands to `declaration`.
    ///
    /// A failure outlives everything, also that the report which told it is hidden or from ahead; silence
    /// does not outweigh a proof of a declaration that the node has left behind since.
    ///
    /// - Parameter isReturn: the branch went back to it. An old proof says that it was well there, not that
    ///   the node has gone back: only who has it counts.
    package func standing(
        to declaration: Declaration, soak: TimeSpan, in evidence: Evidence, isReturn: Bool = false
    ) -> Standing {
        if failed.contains(declaration) { return .failed }
        let report: Report
        switch testimony {
        case .none: return isSilent(in: evidence) ? .silent : .behind
        case .rejected: return .rejected
        case .peerAhead: return .peerAhead
        case .fork: return .fork
        case .report(let newest, id: _): report = newest
        }
        let hasIt = report.baseline.admitted == declaration
        if report.hasFailed(on: declaration) { return .failed }
        let proof = report.proven.first { $0.declaration == declaration }
        if isReturn, !hasIt { return isSilent(in: evidence) ? .silent : .behind }
        if let proof, proof.healthyFor >= soak, !hasIt { return .healthy }
        if isSilent(in: evidence) { return .silent }
        if let proof, proof.healthyFor >= soak { return .healthy }
        if hasIt, report.reasons.contains(where: { Reason.Code.unfit.contains($0.code) }) { return .unfit }
        return hasIt || proof != nil ? .soaking : .behind
    }

    /// Whether nothing new was seen of this node for two heartbeats of the reader's running time.
    package func isSilent(in evidence: Evidence) -> Bool {
        evidence.watching - lastNews >= evidence.heartbeat * 2
    }

    /// Whether silence takes this node out of the share: it had been silent long enough *before* this reader
    /// first saw the declaration. One that falls silent later may have been felled by it.
    package func leavesShare(of declaration: Declaration, by rule: SilenceRule, in evidence: Evidence) -> Bool
    {
        guard case .leave(after: let length) = rule, isSilent(in: evidence),
            let firstSeen = evidence.firstSeen[declaration], firstSeen > lastNews
        else { return false }
        // Nodes that report once a heartbeat are not silent before the second is missed.
        return firstSeen - lastNews >= max(length, evidence.heartbeat * 2)
    }
}

extension Report {
    /// What has failed on the node: finally, or by degrading it later.
    package var declarationsFailed: Set<Declaration> {
        let degrading = isDegraded ? [baseline.admitted].compactMap(\.self) : []
        return Set(failed.filter(\.isFinal).map(\.declaration) + degrading)
    }

    /// Whether `declaration` has failed on the node, as ``declarationsFailed`` has it.
    package func hasFailed(on declaration: Declaration) -> Bool {
        failed.contains { $0.isFinal && $0.declaration == declaration }
            || isDegraded && baseline.admitted == declaration
    }

    /// Whether a check that was well with the admitted declaration has turned bad.
    ///
    /// The phase alone does not tell: an operator's hold, for one, is the more pressing word.
    fileprivate var isDegraded: Bool {
        phase == .degraded || reasons.contains { $0.code == .checkFailed }
    }
}

extension Reason.Code {
    /// The codes by which a node says that it is no evidence for others.
    package static let unfit: Set<Reason.Code> = [.excepted, .heldByHand, .newerKept, .checkFailedBefore]
}
