import FleetCore
import FleetTesting
import Testing

/// Whatever a node sees, what it admits follows from it; and with a witness less it does not.
struct ReceiptPropertyTests {
    private static let declarations = [
        Declaration("A", by: 1), Declaration("B", by: 2), Declaration("C", by: 3),
    ]
    private static let peers = (1...12).map { "atm-\($0)" }

    /// What a node sees of others, as chance has it.
    private struct Sight {
        var random: SeededGenerator
        var reports: [CommitID: ReceiptGround.WitnessReport] = [:]

        mutating func evidence(of node: String, group: String, isHeld: Bool = false) -> CanaryEvidence {
            let news = TimeSpan(seconds: random.once(in: 6) ? 1_000 : 1_000_000)
            var testimony = CanaryEvidence.Testimony.none
            if !random.once(in: 12) {
                let admitted = random.once(in: 4) ? nil : random.one(of: declarations)
                var proven: [Declaration: Int64] = [:]
                for declaration in declarations where !random.once(in: 3) {
                    proven[declaration] = random.once(in: 4) ? 14_399 : 14_400
                }
                let report = Report.sample(
                    node: node, group: group, admitted: admitted, proven: proven,
                    failed: random.once(in: 12) ? [random.one(of: declarations)] : [],
                    phase: random.once(in: 15) ? .degraded : .converged,
                    notApplicable: random.once(in: 5) ? ["nginx"] : [])
                let id = CommitID.number(1_000 + reports.count)
                reports[id] = .found(report, isByListedKey: true)
                testimony = random.once(in: 10) ? .rejected("for a test") : .report(report, id: id)
            }
            return CanaryEvidence(node: .of(node), isHeld: isHeld, testimony: testimony, lastNews: news)
        }
    }

    @Test(arguments: 0..<400)
    func `what decide admits follows, and not without one of its witnesses`(seed: Int) throws {
        var sight = Sight(random: SeededGenerator(seed: UInt64(seed)))
        let silence: SilenceRule = sight.random.once(in: 2) ? .hold : .leave(after: .of("1h"))
        let rule = GateRule.sample(
            healthy: sight.random.one(of: ["50%", "1", "100%"]), failures: sight.random.one(of: ["0", "1"]),
            silence: silence, allowsUncovered: sight.random.once(in: 2))
        let waves = Waves(
            steps: [.percent(10), .percent(50), .percent(100)], healthy: .percent(30), soak: .of("4h"),
            failures: .percent(50), silence: silence)
        let history = sight.random.one(of: ["A B C", "A B", "A B A", "A B C A"])
        let membership = Membership.sample(
            history, gate: sight.random.once(in: 4) ? .none : .rule(rule),
            waves: sight.random.once(in: 2) ? waves : nil, node: "atm-3", peers: Self.peers)
        let canaries = ["canary-1", "canary-2", "canary-3"]
        let held: Set = sight.random.once(in: 3) ? ["canary-2"] : []
        var memory = NodeState()
        let had = history == "A B A" ? 1 : history == "A B C A" ? 2 : 0
        memory.admitted = .sample(Self.declarations[had], in: membership)
        if sight.random.once(in: 2) {
            memory.proven = [Proof(declaration: Self.declarations[0], healthyFor: .of("1h"))]
        }
        let seen = canaries.map { sight.evidence(of: $0, group: "canary", isHeld: held.contains($0)) }
        var steps: [Declaration: [[CanaryEvidence]]] = [:]
        for declaration in Self.declarations {
            guard let plan = membership.wavePlan(for: declaration) else { continue }
            steps[declaration] = (0..<plan.count).map { index in
                plan.wave(index).map { sight.evidence(of: $0.description, group: "stores") }
            }
        }
        let evidence = Evidence(
            groups: [.of("canary"): seen], watching: TimeSpan(seconds: 1_000_000),
            firstSeen: Dictionary(uniqueKeysWithValues: Self.declarations.map { ($0, .of("10d")) }),
            heartbeat: .of("1d"),
            entries: membership.versions.mapValues { Set($0.baseline.entries.map(\.key)) },
            waves: steps.mapValues { waves in waves })
        let commit = CommitID.number(history.split(separator: " ").count)
        let decision = decide(
            desired: Desired(commit: commit, standing: .member(membership)),
            actual: Actual(inventory: .success(.sample(["nginx 1"])), facts: .debian12), evidence: evidence,
            memory: memory, now: .at(1_000_000))
        guard let admission = decision.admitted, admission.declaration != Self.declarations[had] else {
            return
        }

        var sample = ReceiptSample()
        sample.receipt = admission.receipt
        sample.bearer = .sample(
            node: "atm-3", group: "stores", admitted: admission.declaration, phase: .converging,
            commit: commit)
        sample.bearer.packages.counts = [.older: 1]
        sample.node = .sample("atm-3", group: "stores")
        sample.history = history
        sample.rule = membership.group.gate == .none ? nil : rule
        sample.waves = membership.group.waves
        sample.peers = Self.peers
        sample.canaries = [.sample(canaries, held: held)]
        sample.reports = sight.reports
        sample.entries = evidence.entries
        sample.proof = memory.proven.isEmpty ? .none : .before
        #expect(sample.verdict.findings == [], "\(sample.receipt)")
        #expect(Receipt(json: sample.receipt.json) == sample.receipt)

        let all = sample.receipt.witnesses
        if let one = all.indices.randomElement(using: &sight.random) {
            sample.receipt.witnesses.remove(at: one)
            // What was proven here needs no witness, and without any none is missed.
            if sample.receipt.basis == .gate { #expect(sample.verdict.conclusion == .doesNotFollow) }
            sample.receipt.witnesses = all
        }
        guard let wave = sample.receipt.wave, !wave.witnesses.isEmpty else { return }
        sample.receipt.wave?.witnesses.removeLast()
        #expect(sample.verdict.findings.map(\.code).contains(.witnessLeftOut))
    }
}
