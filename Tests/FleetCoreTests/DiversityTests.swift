import FleetCore
import FleetTesting
import Testing

/// Canaries of one site prove little for the others.
struct DiversityTests {
    private static let c = Declaration("C", by: 3)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var rule = GateRule.sample(
            healthy: "3", diversity: Diversity(label: "site", atLeast: 3))
        let canaries: [Canary]
        let verdict: GateAnswer.Verdict
        var codes: [Reason.Code] = []
        /// What the message of the last reason says.
        var words = ""
    }

    private static func healthy(_ name: String, _ site: String?) -> Canary {
        Canary.healthy(name, on: c).labelled(site.map { ["site": $0] } ?? [:])
    }

    private static let three = [healthy("a", "oslo"), healthy("b", "kiel"), healthy("c", "bonn")]

    static let cases = [
        Case(testDescription: "three sites", canaries: three, verdict: .open),
        Case(
            testDescription: "three nodes of two sites, and no other",
            canaries: [healthy("a", "oslo"), healthy("b", "kiel"), healthy("c", "kiel")],
            verdict: .waiting, codes: [.diversity],
            words: "the healthy nodes of 'canary' show 2 of 3 required values of 'site' (kiel, oslo); "
                + "no node has another"),
        Case(
            testDescription: "the third site is not there yet",
            canaries: [healthy("a", "oslo"), healthy("b", "kiel"), healthy("c", "kiel")] + [
                Canary("d", .none).labelled(["site": "bonn"])
            ], verdict: .waiting, codes: [.diversity], words: "(kiel, oslo); not there yet: bonn"),
        Case(
            testDescription: "too few are healthy, too",
            canaries: [Canary("d", .none).labelled(["site": "bonn"])], verdict: .waiting,
            codes: [.tooFewHealthy, .canaryBehind, .diversity], words: "(none); not there yet: bonn"),
        Case(
            testDescription: "a node without the label shows nothing",
            canaries: [healthy("a", "oslo"), healthy("b", "kiel"), healthy("c", nil)], verdict: .waiting,
            codes: [.diversity]),
        Case(
            testDescription: "another label is not compared",
            canaries: [
                healthy("a", "oslo"), healthy("b", "kiel"),
                Canary.healthy("c", on: c).labelled(["model": "bonn"]),
            ], verdict: .waiting, codes: [.diversity]),
        Case(
            testDescription: "a node on hold shows nothing",
            canaries: three.dropLast() + [healthy("c", "bonn").held(), healthy("d", "oslo")],
            verdict: .waiting, codes: [.diversity]),
        Case(
            testDescription: "a failure closes whatever the others show",
            canaries: three + [Canary.failed("d", on: c)], verdict: .closed, codes: [.canaryFailed]),
        Case(
            testDescription: "each group by itself",
            rule: .sample(
                after: ["canary", "lab"], healthy: "1", diversity: Diversity(label: "site", atLeast: 2)),
            canaries: three + [healthy("l", "bern").member(of: "lab")], verdict: .waiting,
            codes: [.diversity], words: "the healthy nodes of 'lab' show 1 of 2"),
    ]

    @Test(arguments: cases)
    func `a gate waits until its healthy canaries differ enough`(_ sample: Case) {
        let answer = sample.rule.answer(for: Self.c, on: .sample(sample.canaries), applied: [])
        #expect(answer.verdict == sample.verdict)
        #expect(answer.reasons.map(\.code) == sample.codes)
        #expect(sample.words.isEmpty || answer.reasons.last?.message.contains(sample.words) ?? false)
    }

    @Test func `a receipt carries it, and a rule without a part of it is no rule`() throws {
        let rule = GateRule.sample(diversity: Diversity(label: "site", atLeast: 3))
        #expect(GateRule(json: rule.json) == rule)
        #expect(GateRule(json: GateRule.sample().json) == .sample())
        var members = try #require(rule.json.object)
        members["diversity"] = ["label": "site"]
        #expect(GateRule(json: .object(members)) == nil)
    }
}
