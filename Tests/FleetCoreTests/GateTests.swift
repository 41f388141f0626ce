import FleetCore
import FleetTesting
import Testing

/// The gate: open, closed or waiting, from the evidence alone.
struct GateTests {
    static let b = Declaration("B", by: 2)
    static let c = Declaration("C", by: 3)
    static let d = Declaration("D", by: 4)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var rule = GateRule.sample()
        var canaries: [Canary]
        var firstSeen: [Declaration: Int64] = [:]
        let verdict: GateAnswer.Verdict
        /// The codes of the reasons, in their order.
        var codes: [Reason.Code] = []
    }

    private static func healthy(_ numbers: ClosedRange<Int>) -> [Canary] {
        numbers.map { Canary.healthy("canary-\($0)", on: c) }
    }

    static let counting = [
        Case(testDescription: "all healthy", canaries: healthy(1...10), verdict: .open),
        Case(
            testDescription: "no evidence", canaries: [], verdict: .waiting, codes: [.tooFewHealthy]),
        Case(
            testDescription: "nobody has reported", canaries: [Canary("a", .none)], verdict: .waiting,
            codes: [.tooFewHealthy, .canaryBehind]),
        Case(
            testDescription: "one is missing", canaries: healthy(1...9) + [Canary("a", .none)],
            verdict: .waiting, codes: [.tooFewHealthy, .canaryBehind]),
        Case(
            testDescription: "nine of ten suffice", rule: .sample(healthy: "90%"),
            canaries: healthy(1...9) + [Canary("a", .none)], verdict: .open),
        Case(
            testDescription: "a share is rounded up", rule: .sample(healthy: "90%"),
            canaries: healthy(1...9) + [Canary("a", .none), Canary("b", .none)], verdict: .waiting,
            codes: [.tooFewHealthy, .canaryBehind]),
        Case(
            testDescription: "a count suffices", rule: .sample(healthy: "2"),
            canaries: healthy(1...2) + [Canary("a", .none)], verdict: .open),
        Case(
            testDescription: "a count that the group does not have", rule: .sample(healthy: "3"),
            canaries: healthy(1...2), verdict: .waiting, codes: [.tooFewHealthy]),
        Case(
            testDescription: "nobody required opens nothing", rule: .sample(healthy: "0"),
            canaries: healthy(1...2), verdict: .waiting, codes: [.tooFewHealthy]),
        Case(
            testDescription: "0 % required opens nothing", rule: .sample(healthy: "0%"),
            canaries: healthy(1...2), verdict: .waiting, codes: [.tooFewHealthy]),
        Case(
            testDescription: "no group at all", rule: .sample(after: []), canaries: healthy(1...2),
            verdict: .waiting, codes: [.gateBroken]),
        Case(
            testDescription: "a group that is unknown", rule: .sample(after: ["canary", "other"]),
            canaries: healthy(1...2), verdict: .waiting, codes: [.tooFewHealthy]),
    ]

    static let failing = [
        Case(
            testDescription: "one failed", rule: .sample(healthy: "50%"),
            canaries: healthy(1...9) + [.failed("a", on: c)], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "as many failed as may", rule: .sample(healthy: "90%", failures: "1"),
            canaries: healthy(1...9) + [.failed("a", on: c)], verdict: .open),
        Case(
            testDescription: "a share may fail", rule: .sample(healthy: "80%", failures: "10%"),
            canaries: healthy(1...9) + [.failed("a", on: c)], verdict: .open),
        Case(
            testDescription: "more than the share failed", rule: .sample(healthy: "50%", failures: "10%"),
            canaries: healthy(1...8) + [.failed("a", on: c), .failed("b", on: c)], verdict: .closed,
            codes: [.canaryFailed]),
        Case(
            testDescription: "a failure of another declaration", rule: .sample(healthy: "90%"),
            canaries: healthy(1...9) + [.failed("a", on: b)], verdict: .open),
        Case(
            testDescription: "closed outweighs waiting", canaries: [.failed("a", on: c), Canary("b", .none)],
            verdict: .closed, codes: [.canaryFailed]),
    ]

    static let holding = [
        Case(
            testDescription: "a held node leaves the share",
            canaries: healthy(1...9) + [Canary("a", .none).held()], verdict: .open),
        Case(
            testDescription: "canary-3 fails, and the operator holds it to look at it",
            canaries: healthy(1...9) + [Canary.failed("a", on: c).held()], verdict: .closed,
            codes: [.canaryFailed]),
        Case(
            testDescription: "canary-3 is degraded, and the operator holds it to look at it",
            canaries: healthy(1...9) + [
                Canary(
                    "a", .sample(node: "a", admitted: c, phase: .held, reasons: [.nodeHold, .checkFailed])
                ).held()
            ], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "a held node's health is no evidence", rule: .sample(healthy: "2"),
            canaries: healthy(1...1) + [Canary.healthy("a", on: c).held()], verdict: .waiting,
            codes: [.tooFewHealthy]),
        Case(
            testDescription: "all on hold", canaries: healthy(1...2).map { $0.held() }, verdict: .waiting,
            codes: [.tooFewHealthy]),
    ]

    static let silence = [
        Case(
            testDescription: "the patch that kills the network card of half the canaries",
            rule: .sample(silence: .leave(after: .of("72h"))),
            canaries: healthy(1...5) + (6...10).map { Canary("c-\($0)", .none).silent(since: 700_000) },
            firstSeen: [c: 650_000], verdict: .waiting, codes: [.tooFewHealthy, .canarySilent]),
        Case(
            testDescription: "canaries that were dark long before",
            rule: .sample(silence: .leave(after: .of("72h"))),
            canaries: healthy(1...5) + (6...10).map { Canary("c-\($0)", .none).silent(since: 100) },
            firstSeen: [c: 650_000], verdict: .open),
        Case(
            testDescription: "dark canaries hold the gate where the rule says so",
            canaries: healthy(1...5) + [Canary("a", .none).silent(since: 100)], firstSeen: [c: 650_000],
            verdict: .waiting, codes: [.tooFewHealthy, .canarySilent]),
        Case(
            testDescription: "a failed one does not leave by silence",
            rule: .sample(silence: .leave(after: .of("72h"))),
            canaries: healthy(1...5) + [Canary.failed("a", on: c).silent(since: 100)],
            firstSeen: [c: 650_000], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "all dark", rule: .sample(silence: .leave(after: .zero)),
            canaries: [Canary("a", .none).silent(since: 100)], firstSeen: [c: 650_000], verdict: .waiting,
            codes: [.tooFewHealthy]),
    ]

    static let trusting = [
        Case(
            testDescription: "an old proof does not open the gate of a revert's revert",
            canaries: [Canary("a", .sample(admitted: d, proven: [Declaration("C", by: 9): 99_999]))],
            verdict: .waiting, codes: [.tooFewHealthy, .canaryBehind]),
        Case(
            testDescription: "ahead", canaries: [Canary("a", .peerAhead(.number(9)))], verdict: .waiting,
            codes: [.tooFewHealthy, .peerAhead]),
        Case(
            testDescription: "another history", canaries: [Canary("a", .fork(.number(9)))],
            verdict: .waiting, codes: [.tooFewHealthy, .fork]),
        Case(
            testDescription: "not believed", canaries: [Canary("a", .rejected("forged"))],
            verdict: .waiting, codes: [.tooFewHealthy, .canaryRejected]),
        Case(
            testDescription: "nobody is told nothing: a check was bad before",
            canaries: [Canary("a", .sample(admitted: c, reasons: [.checkFailedBefore]))],
            verdict: .waiting, codes: [.tooFewHealthy, .canaryUnfit]),
        Case(
            testDescription: "kernel installed, not booted",
            canaries: [Canary("a", .sample(admitted: c, phase: .rebootRequired))], verdict: .waiting,
            codes: [.tooFewHealthy, .canarySoaking]),
    ]

    static let groups = [
        Case(
            testDescription: "each group by itself", rule: .sample(after: ["canary", "lab"], healthy: "50%"),
            canaries: healthy(1...9) + [Canary("l-1", .none).member(of: "lab")], verdict: .waiting,
            codes: [.tooFewHealthy, .canaryBehind]),
        Case(
            testDescription: "both healthy", rule: .sample(after: ["canary", "lab"]),
            canaries: healthy(1...2) + [Canary.healthy("l-1", on: c).member(of: "lab")], verdict: .open),
        Case(
            testDescription: "a failure in one closes both",
            rule: .sample(after: ["canary", "lab"], healthy: "50%", failures: "10%"),
            canaries: healthy(1...100) + [
                Canary.failed("l-1", on: c).member(of: "lab"), Canary.healthy("l-2", on: c).member(of: "lab"),
            ], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "a failure in a group that the gate does not look at",
            canaries: healthy(1...2) + [Canary.failed("l-1", on: c).member(of: "lab")], verdict: .open),
    ]

    @Test(arguments: counting + failing + holding + silence + trusting + groups)
    func `the gate answers by its rule`(_ sample: Case) {
        let evidence = Evidence.sample(sample.canaries, firstSeen: sample.firstSeen)
        let answer = sample.rule.answer(for: Self.c, on: evidence, applied: [])
        #expect(answer.verdict == sample.verdict)
        #expect(answer.reasons.map(\.code) == sample.codes)
        let seen = sample.canaries.filter { sample.rule.after.contains(.of($0.group)) }
        #expect(Set(answer.witnesses.map(\.node.description)) == Set(seen.map(\.name)))
    }

    struct Cover: CustomTestStringConvertible {
        let testDescription: String
        var rule = GateRule.sample()
        let canaries: [Report]
        var entries: [Declaration: [String]] = [:]
        let uncovered: Int
    }

    static let covers = [
        Cover(
            testDescription: "a canary has every entry",
            canaries: [.sample(admitted: c, proven: [c: 14_400])], uncovered: 0),
        Cover(
            testDescription: "60 sources, no canary runs bind9",
            canaries: [.sample(admitted: c, proven: [c: 14_400], notApplicable: ["src:bind9"])],
            uncovered: 1),
        Cover(
            testDescription: "allowed",
            rule: .sample(allowsUncovered: true),
            canaries: [.sample(admitted: c, proven: [c: 14_400], notApplicable: ["src:bind9"])],
            uncovered: 0),
        Cover(
            testDescription: "two canaries together",
            canaries: [
                .sample(node: "a", admitted: c, proven: [c: 14_400], notApplicable: ["src:bind9"]),
                .sample(node: "b", admitted: c, proven: [c: 14_400], notApplicable: ["src:openssl"]),
            ], uncovered: 0),
        Cover(
            testDescription: "a canary that is not healthy covers nothing", rule: .sample(healthy: "50%"),
            canaries: [
                .sample(node: "a", admitted: c, proven: [c: 14_400], notApplicable: ["src:bind9"]),
                .sample(node: "b", admitted: c, proven: [c: 14_399]),
            ], uncovered: 1),
        Cover(
            testDescription: "a canary that has moved on, and has it still",
            canaries: [.sample(admitted: d, proven: [c: 14_400, d: 1])],
            entries: [d: ["src:openssl", "src:bind9", "src:new"]], uncovered: 0),
        Cover(
            testDescription: "a canary that has moved on to what has it no more",
            canaries: [.sample(admitted: d, proven: [c: 14_400, d: 1])], entries: [d: ["src:openssl"]],
            uncovered: 1),
        Cover(
            testDescription: "a canary that has moved on to what cannot be read here",
            canaries: [.sample(admitted: d, proven: [c: 14_400, d: 1])], uncovered: 2),
        Cover(
            testDescription: "a canary that has nothing any more",
            canaries: [.sample(admitted: nil, proven: [c: 14_400])], uncovered: 2),
        Cover(
            testDescription: "an entry that is left out on the canary since it was proven",
            canaries: [
                .sample(admitted: c, proven: [c: 14_400]).leavingOut("src:bind9", .excepted)
            ], uncovered: 1),
        Cover(
            testDescription: "a canary whose list was cut covers nothing",
            canaries: [.sample(admitted: c, proven: [c: 14_400]).cuttingNotApplicable()], uncovered: 2),
    ]

    @Test(arguments: covers)
    func `an entry that no healthy canary has makes the gate wait`(_ cover: Cover) {
        let canaries = cover.canaries.enumerated().map { Canary("canary-\($0.offset)", $0.element) }
        let evidence = Evidence.sample(canaries, entries: cover.entries)
        let answer = cover.rule.answer(
            for: Self.c, on: evidence, applied: [.of("src:openssl"), .of("src:bind9")])
        #expect(answer.verdict == (cover.uncovered == 0 ? .open : .waiting))
        #expect(answer.reasons.first?.count ?? 0 == cover.uncovered)
        #expect(answer.reasons.allSatisfy { $0.code == .uncovered })
    }
}

extension Report {
    /// The same report, with one entry left out on the node.
    fileprivate func leavingOut(_ key: String, _ state: EntryState) -> Report {
        var report = self
        report.packages.findings.append(
            EntryFinding(key: .of(key), state: state, wanted: "2", found: "1"))
        return report
    }

    fileprivate func cuttingNotApplicable() -> Report {
        var report = self
        report.packages.notApplicableOmitted = 3
        return report
    }
}
