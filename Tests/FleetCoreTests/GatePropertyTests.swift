import FleetCore
import FleetTesting
import Testing

/// What holds for every gate and all evidence, tried on seeded random ones.
struct GatePropertyTests {
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)
    private static let applied = ["src:a", "src:b", "src:c"]

    private func canary(_ index: Int, _ generator: inout SeededGenerator) -> Canary {
        let name = "node-\(index)"
        let group = generator.one(of: ["canary", "lab", "other"])
        let admitted = generator.one(of: [Self.b, Self.c, nil])
        let report = Report.sample(
            node: name, group: group, admitted: admitted,
            proven: generator.once(in: 2) ? [Self.c: Int64(generator.below(20_000))] : [:],
            failed: generator.once(in: 8) ? [Self.c] : [],
            phase: generator.one(of: [.converged, .waiting, .degraded, .held, .blocked, .unknown]),
            reasons: generator.once(in: 5) ? [generator.one(of: Reason.Code.allCases)] : [],
            notApplicable: Self.applied.filter { _ in generator.once(in: 3) })
        let testimony: CanaryEvidence.Testimony =
            switch generator.below(8) {
            case 0: .none
            case 1: generator.one(of: [.rejected("x"), .peerAhead(.number(9)), .fork(.number(9))])
            default: .report(report, id: .number(0xabc))
            }
        var canary = Canary(name, testimony).member(of: group)
        canary.isHeld = generator.once(in: 6)
        if generator.once(in: 4) { canary.lastNews = TimeSpan(seconds: Int64(generator.below(1_000_000))) }
        return canary
    }

    private func rule(_ generator: inout SeededGenerator) -> GateRule {
        .sample(
            after: generator.one(of: [["canary"], ["canary", "lab"]]),
            healthy: generator.one(of: ["1", "2", "50%", "90%", "100%"]),
            soak: generator.one(of: ["0s", "1h", "4h"]),
            failures: generator.one(of: ["0", "1", "20%", "100%"]),
            silence: generator.one(of: [.hold, .leave(after: .of("72h"))]),
            allowsUncovered: generator.once(in: 2))
    }

    private func answer(_ rule: GateRule, _ canaries: [Canary]) -> GateAnswer {
        rule.answer(
            for: Self.c,
            on: .sample(
                canaries, firstSeen: [Self.c: 600_000], entries: [Self.b: ["src:a", "src:b"]]),
            applied: Self.applied.map { .of($0) })
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `one more failure never opens the gate`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rule = rule(&generator)
        var canaries = (0..<(1 + generator.below(8))).map { canary($0, &generator) }
        let before = answer(rule, canaries)
        let index = generator.below(canaries.count)
        var failed = Canary.failed(canaries[index].name, on: Self.c).member(of: canaries[index].group)
        failed.isHeld = canaries[index].isHeld
        failed.lastNews = canaries[index].lastNews
        canaries[index] = failed
        let after = answer(rule, canaries)
        #expect(before.verdict == .open || after.verdict != .open)
        #expect(before.verdict != .closed || after.verdict == .closed)
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `more health never closes the gate, nor stops what was open`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rule = rule(&generator)
        var canaries = (0..<(1 + generator.below(8))).map { canary($0, &generator) }
        let before = answer(rule, canaries)
        let index = generator.below(canaries.count)
        var healthy = Canary.healthy(canaries[index].name, on: Self.c, for: 20_000)
            .member(of: canaries[index].group)
        healthy.isHeld = canaries[index].isHeld
        canaries[index] = healthy
        let after = answer(rule, canaries)
        #expect(before.verdict != .open || after.verdict == .open)
        #expect(before.verdict == .closed || after.verdict != .closed)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `without anybody healthy in each group no gate opens`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rule = rule(&generator)
        let canaries = (0..<generator.below(9)).map { canary($0, &generator) }
        let answer = answer(rule, canaries)
        for group in rule.after {
            let isVouched = answer.witnesses.contains {
                $0.group == group && $0.standing == .healthy && !$0.isHeld
            }
            #expect(isVouched || answer.verdict != .open)
        }
        #expect(answer.verdict == .open || !answer.reasons.isEmpty, "a refusal without a reason")
        #expect(answer.verdict != .open || answer.reasons.isEmpty)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `the order of the evidence is irrelevant`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rule = rule(&generator)
        let canaries = (0..<8).map { canary($0, &generator) }
        #expect(answer(rule, canaries) == answer(rule, canaries.shuffled(using: &generator)))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `putting a node on hold never makes a failure go away`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rule = rule(&generator)
        let canaries = (0..<(1 + generator.below(8))).map { canary($0, &generator) }
        let before = answer(rule, canaries)
        let after = answer(rule, canaries.map { $0.held() })
        #expect((before.verdict == .closed) == (after.verdict == .closed))
        #expect(after.verdict != .open)
    }
}
