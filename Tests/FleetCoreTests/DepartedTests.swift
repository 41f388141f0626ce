import FleetCore
import FleetTesting
import Testing

/// A failure stays whatever is done with the node: held, moved, removed or set up anew.
struct DepartedTests {
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var rule = GateRule.sample(healthy: "1")
        let canaries: [Canary]
        let verdict: GateAnswer.Verdict
        var codes: [Reason.Code] = []
    }

    private static let well = Canary.healthy("well", on: c)

    static let cases = [
        Case(
            testDescription: "it failed, and was moved",
            canaries: [well, .failed("a", on: c).departed(from: c)],
            verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "it failed, was moved, and its report is gone",
            canaries: [
                well, Canary("a", .rejected("gone")).remembered(failing: c).departed(from: c),
            ], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "it failed, and was set up anew",
            canaries: [well, Canary.healthy("a", on: c).remembered(failing: c)], verdict: .closed,
            codes: [.canaryFailed]),
        Case(
            testDescription: "it failed, and is on hold",
            canaries: [well, Canary.failed("a", on: c).held()], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "it had left before the declaration that it calls failed",
            canaries: [well, .failed("a", on: c).departed(from: b)], verdict: .open),
        Case(
            testDescription: "who has left vouches for nothing",
            canaries: [Canary.healthy("a", on: c).departed(from: c)], verdict: .waiting,
            codes: [.tooFewHealthy]),
        Case(
            testDescription: "who has left is not waited for", rule: .sample(),
            canaries: [well, Canary("a", .none).departed(from: c)], verdict: .open),
        Case(
            testDescription: "a share of failures is one of the group as it was",
            rule: .sample(healthy: "1", failures: "50%"),
            canaries: [well, .failed("a", on: c).departed(from: c)], verdict: .open),
        Case(
            testDescription: "a fault of the history, shown by one who has left, is not told twice",
            canaries: [well, Canary("a", .fork(.number(9))).departed(from: c)], verdict: .open),
    ]

    @Test(arguments: cases)
    func `who has left a group counts for its failures only`(_ sample: Case) {
        let answer = sample.rule.answer(for: Self.c, on: .sample(sample.canaries), applied: [])
        #expect(answer.verdict == sample.verdict)
        #expect(answer.reasons.map(\.code) == sample.codes)
    }

    @Test func `a receipt says who had left, and a reader of before reads it all the same`() throws {
        let canaries = [Self.well, Canary("a", .none).departed(from: Self.c)]
        let answer = GateRule.sample().answer(for: Self.c, on: .sample(canaries), applied: [])
        #expect(answer.witnesses.map(\.hasLeft) == [true, false])
        for witness in answer.witnesses {
            #expect(GateAnswer.Witness(json: witness.json) == witness)
            #expect((witness.json["left"]?.bool ?? false) == witness.hasLeft)
        }
    }

    @Test func `an entry that only a node which has left would have is covered by nobody`() {
        let well = Canary(
            "well",
            .sample(node: "well", admitted: Self.c, proven: [Self.c: 14_400], notApplicable: ["bind9"]))
        let left = Canary.healthy("left", on: Self.c).departed(from: Self.c)
        let answer = GateRule.sample().answer(
            for: Self.c, on: .sample([well, left]), applied: [.of("bind9")])
        #expect(answer.reasons.map(\.code) == [.uncovered])
    }
}
