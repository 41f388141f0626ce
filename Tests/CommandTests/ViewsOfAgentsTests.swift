import FleetCore
import FleetTesting
import Testing

/// What the operator recomputes is what the agents decide and say themselves.
struct ViewsOfAgentsTests {
    private func why(_ node: LocalNode) throws -> JSONValue {
        let result = try plimsoll("why", node.name, "--json", "--repository", "file://\(node.fleet.server)")
        try #require(result.exitCode == 0, "\(result.errorText)")
        return try JSONValue(parsing: result.output)
    }

    private func status(_ node: LocalNode) throws -> JSONValue {
        let result = try node.agent(["status", "--json"])
        try #require(result.exitCode == 0, "\(result.errorText)")
        return try #require(try JSONValue(parsing: result.output)["decision"])
    }

    /// The parts that both must tell alike; messages may differ in what only one of both can know.
    private func core(_ decision: JSONValue) -> [JSONValue?] {
        [
            decision["rule"], decision["declared"], decision["admitted"], decision["next"],
            .array(decision["reasons"]?.array?.compactMap { $0["code"] } ?? []),
            .array(
                decision["evidence"]?.array?.map {
                    ["node": $0["node"] ?? .null, "standing": $0["standing"] ?? .null]
                } ?? []),
        ]
    }

    @Test func theOperatorAndTheNodeSayTheSame() async throws {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(2, in: "canary")
        let stores = try fleet.enrol(1, in: "stores")
        try await fleet.converge(canaries + stores)
        let store = try #require(stores.first)
        #expect(try why(store)["rule"]?["number"]?.integer == 3)
        #expect(core(try why(store)) == core(try status(store)))

        try fleet.declare("till: 1.1-1")
        _ = try canaries[0].reconcile()
        let cycle = try store.reconcile()
        #expect(cycle.phase == .waiting)
        // The second canary has not moved; the store has seen the first one's report.
        let waiting = try why(store)
        #expect(waiting["rule"]?["number"]?.integer == 6)
        #expect(waiting["report"]?["agrees"]?.bool == true, "\(waiting)")
        #expect(core(waiting) == core(try status(store)))
        let codes = waiting["reasons"]?.array?.compactMap { $0["code"]?.string } ?? []
        #expect(Set(codes) == Set(cycle.codes.map(\.rawValue)))

        let text = try plimsoll("rollout", "--repository", "file://\(fleet.server)")
        #expect(text.exitCode == 0, "\(text.errorText)")
        #expect(text.text.contains("2 of 'canary' healthy for 1s: the gate opens"))

        try await fleet.converge(canaries + stores)
        // Proven is what was well in two successive cycles.
        for node in canaries + stores { _ = try node.reconcile() }
        #expect(core(try why(store)) == core(try status(store)))
        let watched = try plimsoll(
            "rollout", "--until-done", "--interval", "1s", "--repository", "file://\(fleet.server)")
        #expect(watched.exitCode == 0, "\(watched.errorText)")
    }

    @Test func theAgentsStatusAsksNobodyAndChangesNothing() async throws {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(1, in: "canary")
        let stores = try fleet.enrol(1, in: "stores")
        try await fleet.converge(canaries + stores)
        let bad = try fleet.declare("till: 2.0-1")
        _ = try canaries[0].reconcile()
        let cycle = try stores[0].reconcile()
        #expect(cycle.codes.contains(.canaryFailed), "\(cycle) after \(bad)")
        try Git.run("update-ref", "-d", "refs/heads/latest/canary-1", in: fleet.server)
        let before = stores[0].bytes(of: "\(stores[0].state)/state.json")
        let text = try stores[0].agent(["status"])
        #expect(text.exitCode == 0)
        #expect(text.text.contains("rule 6: the gate is not open"))
        #expect(text.text.contains("canary-1"))
        #expect(stores[0].bytes(of: "\(stores[0].state)/state.json") == before)
    }
}
