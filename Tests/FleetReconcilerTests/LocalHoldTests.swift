import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Holds by files on the node, at each moment at which they can come.
struct LocalHoldTests {
    @Test(arguments: [1, 2])
    func `no change begins once somebody holds the node`(look: Int) async throws {
        let world = World(installed: [])
        world.heldAtLook = look
        let held = try await world.cycle()
        #expect(held.phase == .held && held.reasons.map(\.code) == [.localHold], "\(held.reasons)")
        #expect(world.applied.isEmpty)
        #expect(world.written.last?.report.phase == .held)
        // It counts for nothing: no attempt, no back-off, no intent.
        let memory = try world.memory
        #expect(memory.failed.isEmpty && memory.backOff == nil && memory.intent == nil)
        world.heldAtLook = nil
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `a hold that comes while the change is announced stops it`() async throws {
        let world = World(installed: [])
        world.heldAtLook = 4
        let held = try await world.cycle()
        #expect(held.phase == .held && world.applied.isEmpty, "\(held.reasons)")
        #expect(world.written.map(\.report.phase) == [.converging, .held])
        let memory = try world.memory
        #expect(memory.failed.isEmpty && memory.backOff == nil && memory.intent == nil)
        world.heldAtLook = nil
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `what was interrupted before any package changed obeys a hold that came since`() async throws {
        var met = 0
        for step in 1...30 {
            let world = World(installed: [])
            world.cutAt = step
            _ = try? await world.cycle()
            world.restart()
            guard try world.memory.intent != nil, world.applied.isEmpty, world.installed.isEmpty else {
                continue
            }
            met += 1
            world.heldAtLook = 1
            #expect(try await world.cycle().phase == .held)
            #expect(world.applied.isEmpty && world.installed.isEmpty, "cut at step \(step)")
            #expect(try world.memory.intent == nil)
            world.heldAtLook = nil
            #expect(try await world.cycle().phase == .converged)
        }
        #expect(met > 0)
    }

    @Test func `a hold that comes while the node claims its share ends the claim`() async throws {
        let world = World(installed: [])
        world.budget = Budget(unavailable: 1, per: "site")
        world.heldAtLook = 3
        let held = try await world.cycle()
        #expect(held.phase == .held && world.applied.isEmpty)
        let claim = try #require(world.ledger.own.first)
        let memory = try world.memory
        #expect(memory.claim == nil && memory.report.sent > claim.sequence)
    }
}
