import FleetCore
import FleetTesting
import Testing

/// In which order a group moves, and where its waves end.
struct WavePlanTests {
    private static let digest = Digest(of: Array("a baseline".utf8))

    private static func names(_ count: Int) -> [NodeName] { (0..<count).map { .of("atm-\($0)") } }

    @Test func `the order is that of SHA-256 over digest, zero and name, for ever`() {
        // As computed by: printf '%s\0%s' DIGEST NAME | sha256sum
        let plan = WavePlan(digest: Self.digest, nodes: Self.names(6), steps: [.percent(100)])
        #expect(Self.digest.hex == "fb5667fd99c70af93e3e1fa646ccf349bce4c87b6be084160e9df402601dc323")
        #expect(plan.order.map(\.description) == ["atm-5", "atm-1", "atm-2", "atm-0", "atm-4", "atm-3"])
    }

    @Test(arguments: [
        (3, "10% 100%", [1, 2]), (10, "10% 50% 100%", [1, 4, 5]), (300, "10% 50% 100%", [30, 120, 150]),
        (1, "10% 50% 100%", [1, 0, 0]), (4, "1 2 100%", [1, 1, 2]), (7, "50% 100%", [4, 3]),
        // A count beyond the group, and a share below a count before it, add nobody.
        (4, "10 100%", [4, 0]), (10, "5 10% 100%", [5, 0, 5]), (0, "10% 100%", [0, 0]),
    ])
    func `a wave ends after its share, rounded up, and has at least one node`(
        count: Int, steps: String, sizes: [Int]
    ) {
        let plan = WavePlan(
            digest: Self.digest, nodes: Self.names(count),
            steps: steps.split(separator: " ").map { .of(String($0)) })
        #expect((0..<plan.count).map { plan.wave($0).count } == sizes)
    }

    @Test func `every node is in one wave, whatever order the names come in`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let count = Int.random(in: 1...80, using: &generator)
            let names = Self.names(count)
            let steps = [Quota.percent(Int.random(in: 1...99, using: &generator)), .percent(100)]
            let plan = WavePlan(digest: Self.digest, nodes: names.shuffled(using: &generator), steps: steps)
            #expect(plan == WavePlan(digest: Self.digest, nodes: names, steps: steps))
            #expect(Set(plan.order) == Set(names))
            for name in names {
                let wave = try #require(plan.wave(of: name))
                #expect(plan.wave(wave).contains(name))
            }
        }
        let stranger = WavePlan(digest: Self.digest, nodes: Self.names(3), steps: [.percent(100)])
        #expect(stranger.wave(of: .of("stranger")) == nil)
    }

    @Test func `another digest makes another order`() {
        let other = WavePlan(
            digest: Digest(of: [1]), nodes: Self.names(50), steps: [.percent(100)])
        #expect(
            other.order != WavePlan(digest: Self.digest, nodes: Self.names(50), steps: [.percent(100)]).order)
    }

    @Test func `a wave has at most 32 witnesses, and those on hold beside them`() {
        let plan = WavePlan(
            digest: Self.digest, nodes: Self.names(200), steps: [.percent(50), .percent(100)])
        #expect(plan.witnesses(of: 0) { _ in false } == Array(plan.order[..<32]))
        #expect(plan.witnesses(of: 1) { _ in false } == Array(plan.order[100..<132]))
        let held = Set(plan.order[0..<3])
        #expect(plan.witnesses(of: 0) { held.contains($0) } == Array(plan.order[..<35]))
        #expect(plan.witnesses(of: 0) { _ in true }.count == 64)
    }
}
