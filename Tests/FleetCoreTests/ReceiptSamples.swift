import FleetCore
import FleetTesting

/// An admission as it was, to be falsified: atm-1 of `stores` had A and admitted B when both canaries had
/// been well on it for four hours.
struct ReceiptSample {
    static let a = Declaration("A", by: 1)
    static let b = Declaration("B", by: 2)

    var receipt: Receipt
    var bearer: Report
    var before: Report?
    var history = "A B"
    var rule: GateRule? = .sample()
    var waves: Waves?
    var peers: [String] = []
    var proceed: Proceed?
    var canaries: [CanaryGroup] = [.sample(["canary-1", "canary-2"])]
    /// Who has left a group since the declaration.
    var departed: [GroupName: [ReceiptGround.Peer]] = [:]
    var node = NodeRecord.sample("atm-1", group: "stores")
    var fleetHold: String?
    var place: ReceiptGround.Place?
    var reports: [CommitID: ReceiptGround.WitnessReport] = [:]
    var proof = ReceiptGround.OwnProof.none
    var entries: [Declaration: Set<EntryKey>] = [
        a: [.of("src:openssl")], b: [.of("src:openssl"), .of("src:bind9")],
    ]

    init() {
        receipt = Receipt(
            fleet: .of("acme"), node: .of("atm-1"), group: .of("stores"), baseline: .of("base"),
            declaration: Self.b, previous: Self.a, commit: .number(2), basis: .gate, isRollback: false,
            rule: .sample(), witnesses: [], time: Timestamp(seconds: 0))
        bearer = .sample(
            node: "atm-1", group: "stores", admitted: Self.b, phase: .converging, commit: .number(2))
        bearer.packages.counts = [.older: 2]
        for number in 1...2 { see("canary-\(number)", .sample(admitted: Self.b, proven: [Self.b: 14_400])) }
    }

    /// Lets the node see a canary's report, and write down how it stands.
    mutating func see(_ name: String, _ report: Report, as standing: Standing = .healthy) {
        var report = report
        report.node = .of(name)
        let id = CommitID.number(1_000 + reports.count)
        reports[id] = .found(report, isByListedKey: true)
        receipt.witnesses.removeAll { $0.node == report.node }
        receipt.witnesses.append(
            GateAnswer.Witness(
                group: .of("canary"), node: report.node, standing: standing, isHeld: false, report: id,
                sequence: report.sequence,
                healthyFor: report.proven.first { $0.declaration == receipt.declaration }?.healthyFor))
    }

    /// Changes what the receipt says of a witness.
    mutating func say(
        of name: String, standing: Standing? = nil, report: CommitID?? = nil, sequence: Int?? = nil,
        healthyFor: Int64? = nil, isHeld: Bool? = nil
    ) {
        receipt.witnesses = receipt.witnesses.map { witness in
            guard witness.node == .of(name) else { return witness }
            return GateAnswer.Witness(
                group: witness.group, node: witness.node, standing: standing ?? witness.standing,
                isHeld: isHeld ?? witness.isHeld, report: report ?? witness.report,
                sequence: sequence ?? witness.sequence,
                healthyFor: healthyFor.map { TimeSpan(seconds: $0) } ?? witness.healthyFor)
        }
    }

    /// The report that the receipt names of a witness.
    func reportID(of name: String) -> CommitID {
        receipt.witnesses.first { $0.node == .of(name) }?.report ?? .number(0)
    }

    /// Makes it a going back from B to A, which nobody's canaries have to vouch for.
    mutating func goBack(_ history: String = "A B A") {
        self.history = history
        receipt.declaration = Self.a
        receipt.previous = Self.b
        receipt.commit = .number(3)
        receipt.basis = .proven
        receipt.isRollback = true
        receipt.witnesses = []
        receipt.rule = nil
        bearer = .sample(node: "atm-1", group: "stores", admitted: Self.a, commit: .number(3))
        proof = .before
    }

    /// Why the commit calls the declaration urgent, and what the group does then.
    var urgency: Urgency?
    var whenUrgent: UrgentRules?

    var verdict: ReceiptVerdict {
        let group = Group(
            name: .of("stores"), baseline: .of("base"), gate: rule.map { .rule($0) } ?? .none, waves: waves,
            urgent: whenUrgent)
        let view = GroupView(
            fleet: Fleet(name: .of("acme"), agent: .of("0.1"), hold: fleetHold), group: group,
            canaries: canaries, peers: peers.map { .of($0) }, proceed: proceed)
        let plan = waves.map {
            WavePlan(digest: receipt.declaration.digest, nodes: view.peers, steps: $0.steps)
        }
        let own = plan?.wave(of: receipt.node) ?? 0
        let setting = ReceiptGround.Setting(
            view: urgency == nil ? view : view.whenUrgent, node: node, departed: departed, plan: plan,
            waves: plan.map { plan in
                (0..<own).map { plan.wave($0).map { ReceiptGround.Peer($0, isHeld: false) } }
            } ?? [], urgency: urgency)
        return receipt.verdict(
            on: ReceiptGround(
                bearer: bearer, before: before, place: place ?? .setting(setting), stack: .after(history),
                reports: reports, proof: proof, entries: entries))
    }
}

extension CanaryGroup {
    static func sample(_ nodes: [String], held: Set<String> = []) -> CanaryGroup {
        CanaryGroup(
            name: .of("canary"), hold: nil,
            nodes: nodes.map { .sample($0, group: "canary", hold: held.contains($0) ? "it rings" : nil) })
    }
}

extension NodeRecord {
    static func sample(_ name: String, group: String, hold: String? = nil) -> NodeRecord {
        NodeRecord(name: .of(name), group: .of(group), key: "ssh-ed25519 AAAA", hold: hold)
    }
}
