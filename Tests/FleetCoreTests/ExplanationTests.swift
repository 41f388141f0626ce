import FleetCore
import FleetTesting
import Testing

/// Why a node has what it has, from its own state and from its report.
struct ExplanationTests {
    private static let new = Declaration("B", by: 2)
    private static let old = Declaration("A", by: 1)

    /// A node of `stores` that has A, with B declared behind a gate on two canaries.
    private struct Situation {
        var membership = Membership.sample("A B", gate: .rule(.sample()))
        var memory = NodeState()
        var evidence = Evidence.none
        var holds: [Reason] = []
        var reboot = RebootStatement()

        init() { memory.admitted = .sample(ExplanationTests.old, in: membership) }

        var desired: Desired {
            Desired(commit: .number(99), standing: .member(membership), holds: holds)
        }

        /// What the node itself would be told.
        var own: Explanation {
            let inventory = InventoryIndex(.sample(["nginx 1"]))
            return explain(
                desired: desired, membership: membership,
                position: Position(
                    memory, facts: .debian12, inventory: inventory, record: membership.node,
                    reboot: reboot, at: .at(0)),
                evidence: evidence, now: .at(0))
        }

        var decision: Decision {
            decide(
                desired: desired,
                actual: Actual(inventory: .success(.sample(["nginx 1"])), facts: .debian12),
                evidence: evidence, memory: memory, now: .at(0))
        }
    }

    private func marks(_ explanation: Explanation, _ rule: DecisionRule) -> [Explanation.Mark] {
        explanation.conditions.filter { $0.rule == rule }.map(\.mark)
    }

    @Test func aHealthyAndASoakingCanaryMakeTheGateWait() {
        var situation = Situation()
        situation.evidence = .sample([
            .healthy("canary-1", on: Self.new), .healthy("canary-2", on: Self.new, for: 3_600),
        ])
        let explanation = situation.own
        #expect(explanation.rule == .gate)
        #expect(explanation.next == Self.old)
        #expect(marks(explanation, .gate) == [.notMet, .met])
        #expect(
            explanation.conditions.contains {
                $0.text == "'canary': 1 healthy of 2 for 4h, needed 2 (100%)"
            })
        #expect(explanation.witnesses.map(\.standing) == [.healthy, .soaking])
        #expect(explanation.missing.map(\.text).first == "1 more healthy in 'canary'")
        #expect(explanation.missing.count == 2)
    }

    @Test func aFailedCanaryClosesTheGateAndNobodyCanTellWhenItOpens() {
        var situation = Situation()
        situation.evidence = .sample([
            .healthy("canary-1", on: Self.new), .failed("canary-2", on: Self.new),
        ])
        let explanation = situation.own
        #expect(explanation.rule == .gate)
        #expect(marks(explanation, .gate) == [.notMet, .notMet])
        #expect(explanation.missing.map(\.notBefore) == [nil])
        #expect(explanation.missing.first?.text.contains("the gate is closed") == true)
    }

    @Test func anOpenGateAdmits() {
        var situation = Situation()
        situation.evidence = .sample(
            [.healthy("canary-1", on: Self.new)], entries: [Self.new: ["nginx"]])
        let explanation = situation.own
        #expect(explanation.rule == .admit)
        #expect(explanation.next == Self.new)
        #expect(explanation.missing.isEmpty)
        #expect(explanation.conditions.allSatisfy { $0.mark == .met })
    }

    @Test func aHoldComesBeforeTheGateAndTheGateIsStillShown() {
        var situation = Situation()
        situation.holds = [Reason(.groupHold, "the group is on hold: look first")]
        situation.evidence = .sample([.healthy("canary-1", on: Self.new, for: 60)])
        let explanation = situation.own
        #expect(explanation.rule == .hold)
        #expect(explanation.next == Self.old)
        #expect(marks(explanation, .hold) == [.notMet])
        #expect(marks(explanation, .gate) == [.notMet, .met])
        #expect(explanation.missing.first?.text == "the end of the hold: the group is on hold: look first")
    }

    @Test func aSoakThatIsEndedFirstIsWhatIsMissing() {
        var situation = Situation()
        situation.membership = .sample("A B", gate: .none, soaks: [.of("4h")], supersede: .finish)
        situation.memory.admitted = .sample(Self.old, in: situation.membership)
        situation.memory.proven = [Proof(declaration: Self.old, healthyFor: .of("1h"))]
        let explanation = situation.own
        #expect(explanation.rule == .gate)
        #expect(explanation.next == Self.old)
        #expect(explanation.reasons.map(\.code) == [.soakUnfinished])
        #expect(marks(explanation, .gate) == [.met, .notMet])
        #expect(explanation.missing.map(\.text) == explanation.reasons.map(\.message))
        // Nothing goes on before a reboot, and that is a person's to do.
        situation.reboot = RebootStatement(isRequired: true, reason: "a newer kernel is installed")
        #expect(situation.own.missing.first?.text.contains("reboot this node") == true)
        #expect(situation.own.missing.first?.notBefore == nil)
    }

    @Test func whatIsAdmittedIsNotAskedAbout() {
        var situation = Situation()
        situation.memory.admitted = .sample(Self.new, in: situation.membership)
        let explanation = situation.own
        #expect(explanation.rule == .enforce)
        #expect(marks(explanation, .gate).isEmpty)
        #expect(explanation.missing.isEmpty)
        #expect(marks(explanation, .enforce) == [.met, .met, .notMet])
    }

    @Test func aSoakEndsWhereTheReportAndTheRestOfItSay() throws {
        var situation = Situation()
        situation.evidence = .sample([.healthy("canary-1", on: Self.new, for: 14_000)])
        let settled = try #require(situation.own.missing.first?.notBefore)
        let report = try #require(situation.evidence.groups[.of("canary")]?.first?.report)
        // 400 of 14,400 seconds were left when it was written; long ago by this clock, so it may come now.
        #expect(settled == max(report.time + TimeSpan(seconds: 400), Instant.at(0).wall))
    }

    /// An explanation must not be another decision: on random facts it admits what ``decide`` admits, and
    /// says the same reasons.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func itIsTheDecision(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let history = (0..<6).map { _ in generator.one(of: ["A", "B", "C"]) }.joined(separator: " ")
        var situation = Situation()
        situation.membership = .sample(
            history, gate: generator.one(of: [.none, .rule(.sample()), .broken("a key is missing")]))
        let layers = situation.membership.stack.layers.map(\.declaration)
        situation.memory.admitted =
            generator.once(in: 4)
            ? nil
            : .sample(
                generator.one(of: layers), in: situation.membership,
                progress: generator.one(of: [.reached, .provisional, .begun]))
        if generator.once(in: 3) {
            situation.memory.failed = [
                FailureRecord(
                    failure: Failure(
                        declaration: generator.one(of: layers), attempts: 1, isFinal: true, reason: "x"),
                    retry: RetryToken(group: nil, node: nil), checksBefore: [])
            ]
        }
        if generator.once(in: 5) { situation.holds = [Reason(.nodeHold, "the node is on hold: x")] }
        let soaked = generator.one(of: layers)
        situation.evidence = .sample(
            [.healthy("canary-1", on: soaked, for: generator.one(of: [60, 14_400]))],
            entries: [soaked: ["nginx"]])
        let explanation = situation.own
        let decision = situation.decision
        #expect(explanation.next == decision.admitted?.declaration)
        #expect(explanation.reasons == decision.reasons.filter { $0.code != .newerKept })
        #expect((explanation.rule == .hold) == !situation.holds.isEmpty)
    }

    /// A report tells where a node stands: recomputed from it, the decision is the same.
    @Test(arguments: [
        ("A", [:] as [Declaration: Int64], [] as [Reason.Code]),
        ("A", [Declaration("A", by: 1): 60], [.canarySoaking]), ("B", [Declaration("B", by: 2): 60], []),
        ("-", [:], []),
    ])
    func aReportStandsForTheState(
        letter: String, proven: [Declaration: Int64], reasons: [Reason.Code]
    ) {
        var situation = Situation()
        let admitted = ["A": Self.old, "B": Self.new][letter]
        situation.memory.admitted = admitted.map { .sample($0, in: situation.membership) }
        situation.evidence = .sample([.healthy("canary-1", on: Self.new, for: 60)])
        var report = Report.sample(
            node: "atm-1", group: "stores", admitted: admitted, proven: proven, phase: .waiting,
            reasons: reasons)
        report.baseline.declared = Self.new
        let recomputed = explain(
            desired: situation.desired, membership: situation.membership,
            position: Position(report, receipt: nil, in: situation.membership, at: .at(0)),
            evidence: situation.evidence, now: .at(0))
        #expect(recomputed.rule == situation.own.rule)
        #expect(recomputed.reasons == situation.own.reasons)
        #expect(recomputed.admitted == admitted)
    }

    @Test func whatOnlyTheNodeKnowsIsMarkedUnknown() {
        let situation = Situation()
        let explanation = explain(
            desired: situation.desired, membership: situation.membership,
            position: Position(unknownIn: situation.membership, at: .at(0)), evidence: .none, now: .at(0))
        #expect(marks(explanation, .interrupted) == [.unknown])
        #expect(marks(explanation, .hold) == [.unknown])
        #expect(marks(explanation, .failed) == [.unknown])
        #expect(explanation.admitted == nil)
    }

    @Test func anEntryThatMayApplyIsNoReasonButADoubt() {
        var situation = Situation()
        situation.membership = .sample(
            "A B", gate: .rule(.sample()),
            packages: ["A": ["nginx": "1"], "B": ["nginx": "2", "src:bind9": "2"]])
        situation.evidence = .sample(
            [
                Canary(
                    "canary-1",
                    .sample(
                        admitted: Self.new, proven: [Self.new: 14_400], notApplicable: ["src:bind9"]))
            ],
            entries: [Self.new: ["nginx", "src:bind9"]])
        var report = Report.sample(node: "atm-1", group: "stores", admitted: Self.old, phase: .waiting)
        report.baseline.declared = Self.new
        let explanation = explain(
            desired: situation.desired, membership: situation.membership,
            position: Position(report, receipt: nil, in: situation.membership, at: .at(0)),
            evidence: situation.evidence, now: .at(0))
        #expect(explanation.rule == .admit)
        #expect(marks(explanation, .gate).last == .unknown)
        #expect(explanation.conditions.last { $0.rule == .gate }?.text.contains("src:bind9") == true)
    }
}
