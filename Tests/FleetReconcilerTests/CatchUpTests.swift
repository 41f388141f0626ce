import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Nodes that come late: dark for weeks, new in the middle of a rollout, or behind merges that come faster than
/// soaks end.
struct CatchUpTests {
    private static let a = Declaration("A", by: 1)
    private static let b = Declaration("B", by: 2)
    private static let soak = TimeSpan(seconds: 3_600)
    private static let gate = GateSetting.rule(GateRule(after: [.of("canary")], soak: soak))

    /// What a store knows of one canary, by its newest report.
    private func evidence(_ report: Report?, of world: World) -> Evidence {
        let testimony = report.map { CanaryEvidence.Testimony.report($0, id: .number(7)) } ?? .none
        let canary = CanaryEvidence(
            node: .of("canary-1"), isHeld: false, testimony: testimony, lastNews: .zero)
        let entries = world.membership.versions.mapValues { Set($0.baseline.entries.map(\.key)) }
        return Evidence(
            groups: [.of("canary"): [canary]], watching: .zero, firstSeen: [:], heartbeat: .of("24h"),
            entries: entries)
    }

    /// The versions of nginx that a node has had, one after the other.
    private func versions(_ world: World) -> [String] {
        world.applied.joined().compactMap { $0.to?.description }
    }

    @Test func `a node that was dark for weeks never installs what was soaked and then reverted`()
        async throws
    {
        let store = World()
        store.gate = Self.gate
        store.evidence = evidence(.sample(admitted: Self.a, proven: [Self.a: 3_600]), of: store)
        for _ in 0..<3 { try await store.cycle() }
        // While it is dark: B soaks, C soaks and is reverted, D has just reached the canary.
        store.history = "A B C B D"
        let d = Declaration("D", by: 5)
        let soaked: [Declaration: Int64] = [Self.b: 9_999, Declaration("C", by: 3): 9_999]
        store.evidence = evidence(
            .sample(admitted: d, proven: soaked.merging([d: 60]) { $1 }), of: store)
        let outcome = try await store.cycle()
        #expect(try store.memory.admitted?.declaration == Self.b)
        #expect(outcome.reasons.contains { $0.code == .canarySoaking })
        for _ in 0..<3 { try await store.cycle() }
        store.evidence = evidence(
            .sample(admitted: d, proven: soaked.merging([d: 3_600]) { $1 }), of: store)
        try await store.cycle()
        #expect(try store.memory.admitted?.declaration == d)
        #expect(versions(store) == ["1", "2", "4"])
    }

    @Test(
        arguments: [
            ([], nil), (["A"], "1"), (["A", "B"], "2"), (["B"], "2"), (["A", "B", "C"], "3"),
        ] as [([String], String?)])
    func `a node that is new in the middle of a rollout takes the newest that its gate lets through`(
        soaked: [String], version: String?
    ) async throws {
        let node = World()
        node.history = "A B C"
        node.gate = Self.gate
        let all = ["A": Self.a, "B": Self.b, "C": Declaration("C", by: 3)]
        var proven: [Declaration: Int64] = [:]
        for (letter, declaration) in all { proven[declaration] = soaked.contains(letter) ? 3_600 : 60 }
        node.evidence = evidence(.sample(admitted: all["C"], proven: proven), of: node)
        try await node.cycle()
        #expect(node.version(of: "nginx") == version)
    }

    /// Merges a new baseline every half hour, where a soak takes an hour, and returns what a store behind the
    /// canary has had.
    private func rollout(_ supersede: Supersede) async throws -> [String] {
        let canary = World()
        canary.soaks = [Self.soak]
        canary.supersede = supersede
        let store = World()
        store.gate = Self.gate
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H"]
        for merges in 1...letters.count {
            canary.history = letters.prefix(merges).joined(separator: " ")
            store.history = canary.history
            for _ in 0..<6 {
                try await canary.cycle()
                store.evidence = evidence(canary.written.last?.report, of: store)
                try await store.cycle()
            }
        }
        return versions(store)
    }

    @Test func `merges faster than soaks starve the groups behind, unless the canaries end their soaks`()
        async throws
    {
        #expect(try await rollout(.newest) == [])
        // A soak outlasts two merges: the canary takes A, C, E and G, and has ended three soaks by then.
        let finished = try await rollout(.finish)
        #expect(finished == ["1", "3", "5"])
    }
}
