internal import FleetCore
internal import FleetReconciler

/// An entry of a ledger at the simulated server.
struct StoredClaim {
    let id: CommitID
    let claim: Claim
    /// The key that signed it.
    let key: String
}

/// The ledgers at the server, through a node's line: claims are compared and swapped, lines break.
struct SimulatedLedger: ClaimLedger {
    let simulation: Simulation
    let node: SimulatedNode

    func read(_ ledger: LedgerName) async throws(LedgerError) -> LedgerReading {
        guard simulation.hasLink(node) else { throw LedgerError("the line is down") }
        let nodes = node.clone.tip?.content.nodes ?? [:]
        let entries = simulation.server.ledgers[ledger.reference] ?? []
        var newest: [NodeName: StoredClaim] = [:]
        for entry in entries { newest[entry.claim.node] = entry }
        let claimants = newest.values.sorted { $0.claim.node < $1.claim.node }.compactMap { entry in
            nodes[entry.claim.node].map { record in
                Claimant(
                    claim: entry.claim, isOfEarlierKey: entry.key != record.key,
                    testimony: testimony(of: record))
            }
        }
        var own = 0
        if let record = nodes[node.name], case .report(let report) = testimony(of: record) {
            own = report.sequence
        }
        return LedgerReading(tip: entries.last?.id, claimants: claimants, ownReport: own)
    }

    private func testimony(of record: NodeRecord) -> Claimant.Testimony {
        guard let shown = simulation.server.shown(of: record.name) else { return .none }
        guard shown.latest.key == record.key else { return .rejected("signed by another key") }
        guard shown.latest.id == shown.status.id, let report = shown.latest.report else {
            return .rejected("status and latest do not agree")
        }
        return .report(report)
    }

    func append(_ claim: Claim, after tip: CommitID?) async -> ClaimDelivery {
        guard simulation.hasLink(node) else { return .unreachable("the line is down") }
        let isSlow = node.troubles.pushesFailUntil > simulation.time
        // A push on a bad line may come to nothing, or arrive and not be answered.
        let lot = isSlow ? simulation.lots.permille("claim", "\(node.name)", "\(claim.sequence)") : 1_000
        guard lot >= 500 else { return .unreachable("the line broke") }
        guard node.power.step() else { return .unreachable("no power") }
        let stored = StoredClaim(id: simulation.newReportID(), claim: claim, key: node.key)
        guard simulation.server.append(stored, after: tip) else { return .overtaken }
        return lot >= 1_000 ? .accepted : .unreachable("the answer was lost")
    }
}
