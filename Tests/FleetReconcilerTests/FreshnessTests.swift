import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// A branch that stands still for longer than the fleet allows, by clocks that are right, wrong or unknown.
struct FreshnessTests {
    /// A node at rest, in a fleet that asks for a commit each two days; its cycles are an hour apart.
    private func settled() async throws -> World {
        let world = World()
        world.freshness = .of("48h")
        world.isWallKnown = false
        for _ in 0..<3 { try await world.cycle() }
        world.pace = 3_600
        return world
    }

    private func isStale(_ cycle: CycleOutcome) -> Bool { cycle.reasons.contains { $0.code == .stale } }

    @Test func `the node's own running time tells, and nothing else changes`() async throws {
        let world = try await settled()
        for _ in 0..<47 { #expect(isStale(try await world.cycle()) == false) }
        let saves = world.saves
        let stale = try await world.cycle()
        #expect(isStale(stale) && stale.phase == .converged && stale.decision.action == .rest)
        guard case .sent = stale.report else {
            Issue.record("\(stale.report)")
            return
        }
        #expect(world.saves > saves)
        let reports = world.written.count
        let again = try await world.cycle()
        #expect(isStale(again) && again.report == .notDue && world.written.count == reports)
        world.history = "A B"
        let news = try await world.cycle()
        #expect(!isStale(news) && news.phase == .converged)
        #expect(world.written.count > reports)
    }

    @Test func `a restart takes nothing away, nor gives anything`() async throws {
        let world = try await settled()
        for _ in 0..<30 { try await world.cycle() }
        world.bootAnew()
        for _ in 0..<16 { #expect(isStale(try await world.cycle()) == false) }
        var cycles = 0
        while !isStale(try await world.cycle()) {
            cycles += 1
            // What ran between the last writing and the restart is lost: at most a heartbeat.
            try #require(cycles <= 26)
        }
    }

    @Test func `a wall clock that is known to be right tells from the first cycle on`() async throws {
        let world = World()
        world.freshness = .of("48h")
        world.markDate = Timestamp(seconds: 1_800_000_000 - 2 * 86_400)
        #expect(isStale(try await world.cycle()))
        // Once said it stays, whatever becomes of the clock.
        world.isWallKnown = false
        #expect(isStale(try await world.cycle()))
        world.history = "A B"
        world.markDate = Timestamp(seconds: 1_800_000_000)
        #expect(isStale(try await world.cycle()) == false)
    }

    @Test func `a clock that is not known, or before the commit, tells nothing`() async throws {
        let world = World()
        world.freshness = .of("48h")
        world.isWallKnown = false
        world.markDate = Timestamp(seconds: 1_800_000_000 - 30 * 86_400)
        #expect(isStale(try await world.cycle()) == false)
        world.isWallKnown = true
        world.markDate = Timestamp(seconds: 1_800_000_000 + 30 * 86_400)
        #expect(isStale(try await world.cycle()) == false)
    }

    @Test func `a clock that was held back is found by the running time`() async throws {
        let world = try await settled()
        world.isWallKnown = true
        world.markDate = Timestamp(seconds: 1_800_000_000)
        for _ in 0..<48 {
            world.wallOffset -= 3_600
            try await world.cycle()
        }
        #expect(isStale(try await world.cycle()))
    }

    @Test func `a state of an older agent begins to count, and a restored one goes on`() async throws {
        let world = try await settled()
        for _ in 0..<40 { try await world.cycle() }
        let restored = world.disk
        var json = try #require(try world.memory.json.object)
        json["news"] = nil
        world.disk = JSONValue.object(json).documentBytes
        for _ in 0..<40 { #expect(isStale(try await world.cycle()) == false) }
        #expect(try world.memory.news != nil)
        world.disk = restored
        #expect(isStale(try await world.cycle()))
    }

    @Test func `nobody is asked where the fleet says nothing`() async throws {
        let world = try await settled()
        world.freshness = nil
        for _ in 0..<100 { #expect(isStale(try await world.cycle()) == false) }
    }
}
