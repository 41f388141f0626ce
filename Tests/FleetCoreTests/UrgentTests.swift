import FleetCore
import FleetTesting
import Testing

/// What is urgent passes windows, and goes by the soak and the waves that its group has for that.
struct UrgentTests {
    private typealias Situation = DecideTests.Situation

    private static let urgency = Urgency(until: .of("2026-11-25"), reason: "DSA-6015-1")
    /// A Wednesday, far from the window on Saturday.
    private static let noon = Instant.on("2026-11-25T12:00:00Z")

    private func node(
        gate: GateSetting = .none, freezes: [Freeze] = [], waves: Waves? = nil, peers: [String] = [],
        rules: UrgentRules? = nil, at now: Instant = noon
    ) -> Situation {
        let membership = Membership.sample(
            "A B", gate: gate, windows: DecideTests.saturdays, freezes: freezes, waves: waves, peers: peers,
            urgent: ["B": Self.urgency], whenUrgent: rules)
        var node = Situation(membership, admitted: DecideTests.a, installed: ["nginx 1"])
        node.now = now
        return node
    }

    @Test func `it passes the window, and the receipt says why`() throws {
        let decision = node().decision
        #expect(decision.admitted?.declaration == DecideTests.b && decision.reasons == [])
        guard case .converge = decision.action else {
            Issue.record("\(decision.action)")
            return
        }
        let receipt = try #require(decision.admitted?.receipt)
        #expect(receipt.urgent == Self.urgency)
        #expect(Receipt(json: receipt.json) == receipt)
    }

    @Test(arguments: [
        ("2026-11-25T23:59:59Z", true, true), ("2026-11-26T00:00:00Z", true, false),
        ("2026-11-25T12:00:00Z", false, false),
    ])
    func `it holds to the end of its last day, by a clock that is known to be right`(
        now: String, isWallKnown: Bool, isUrgent: Bool
    ) {
        let decision = node(at: .on(now, isWallKnown: isWallKnown)).decision
        #expect((decision.admitted?.declaration == DecideTests.b) == isUrgent)
        #expect(decision.reasons.map(\.code) == (isUrgent ? [] : [isWallKnown ? .window : .clockUnknown]))
    }

    @Test func `freezes and holds still count, and so does a freeze that is about to begin`() {
        let frozen = [Freeze(from: .of("2026-11-24"), to: .of("2026-11-25"), reason: "sale")]
        #expect(node(freezes: frozen).decision.reasons.map(\.code) == [.freeze])
        let near = [Freeze(from: .of("2026-11-26"), to: .of("2026-11-26"), reason: "sale")]
        #expect(node(freezes: near).decision.reasons == [])
        let late = node(freezes: near, at: .on("2026-11-25T23:50:00Z")).decision
        #expect(late.reasons.map(\.code) == [.window])
        var held = node()
        held.holds = [Reason(.groupHold, "stop")]
        #expect(held.decision.admitted?.declaration == DecideTests.a)
    }

    @Test func `the gate asks for the soak that the group has for it`() {
        var node = node(gate: DecideTests.gate, rules: UrgentRules(soak: TimeSpan(seconds: 600)))
        node.evidence = .sample(
            [Canary("canary-1", .sample(admitted: DecideTests.b, proven: [DecideTests.b: 600]))],
            entries: [DecideTests.b: ["nginx"]])
        let decision = node.decision
        #expect(decision.admitted?.declaration == DecideTests.b)
        #expect(decision.admitted?.receipt.rule?.soak == TimeSpan(seconds: 600))
        // A day later four hours are needed again.
        node.now = .on("2026-11-28T02:00:00Z")
        #expect(node.decision.reasons.map(\.code).contains(.canarySoaking))
    }

    @Test func `its waves hold instead of the group's, or none`() {
        let waves = Waves(
            steps: [.count(1), .percent(100)], healthy: .percent(100), soak: TimeSpan(seconds: 3_600),
            failures: .count(0), silence: .hold)
        let peers = (1...9).map { "atm-\($0)" }
        let quick = Waves(
            steps: [.percent(100)], healthy: .percent(100), soak: .zero, failures: .count(0), silence: .hold)
        // Whoever is not in the first wave waits, but for what is urgent.
        let usual = peers.filter { name in
            var node = node(waves: waves, peers: peers)
            node.membership = .sample(
                "A B", waves: waves, node: name, peers: peers, urgent: ["B": Self.urgency])
            return node.decision.admitted?.declaration == DecideTests.b
        }
        #expect(usual.count == 1)
        for rules in [UrgentRules(waves: .none), UrgentRules(waves: .these(quick))] {
            for name in peers {
                var node = node()
                node.membership = .sample(
                    "A B", waves: waves, node: name, peers: peers, urgent: ["B": Self.urgency],
                    whenUrgent: rules)
                let decision = node.decision
                #expect(decision.admitted?.declaration == DecideTests.b, "\(name): \(decision.reasons)")
                #expect(decision.admitted?.receipt.wave?.rule == (rules.waves == .none ? nil : quick))
            }
        }
    }

    @Test func `drift from what is not urgent waits for the window all the same`() {
        let membership = Membership.sample(
            "A B", windows: DecideTests.saturdays, urgent: ["B": Self.urgency])
        var node = Situation(membership, admitted: DecideTests.a, installed: [])
        node.now = Self.noon
        node.membership = Membership.sample("A", windows: DecideTests.saturdays)
        #expect(node.decision.reasons.map(\.code) == [.window])
    }

    @Test func `a shorter soak for what is urgent loosens the gate`() {
        let old = Membership.sample("A", gate: DecideTests.gate).group
        var new = old
        new.urgent = UrgentRules(soak: TimeSpan(seconds: 60))
        #expect(
            new.loosenings(from: old) == [
                Loosening(key: "urgent", "while urgent, 'soak' goes from 4h to 1m")
            ])
        #expect(old.loosenings(from: new) == [])
    }
}
