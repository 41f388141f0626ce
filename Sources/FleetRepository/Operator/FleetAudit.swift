package import FleetCore

/// Everything that is signed in a fleet, checked from the first trusted commit on.
package struct FleetAudit: Sendable {
    package let fleet: FleetName
    package let history: HistoryAudit
    /// In the order of remotes, then names; nodes that have left the fleet and whose reports are still there
    /// among them.
    package let nodes: [NodeAudit]
    /// References at the remotes that are no node's.
    package let strangers: [String]
    /// The nodes that the fleet lists and that have never reported.
    package let silent: [NodeName]
    /// Every admission that a report tells of, recomputed; nil if that was not asked for.
    package let admissions: [AdmissionAudit]?
    /// The keys of all nodes, those listed now and those that signed a report before.
    private let keys: [(node: NodeName, key: SSHPublicKey)]

    package var isAuthentic: Bool { history.isAuthentic && nodes.allSatisfy(\.faults.isEmpty) }

    /// The admissions that do not follow from the evidence.
    package var unfounded: [AdmissionAudit] {
        (admissions ?? []).filter { $0.verdict.conclusion == .doesNotFollow }
    }

    /// An allowed signers file (ssh-keygen(1), ALLOWED SIGNERS) with the keys of all nodes, by which stock
    /// git judges reports.
    package var allowedSigners: String {
        keys.map { "\($0.node)@\(fleet) namespaces=\"\(CommitSignature.namespace)\" \($0.key)\n" }.joined()
    }

    fileprivate init(
        roll: FleetRoll, history: HistoryAudit, nodes: [NodeAudit], strangers: [String],
        admissions: [AdmissionAudit]?
    ) {
        fleet = roll.fleet.name
        self.history = history
        self.nodes = nodes
        self.strangers = strangers
        self.admissions = admissions
        let reporting = Set(nodes.map(\.node))
        silent = roll.nodes.map(\.name).filter { !reporting.contains($0) }
        var known: [NodeName: Set<SSHPublicKey>] = [:]
        for member in roll.nodes { if let key = member.key { known[member.name, default: []].insert(key) } }
        for node in nodes { known[node.node, default: []].formUnion(node.keys) }
        keys = known.sorted { $0.key < $1.key }
            .flatMap { name, keys in keys.sorted { $0.description < $1.description }.map { (name, $0) } }
    }
}

extension FleetClone {
    /// Authenticates the branch and every report of every node.
    ///
    /// - Parameters:
    ///   - recomputing: whether each admission is recomputed from its receipt, too.
    ///   - progress: called after each node, with how many are done and how many there are.
    /// - Throws: ``OperatorError``, ``FleetReadError``, ``GitError``.
    package func audit(
        from introduction: CommitID?, recomputing: Bool = false,
        progress: (_ done: Int, _ all: Int) -> Void
    ) throws -> FleetAudit {
        let before = try roll(at: audit(from: introduction).ground)
        let listings = try fetchReports(of: before.fleet, groups: before.groups, withChains: true)
        try fetchAgain()
        let history: HistoryAudit = try audit(from: introduction)
        let roll = history.ground == before.commit ? before : try self.roll(at: history.ground)
        var auditor = try ReportAuditor(clone: clone, fleet: roll.fleet.name, chain: history.chain)
        // Groups may share a remote.
        let remotes = Dictionary(listings.values.map { ($0.remote, $0) }) { first, _ in first }
            .values.sorted { $0.remote.description < $1.remote.description }
        let count = remotes.reduce(0) { $0 + $1.nodes.count }
        var nodes: [NodeAudit] = []
        for listing in remotes {
            for (node, found) in listing.nodes.sorted(by: { $0.key < $1.key }) {
                nodes.append(
                    auditor.audit(
                        node, status: found.status, latest: found.latest, at: listing.remote.description))
                progress(nodes.count, count)
            }
        }
        var admissions: [AdmissionAudit]?
        if recomputing {
            var receipts = try ReceiptAuditor(
                clone: clone, history: history, nodes: nodes, book: auditor.book)
            admissions = try nodes.flatMap { node throws(GitError) in try receipts.audit(node) }
        }
        return FleetAudit(
            roll: roll, history: history, nodes: nodes, strangers: remotes.flatMap(\.strangers).sorted(),
            admissions: admissions)
    }
}
