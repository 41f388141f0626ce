import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// What a waiting node downloads ahead.
struct PrefetchTests {
    /// A node that has reached A and may not have B yet: no window is open.
    private func waiting(_ history: String = "A B") async throws -> World {
        let world = World(installed: [])
        try await world.cycle()
        try await world.cycle()
        world.windows = [Window(days: [.sun], start: 0, end: 60, zone: .utc)]
        world.history = history
        world.plans = 0
        return world
    }

    @Test func `what is declared is downloaded once, while the node waits`() async throws {
        let world = try await waiting()
        #expect(try await world.cycle().phase == .waiting)
        #expect(world.downloaded.map { $0.targets[.of("nginx:amd64")]?.description } == ["2"])
        let saves = world.saves
        #expect(try await world.cycle().phase == .waiting)
        #expect(world.plans == 1 && world.saves == saves)
        #expect(world.version(of: "nginx") == "1")
        // The next declaration takes its place, and what the first one needed goes.
        world.history = "A B C"
        try await world.cycle()
        #expect(world.downloaded.map { $0.targets[.of("nginx:amd64")]?.description } == ["3"])
        world.windows = []
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "3" && world.downloaded.isEmpty)
    }

    @Test func `nothing is downloaded where nothing may be admitted, or only what is admitted`() async throws
    {
        let forbid: [(World) -> Void] = [
            { $0.mayAdmit = false }, { $0.prefetch = .admitted },
            { $0.holds = [Reason(.groupHold, "the telephones ring")] }, { $0.isMember = false },
        ]
        for set in forbid {
            let world = try await waiting()
            set(world)
            try await world.cycle()
            #expect(world.downloaded.isEmpty && world.plans == 0)
        }
    }

    @Test func `a hold keeps what was downloaded`() async throws {
        let world = try await waiting()
        try await world.cycle()
        let downloaded = world.downloaded
        world.holds = [Reason(.groupHold, "the telephones ring")]
        try await world.cycle()
        #expect(world.downloaded == downloaded && !downloaded.isEmpty)
    }

    @Test func `a download ahead that fails is no news, and is tried again ever more rarely`() async throws {
        let world = try await waiting()
        world.downloadError = PackageError(.sourceUnreachable, "the line is down")
        for _ in 0..<12 {
            let outcome = try await world.cycle()
            #expect(outcome.phase == .waiting && outcome.reasons.map(\.code) == [.window])
        }
        // After 1, 2, 4 and 8 intervals.
        #expect(world.plans == 4)
        #expect(try world.memory.backOff == nil)
        world.downloadError = nil
        for _ in 0..<8 { try await world.cycle() }
        #expect(world.downloaded.count == 1 && world.plans == 5)
        #expect(try world.memory.prefetchBackOff == nil)
    }

    @Test func `nothing is removed before all of what is declared is there`() async throws {
        let world = try await waiting()
        try await world.cycle()
        let downloaded = world.downloaded
        #expect(downloaded.count == 1)
        // Of the next one a part may be there, and what it needs is known only once it is whole.
        world.history = "A B C"
        world.downloadError = PackageError(.sourceUnreachable, "the line went down half-way")
        try await world.cycle()
        #expect(world.downloaded == downloaded)
        world.downloadError = nil
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.downloaded.count == 1 && world.downloaded != downloaded)
    }

    @Test func `what failed here is not downloaded again`() async throws {
        let world = try await waiting()
        world.windows = []
        world.badScripts = ["nginx": "2"]
        try await world.cycle()
        world.plans = 0
        #expect(try await world.cycle().phase == .rolledBack)
        #expect(world.plans == 0 && world.downloaded.isEmpty)
    }
}
