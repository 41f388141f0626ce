import FleetCore
import FleetTesting
import Testing

/// How far groups have come, what comes next, and when it may end.
struct GroupRolloutTests {
    private static let declared = Declaration("B", by: 2)
    private static let now = Instant.at(0)

    /// A report that was written now.
    private static func report(
        _ node: String, admitted: Declaration?, proven: Int64? = nil, phase: Phase = .converged,
        reasons: [Reason.Code] = [], failed: Bool = false
    ) -> CanaryEvidence.Testimony {
        var report = Report.sample(
            node: node, admitted: admitted, proven: proven.map { [declared: $0] } ?? [:],
            failed: failed ? [declared] : [], phase: phase, reasons: reasons)
        report.baseline.declared = declared
        report.time = now.wall
        return .report(report, id: .number(0xabc))
    }

    @Test(
        arguments: [
            (report("a", admitted: declared, proven: 14_400), false, .healthy),
            (report("a", admitted: declared, proven: 60), false, .soaking),
            (report("a", admitted: declared), false, .soaking),
            (report("a", admitted: declared, phase: .converging), false, .changing),
            (report("a", admitted: declared, phase: .blocked), false, .changing),
            (report("a", admitted: declared, reasons: [.excepted]), false, .soaking),
            (report("a", admitted: nil, phase: .waiting), false, .waiting),
            (report("a", admitted: nil, phase: .held), true, .held),
            (report("a", admitted: declared, proven: 14_400), true, .healthy),
            (report("a", admitted: nil, phase: .rolledBack, failed: true), true, .failed),
            (report("a", admitted: declared, proven: 60, phase: .degraded), false, .failed),
            (report("a", admitted: declared, phase: .waiting, reasons: [.budget]), false, .waiting),
            (report("a", admitted: Declaration("C", by: 3), proven: 14_400), false, .waiting),
            (report("a", admitted: Declaration("C", by: 3), proven: 60), false, .waiting),
            (report("a", admitted: Declaration("C", by: 3), proven: 14_400), true, .held),
            (.none, false, .unknown), (.rejected("it is not signed"), false, .unknown),
            (.peerAhead(.number(9)), false, .waiting), (.fork(.number(9)), false, .unknown),
        ] as [(CanaryEvidence.Testimony, Bool, ProgressStanding)])
    func everyStandingIsTold(
        testimony: CanaryEvidence.Testimony, isHeld: Bool, standing: ProgressStanding
    ) {
        var canary = Canary("a", testimony)
        canary.isHeld = isHeld
        let evidence = Evidence.sample([canary])
        let found = evidence.groups[.of("canary")]?.first.map {
            NodeProgress($0, on: Self.declared, soak: .of("4h"), in: evidence, now: Self.now.wall)
        }
        #expect(found?.standing == standing)
    }

    @Test func whoIsSilentIsShownSilent() {
        let evidence = Evidence.sample([
            Canary("a", Self.report("a", admitted: Self.declared, proven: 60)).silent(since: 1)
        ])
        let found = evidence.groups[.of("canary")]?.first.map {
            NodeProgress($0, on: Self.declared, soak: .of("4h"), in: evidence, now: Self.now.wall)
        }
        #expect(found?.standing == .silent)
    }

    private func facts(
        _ nodes: [CanaryEvidence], gate: GateSetting = .none, waves: Waves? = nil, soak: String = "0s",
        proceed: Proceed? = nil, holds: [Reason] = [], history: String = "A B"
    ) -> GroupRolloutFacts {
        let sample = Membership.sample(history, gate: gate, waves: waves)
        let membership = Membership(
            fleet: sample.fleet, group: sample.group, node: sample.node, stack: sample.stack,
            versions: sample.versions, peers: nodes.map(\.node), proceed: proceed)
        return GroupRolloutFacts(
            membership: membership, declared: Self.declared, since: nil, soak: .of(soak), holds: holds,
            nodes: nodes)
    }

    private func nodes(_ canaries: [Canary]) -> [CanaryEvidence] {
        Evidence.sample(canaries).groups.values.flatMap(\.self).sorted { $0.node < $1.node }
    }

    private func waiting(_ names: [String]) -> [CanaryEvidence] {
        nodes(names.map { Canary($0, Self.report($0, admitted: nil, phase: .waiting)) })
    }

    @Test func aSoakingCanaryIsTheNextEventAndEndsTheGroup() {
        let canaries = nodes([
            Canary("canary-1", Self.report("canary-1", admitted: Self.declared, proven: 14_400)),
            Canary("canary-2", Self.report("canary-2", admitted: Self.declared, proven: 10_800)),
        ])
        let rollout = GroupRollout(
            facts(canaries, soak: "4h"), evidence: .sample([]), before: [:], now: Self.now)
        let end = Self.now.wall + TimeSpan(seconds: 3_600)
        #expect(rollout.events == [RolloutEvent("canary-2 reaches its soak of 4h", at: end)])
        #expect(rollout.estimate == .notBefore(end))
        #expect(!rollout.isDone)
    }

    @Test func aWaitingGroupEndsWhenItsGateHasOpened() {
        let canaries = [
            Canary("canary-1", Self.report("canary-1", admitted: Self.declared, proven: 10_800))
        ]
        let rollout = GroupRollout(
            facts(waiting(["store-1"]), gate: .rule(.sample())), evidence: .sample(canaries), before: [:],
            now: Self.now)
        let end = Self.now.wall + TimeSpan(seconds: 3_600)
        #expect(rollout.estimate == .notBefore(end))
        #expect(
            rollout.events == [RolloutEvent("1 of 'canary' healthy for 4h: the gate opens", at: end)])
    }

    @Test func canariesThatHaveToBeLetThroughFirstPutItOff() {
        let canaries = [Canary("canary-1", Self.report("canary-1", admitted: nil, phase: .waiting))]
        let first = Self.now.wall + TimeSpan(seconds: 100_000)
        let rollout = GroupRollout(
            facts(waiting(["store-1"]), gate: .rule(.sample())), evidence: .sample(canaries),
            before: [.of("canary"): .notBefore(first)], now: Self.now)
        #expect(rollout.estimate == .notBefore(first))
        let stuck = GroupRollout(
            facts(waiting(["store-1"]), gate: .rule(.sample())), evidence: .sample(canaries),
            before: [.of("canary"): .open("the group is on hold: x")], now: Self.now)
        #expect(stuck.estimate == .open("the group is on hold: x"))
    }

    /// Their old proofs do not make them healthy, and neither gate nor pause is in their way.
    @Test func whoGoesBackIsOnItsWayAndWaitsForNobody() {
        let withdrawn = Declaration("C", by: 3)
        let stores = nodes(
            ["store-1", "store-2"].map {
                Canary($0, Self.report($0, admitted: withdrawn, proven: 14_400))
            })
        let rollout = GroupRollout(
            facts(stores, gate: .rule(.sample()), waves: Self.waves, soak: "30m", history: "A B C B"),
            evidence: .sample([]), before: [:], now: Self.now)
        #expect(rollout.steps.flatMap(\.nodes).map(\.standing) == [.changing, .changing])
        #expect(rollout.events.map(\.text) == ["2 nodes go back in the next cycle"])
        #expect(rollout.estimate == .notBefore(Self.now.wall))
        #expect(!rollout.isDone)
    }

    @Test func aClosedGateHasNoEnd() {
        let rollout = GroupRollout(
            facts(waiting(["store-1"]), gate: .rule(.sample())),
            evidence: .sample([.failed("canary-1", on: Self.declared)]), before: [:], now: Self.now)
        #expect(rollout.estimate == .open("the gate is closed: 'canary' failed"))
        #expect(rollout.events.first?.text.hasPrefix("the gate is closed: 1 of 'canary' failed") == true)
    }

    private static let waves = Waves(
        steps: [.percent(10), .percent(50), .percent(100)], pauses: [2], healthy: .percent(100),
        soak: .of("30m"), failures: .count(0), silence: .hold)

    /// Ten nodes in the order of their waves; the first `healthy` of them are well on it.
    private func waved(healthy: Int, for seconds: Int64) -> [CanaryEvidence] {
        let names = (0..<10).map { "store-\($0)" }
        let plan = WavePlan(
            digest: Self.declared.digest, nodes: names.map { .of($0) }, steps: Self.waves.steps)
        let first = Set(plan.order.prefix(healthy).map(\.description))
        return nodes(
            names.map { name in
                first.contains(name)
                    ? Canary(name, Self.report(name, admitted: Self.declared, proven: seconds))
                    : Canary(name, Self.report(name, admitted: nil, phase: .waiting))
            })
    }

    @Test func eachWaveHasItsBarAndTheFirstOneIsSoaked() {
        let rollout = GroupRollout(
            facts(
                waved(healthy: 1, for: 600), waves: Self.waves, soak: "30m",
                proceed: Proceed(declaration: Self.declared, step: 3)),
            evidence: .sample([]), before: [:], now: Self.now)
        #expect(rollout.steps.map(\.title) == ["10%", "50%", "100%"])
        #expect(rollout.steps.map { $0.nodes.count } == [1, 4, 5])
        #expect(rollout.steps[0].nodes.map(\.standing) == [.soaking])
        #expect(rollout.refusals.map(\.code) == [.wave])
        let soaked = Self.now.wall + TimeSpan(seconds: 1_200)
        #expect(rollout.events.last?.at == soaked)
        // 20 minutes for the first wave, then half an hour for the second and for the third.
        #expect(rollout.estimate == .notBefore(soaked + TimeSpan(seconds: 3_600)))
    }

    /// A word about another declaration ends no pause of this one.
    @Test(arguments: [nil, Proceed(declaration: Declaration("A", by: 1), step: 3)])
    func aPauseFurtherOnHasNoEndEither(proceed: Proceed?) {
        let group = facts(waved(healthy: 1, for: 600), waves: Self.waves, soak: "30m", proceed: proceed)
        let rollout = GroupRollout(group, evidence: .sample([]), before: [:], now: Self.now)
        #expect(rollout.refusals.map(\.code) == [.wave])
        guard case .open(let why) = rollout.estimate else {
            Issue.record("step 3 waits for a person: \(rollout.estimate)")
            return
        }
        #expect(why.contains("plimsoll proceed stores --step 3"))
    }

    @Test func aPauseWaitsForAPersonAndNamesTheCommand() {
        let group = facts(waved(healthy: 5, for: 7_200), waves: Self.waves, soak: "30m")
        let rollout = GroupRollout(group, evidence: .sample([]), before: [:], now: Self.now)
        #expect(rollout.refusals.map(\.code) == [.wavePause])
        #expect(rollout.events.first?.text.contains("plimsoll proceed stores --step 3") == true)
        guard case .open = rollout.estimate else {
            Issue.record("a person may take any time: \(rollout.estimate)")
            return
        }
        let lifted = facts(
            waved(healthy: 5, for: 7_200), waves: Self.waves, soak: "30m",
            proceed: Proceed(declaration: Self.declared, step: 3))
        let going = GroupRollout(lifted, evidence: .sample([]), before: [:], now: Self.now)
        #expect(going.refusals.isEmpty)
        #expect(going.events.map(\.text) == ["5 nodes may move in the next cycle"])
    }

    @Test func groupsComeInTheOrderOfTheirGates() {
        func group(_ name: String, after: [String]) -> Group {
            Group(
                name: .of(name), baseline: .of("base"),
                gate: after.isEmpty ? .none : .rule(.sample(after: after)))
        }
        let all = [
            group("atms", after: ["stores"]), group("stores", after: ["lab", "canary"]),
            group("lab", after: ["canary"]), group("canary", after: []), group("alone", after: []),
        ]
        let names = GroupRollout.ordered(all).map(\.name.description)
        #expect(names == ["alone", "canary", "lab", "stores", "atms"])
        // Gates in a circle are wrong, and still shown.
        let circle = [group("a", after: ["b"]), group("b", after: ["a"])]
        #expect(GroupRollout.ordered(circle).count == 2)
    }
}
