import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// The power is cut at every step of a change under a budget.
struct BudgetPowerCutTests {
    private func world() async throws -> World {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        world.budget = Budget(unavailable: 1, per: "site")
        world.history = "A B"
        world.steps = 0
        return world
    }

    /// How the node's own claim stands for everybody else.
    private func state(_ world: World) -> Claimant.State? {
        let report = world.written.last { world.pushed.contains($0.id) }?.report
        return world.ledger.own.last.map {
            Claimant(claim: $0, testimony: report.map { .report($0) } ?? .none).state
        }
    }

    private func cut(_ world: World, at step: Int) async {
        world.cutAt = step
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        // Whoever has changed anything has claimed, and counts.
        if world.version(of: "nginx") != "1" { #expect(!world.ledger.own.isEmpty) }
        if world.applied.count > 1, (try? world.memory.intent) != nil { #expect(state(world) == .inChange) }
        world.restart()
    }

    @Test(arguments: 1..<20)
    func `the change is finished with one claim, which is ended`(step: Int) async throws {
        let world = try await world()
        await cut(world, at: step)
        for _ in 0..<6 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "2")
        #expect(world.ledger.own.count == 1)
        #expect(state(world) == .ended)
        #expect(try world.memory.claim == nil)
        let saves = world.saves
        try await world.cycle()
        #expect(world.saves == saves)
    }

    @Test(arguments: 1..<20)
    func `a claim without a move is ended when the node may not move any more`(step: Int) async throws {
        let world = try await world()
        await cut(world, at: step)
        world.holds = [Reason(.groupHold, "stop")]
        for _ in 0..<4 { try await world.cycle() }
        #expect(state(world) == nil || state(world) == .ended)
        #expect(try world.memory.claim == nil)
        #expect(try world.memory.intent == nil)
    }

    @Test(arguments: 1..<20)
    func `a claim that was made before others filled the budget holds`(step: Int) async throws {
        let world = try await world()
        await cut(world, at: step)
        let hasClaimed = !world.ledger.own.isEmpty
        world.ledger.others = [.other("atm-2")]
        for _ in 0..<6 { try await world.cycle() }
        let hasMoved = world.version(of: "nginx") == "2"
        #expect(hasMoved == hasClaimed)
        #expect(world.ledger.own.count == (hasClaimed ? 1 : 0))
        #expect(try world.memory.claim == nil)
    }
}
