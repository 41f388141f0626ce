internal import FleetCore

/// The Git server: what it has, and what it shows.
///
/// It can delay, hide and show old things; it cannot sign.
package final class SimulatedServer {
    /// The two references of each node.
    private(set) var references: [NodeName: References] = [:]
    /// The entries of each ledger by its reference, oldest first.
    private(set) var ledgers: [String: [StoredClaim]] = [:]
    package private(set) var deceit: Happening.Deceit?
    /// Moves with each change of what readers can see of a group.
    private(set) var pushes = 0

    struct References {
        /// `status/<node>`, the chain.
        var status: StoredReport
        /// `latest/<node>`; beside the other after a push that ended half-way.
        var latest: StoredReport
    }

    /// Whether it ever hid or changed anything.
    private(set) var hasDeceived = false
    private var frozenTip: SimulatedCommit?
    /// What misled readers are shown instead of the branch.
    private var sideTip: SimulatedCommit?
    private var frozenReferences: [NodeName: References] = [:]

    func begin(_ deceit: Happening.Deceit, tip: SimulatedCommit, sideTip: SimulatedCommit?) {
        self.sideTip = sideTip
        hasDeceived = true
        self.deceit = deceit
        frozenTip = tip
        frozenReferences = references
    }

    func endDeceit() {
        deceit = nil
        frozenTip = nil
        frozenReferences = [:]
    }

    /// The tip of the branch, as a node sees it.
    func tip(of repository: SimulatedRepository, for reader: NodeName, lots: Lots) -> SimulatedCommit {
        switch deceit {
        case .frozen: return frozenTip ?? repository.tip
        case .rewound(let steps):
            var commit = frozenTip ?? repository.tip
            for _ in 0..<steps { commit = commit.parent ?? commit }
            return commit
        case .twoHistories:
            let isMisled = lots.permille("two histories", "\(reader)") < 500
            return isMisled ? sideTip ?? repository.tip : repository.tip
        case .rewoundReports, .dropping, .swapping, .hiding, nil: return repository.tip
        }
    }

    /// The references of a node, as readers see them; nil if none is shown.
    func shown(of node: NodeName) -> References? {
        switch deceit {
        case .frozen: return frozenReferences[node]
        case .rewound(let steps), .rewoundReports(let steps):
            guard let real = references[node] else { return nil }
            let old = real.status.earlier(by: steps)
            return old.report == nil ? real : References(status: old, latest: old)
        case .hiding: return nil
        case .swapping:
            guard let real = references[node] else { return nil }
            let names = references.keys.sorted()
            guard let index = names.firstIndex(of: node),
                let other = references[names[(index + 1) % names.count]]
            else { return real }
            return References(status: real.status, latest: other.latest)
        case .dropping, .twoHistories, nil: return references[node]
        }
    }

    /// Takes a claim, if the ledger's tip is still `tip`.
    func append(_ claim: StoredClaim, after tip: CommitID?) -> Bool {
        let reference = claim.claim.ledger.reference
        guard ledgers[reference]?.last?.id == tip else { return false }
        ledgers[reference, default: []].append(claim)
        return true
    }

    /// What became of a push.
    enum Verdict {
        case accepted
        case diverged
    }

    /// Takes a node's chain up to `report`.
    ///
    /// - Parameter isWhole: whether both references arrive.
    func push(_ report: StoredReport, isWhole: Bool) -> Verdict {
        if deceit == .dropping { return .accepted }
        if let known = references[report.node] {
            guard report.follows(known.status) else { return .diverged }
            references[report.node]?.status = report
            if isWhole { references[report.node]?.latest = report }
        } else {
            references[report.node] = References(status: report, latest: report)
        }
        pushes += 1
        return .accepted
    }
}
