import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// The power is cut at every step of a rollout; whatever was reached, the node comes to a consistent end.
struct PowerCutTests {
    private static let b = Declaration("B", by: 2)

    /// A node on A, before B with two changed packages and a new one.
    private func world(installed: [String] = ["curl 1", "nginx 1", "vim 1"]) async throws -> World {
        let world = World(installed: installed)
        world.packages = [
            "A": ["curl": "1", "nginx": "1"],
            "B": ["curl": "2", "nginx": "2", "new": "1", "vim": "absent"],
        ]
        world.checks = [Check(.service("nginx"))]
        for _ in 0..<3 { try await world.cycle() }
        world.history = "A B"
        world.steps = 0
        return world
    }

    /// Runs cycles until the power is cut, starts the machine again, and runs until it rests.
    ///
    /// - Returns: whether the power was cut at all.
    private func cut(_ world: World, at step: Int) async throws -> Bool {
        world.cutAt = step
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        let wasCut = world.isDead
        world.restart()
        for _ in 0..<6 { try await world.cycle() }
        return wasCut
    }

    private func state(_ world: World) -> [String?] {
        ["curl", "nginx", "new", "vim"].map { world.version(of: $0) }
    }

    private func expectRest(_ world: World) async throws {
        let (saves, transactions) = (world.saves, world.applied.count)
        let outcome = try await world.cycle()
        #expect(outcome.decision.action == .rest)
        #expect(try world.memory.intent == nil)
        #expect(world.applied.count == transactions)
        #expect(world.saves == saves)
        #expect(world.installed.values.allSatisfy { $0.state == .installed })
        // Each report that is part of the chain names the one before it, without a gap.
        let reports = Dictionary(world.written.map { ($0.id, $0.report) }) { first, _ in first }
        var next = try world.memory.report.id
        var number = try world.memory.report.sequence
        while let id = next {
            let report = try #require(reports[id])
            #expect(report.sequence == number)
            (next, number) = (report.previous, number - 1)
        }
        #expect(number == 0)
    }

    @Test(arguments: 1..<25)
    func `a good change is finished`(step: Int) async throws {
        let world = try await world()
        _ = try await cut(world, at: step)
        #expect(state(world) == ["2", "2", "1", nil])
        #expect(try world.memory.admitted?.declaration == Self.b)
        #expect(try world.memory.failed == [])
        try await expectRest(world)
    }

    @Test(arguments: 1..<40)
    func `a change that fails its check is undone as a whole, and never finished`(step: Int) async throws {
        let world = try await world()
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version != .of("2") }
        world.cutAt = step
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        // Once it goes back, it has failed, whatever else comes.
        let goesBack = world.applied.joined().contains { $0.from == .of("2") }
        let hasFailed = try goesBack || world.memory.failed.contains { $0.failure.isFinal }
        world.restart()
        let transactions = world.applied.count
        for _ in 0..<6 { try await world.cycle() }
        #expect(state(world) == ["1", "1", nil, "1"])
        #expect(try world.memory.admitted?.declaration == Declaration("A", by: 1))
        #expect(try world.memory.failed.map(\.failure.declaration) == [Self.b])
        if hasFailed {
            let forward = world.applied[transactions...].joined().filter { $0.to == .of("2") }
            #expect(forward.isEmpty, "a declaration that had failed was carried on with")
        }
        try await expectRest(world)
    }

    @Test(arguments: 1..<40)
    func `a change whose script fails is undone as a whole`(step: Int) async throws {
        let world = try await world()
        world.badScripts = ["nginx": "2"]
        _ = try await cut(world, at: step)
        #expect(state(world) == ["1", "1", nil, "1"])
        #expect(try world.memory.failed.map(\.failure.declaration) == [Self.b])
        try await expectRest(world)
    }

    @Test(arguments: 1..<25)
    func `a rollback is finished`(step: Int) async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        world.history = "A B A"
        world.steps = 0
        _ = try await cut(world, at: step)
        #expect(state(world) == ["1", "1", nil, "1"])
        try await expectRest(world)
    }

    @Test func `a rollback that fails leaves what the first visit has installed`() async throws {
        // A itself has installed curl and nginx here.
        let world = try await world(installed: ["vim 1"])
        for _ in 0..<3 { try await world.cycle() }
        world.history = "A B A"
        world.badScripts = ["nginx": "1"]
        for _ in 0..<4 { try await world.cycle() }
        #expect(state(world) == ["2", "2", "1", nil])
        #expect(try world.memory.failed.map(\.failure.declaration) == [Declaration("A", by: 1)])
        try await expectRest(world)
    }

    @Test(arguments: 1..<25)
    func `what was interrupted is judged by its own checks where the repository says nothing`(
        step: Int
    ) async throws {
        let world = try await world()
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version.description != "2" }
        world.cutAt = step
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        world.restart()
        world.isMember = false
        for _ in 0..<3 { try await world.cycle() }
        #expect(state(world) == ["1", "1", nil, "1"])
        #expect(try world.memory.intent == nil)
    }

    @Test(arguments: 1..<25)
    func `what was interrupted is ended even under a hold`(step: Int) async throws {
        let world = try await world()
        world.cutAt = step
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        world.restart()
        world.holds = [Reason(.fleetHold, "stop")]
        for _ in 0..<3 { try await world.cycle() }
        let isOld = state(world) == ["1", "1", nil, "1"]
        let isNew = state(world) == ["2", "2", "1", nil]
        #expect(isOld || isNew, "half-patched: \(state(world))")
        #expect(try world.memory.intent == nil)
    }

    @Test func `what was interrupted and is offered nowhere any more does not wedge the node`() async throws {
        let world = try await world()
        world.cutAt = 7
        for _ in 0..<4 where !world.isDead { _ = try? await world.cycle() }
        world.restart()
        #expect(try world.memory.intent?.kind == .converge)
        world.planError = PackageError(.unavailable, "superseded")
        for _ in 0..<3 { try await world.cycle() }
        #expect(try world.memory.intent == nil)
        // The branch goes back, and so does the node.
        world.planError = nil
        world.history = "A B A"
        for _ in 0..<4 { try await world.cycle() }
        #expect(state(world) == ["1", "1", nil, "1"])
        try await expectRest(world)
    }
}
