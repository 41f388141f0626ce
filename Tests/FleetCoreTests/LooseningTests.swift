import FleetCore
import FleetTesting
import Testing

/// What counts as a gate, or waves, that were loosened.
struct LooseningTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var old = GateRule.sample()
        var new = GateRule.sample()
        var sizes = ["canary": 10]
        var sentences: [String] = []
    }

    private static let three = Diversity(label: "site", atLeast: 3)

    static let gates = [
        Case(testDescription: "nothing"),
        Case(
            testDescription: "fewer healthy", new: .sample(healthy: "90%"),
            sentences: ["'healthy' goes from 100% to 90%"]),
        Case(testDescription: "more healthy", old: .sample(healthy: "90%")),
        Case(
            testDescription: "a count that is less than the share", new: .sample(healthy: "9"),
            sentences: ["'healthy' goes from 100% to 9"]),
        Case(testDescription: "a count that is the share", new: .sample(healthy: "10")),
        Case(
            testDescription: "a count that cannot be compared", new: .sample(healthy: "10"), sizes: [:],
            sentences: ["'healthy' goes from 100% to 10"]),
        Case(
            testDescription: "a shorter soak", new: .sample(soak: "1h"),
            sentences: ["'soak' goes from 4h to 1h"]),
        Case(testDescription: "a longer soak", new: .sample(soak: "5h")),
        Case(
            testDescription: "more failures", new: .sample(failures: "1"),
            sentences: ["'failures' goes from 0 to 1"]),
        Case(
            testDescription: "a share of failures that allows one", old: .sample(failures: "1"),
            new: .sample(failures: "20%"), sentences: ["'failures' goes from 1 to 20%"]),
        Case(testDescription: "fewer failures", old: .sample(failures: "3")),
        Case(
            testDescription: "silence excuses", new: .sample(silence: .leave(after: .of("72h"))),
            sentences: ["'silence' goes from hold to 3d"]),
        Case(
            testDescription: "silence excuses sooner", old: .sample(silence: .leave(after: .of("72h"))),
            new: .sample(silence: .leave(after: .of("24h"))), sentences: ["'silence' goes from 3d to 24h"]),
        Case(testDescription: "silence holds", old: .sample(silence: .leave(after: .of("72h")))),
        Case(
            testDescription: "uncovered", new: .sample(allowsUncovered: true),
            sentences: ["'uncovered' goes from wait to allow"]),
        Case(
            testDescription: "no diversity", old: .sample(diversity: three),
            sentences: ["'diversity' does not ask for 3 values of 'site' any more"]),
        Case(
            testDescription: "another diversity", old: .sample(diversity: three),
            new: .sample(diversity: Diversity(label: "model", atLeast: 3)),
            sentences: ["'diversity' does not ask for 3 values of 'site' any more"]),
        Case(
            testDescription: "less diversity", old: .sample(diversity: three),
            new: .sample(diversity: Diversity(label: "site", atLeast: 2)),
            sentences: ["'diversity' goes from 3 to 2 values of 'site'"]),
        Case(testDescription: "a diversity", new: .sample(diversity: three)),
        Case(
            testDescription: "a group less", old: .sample(after: ["canary", "lab"]),
            sentences: ["'after' does not name 'lab' any more"]),
        Case(testDescription: "a group more", new: .sample(after: ["canary", "lab"])),
        Case(
            testDescription: "several", new: .sample(healthy: "1%", soak: "1s"),
            sentences: ["'healthy' goes from 100% to 1%", "'soak' goes from 4h to 1s"]),
    ]

    @Test(arguments: gates)
    func `a gate that became weaker is told key by key`(_ sample: Case) {
        let sizes = Dictionary(uniqueKeysWithValues: sample.sizes.map { (GroupName.of($0.key), $0.value) })
        #expect(sample.new.loosenings(from: sample.old, sizes: sizes) == sample.sentences)
    }

    @Test func `a gate that is dropped is loosened, one that is broken is not`() {
        let rule = GateSetting.rule(.sample())
        #expect(GateSetting.none.loosenings(from: rule) == ["the gate is dropped"])
        #expect(GateSetting.broken("x").loosenings(from: rule) == [])
        #expect(GateSetting.none.loosenings(from: .broken("x")) == [])
        #expect(rule.loosenings(from: .none) == [])
    }

    private static func waves(_ steps: [String], pauses: Set<Int> = [], healthy: String = "90%") -> Waves {
        Waves(
            steps: steps.map { .of($0) }, pauses: pauses, healthy: .of(healthy), soak: .of("30m"),
            failures: .of("2%"), silence: .hold)
    }

    @Test(
        arguments: [
            (waves(["10%", "50%", "100%"]), nil, ["the waves are dropped"]),
            (nil, waves(["100%"]), []),
            (waves(["10%", "100%"]), waves(["10%", "50%", "100%"]), []),
            (waves(["10%", "50%", "100%"]), waves(["10%", "100%"]), ["step 2 goes from 50% to 100%"]),
            (waves(["10%", "50%", "100%"]), waves(["20%", "50%", "100%"]), ["step 1 goes from 10% to 20%"]),
            (waves(["10%", "50%", "100%"]), waves(["5%", "20%", "100%"]), []),
            // A first wave of 5 of 100 nodes is less than a tenth, one of 20 is more.
            (waves(["10%", "100%"]), waves(["5", "100%"]), []),
            (waves(["10%", "100%"]), waves(["20", "100%"]), ["step 1 goes from 10% to 20"]),
            (
                waves(["10%", "100%"]), waves(["10%", "100%"], healthy: "50%"),
                ["'healthy' goes from 90% to 50%"]
            ),
            (
                waves(["10%", "100%"], pauses: [1]), waves(["10%", "100%"]),
                ["step 2 does not wait for a person any more"]
            ),
            (waves(["10%", "100%"]), waves(["10%", "100%"], pauses: [1]), []),
        ] as [(Waves?, Waves?, [String])])
    func `waves that became fewer, larger or milder are loosened`(
        old: Waves?, new: Waves?, sentences: [String]
    ) {
        #expect(Waves.loosenings(from: old, to: new, nodes: 100) == sentences)
    }
}
