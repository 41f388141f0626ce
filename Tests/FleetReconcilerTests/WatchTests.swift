import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// A node whose gate silence may open looks at its canaries also while nothing is declared.
struct WatchTests {
    private static let lenient = GateSetting.rule(
        GateRule(after: [.of("canary")], soak: .of("4h"), silence: .leave(after: .of("72h"))))
    private static let strict = GateSetting.rule(GateRule(after: [.of("canary")], soak: .of("4h")))

    /// A node at rest on A.
    private func settled(gate: GateSetting) async throws -> World {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        world.gate = gate
        world.pace = 3_600
        return world
    }

    @Test func `once a heartbeat at rest, and what was seen is durable`() async throws {
        let world = try await settled(gate: Self.lenient)
        for _ in 0..<49 { try await world.cycle() }
        #expect(world.needs == Array(repeating: .gate([.of("canary")]), count: 3))
        let running = try world.memory.running
        let last = try #require(try world.memory.watchedAt)
        #expect(running.total(at: .at(world.clock)) - last < .of("24h"))
    }

    @Test func `nobody, where silence opens no gate`() async throws {
        let world = try await settled(gate: Self.strict)
        let saves = world.saves
        for _ in 0..<20 { try await world.cycle() }
        #expect(world.needs == [] && world.saves == saves)
        #expect(try world.memory.watchedAt == nil)
    }

    @Test func `a look that came to nothing is none`() async throws {
        let world = try await settled(gate: Self.lenient)
        world.evidenceCondition = Reason(.remoteAway, "for a test")
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.needs.count == 3)
        #expect(try world.memory.watchedAt == nil)
    }

    @Test func `also while a person holds the node`() async throws {
        let world = try await settled(gate: Self.lenient)
        world.holds = [Reason(.nodeHold, "stop")]
        try await world.cycle()
        #expect(world.needs.count == 1)
    }

    @Test func `what is declared after a dark time counts as seen when the node last looked`() async throws {
        let world = try await settled(gate: Self.lenient)
        try await world.cycle()
        let looked = try #require(try world.memory.watchedAt)
        world.evidenceCondition = Reason(.remoteAway, "for a test")
        for _ in 0..<100 { try await world.cycle() }
        world.history = "A B"
        try await world.cycle()
        #expect(try world.memory.firstSeen[Declaration("B", by: 2)] == looked)
    }
}
