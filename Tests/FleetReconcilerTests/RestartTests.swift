import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Services that run old code after a change.
struct RestartTests {
    private func world(_ services: [String: String]) async throws -> World {
        let world = World(installed: ["nginx 1"])
        for _ in 0..<2 { try await world.cycle() }
        world.history = "A B"
        world.services = services
        return world
    }

    @Test func `what the baseline lists is restarted once, before the checks judge it`() async throws {
        let world = try await world(["nginx": "nginx.service"])
        world.restartable = ["ngin*"]
        world.checks = [Check(.service("nginx"))]
        world.isWell = { [unowned world] _, installed in
            installed[.of("nginx:amd64")]?.version.description == "1" || world.restarted == ["nginx.service"]
        }
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
        #expect(world.restarted == ["nginx.service"])
        #expect(try world.memory.restarts == nil)
        let looks = world.looksAtServices
        try await world.cycle()
        #expect(world.looksAtServices == looks)
    }

    @Test func `what it does not list is reported, and no soak begins before the restart`() async throws {
        let world = try await world(["nginx": "nginx.service"])
        let outcome = try await world.cycle()
        #expect(outcome.phase == .rebootRequired)
        #expect(outcome.reasons.map(\.code) == [.restartPending])
        let report = try #require(world.written.last?.report)
        #expect(report.packages.findings.map(\.state) == [.pendingRestart])
        #expect(report.availability == .inChange)
        #expect(!report.reboot.isRequired)
        let saves = world.saves
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.restarted.isEmpty)
        #expect(world.saves == saves)
        #expect(try world.memory.wellness == nil)
        world.outdated = []
        #expect(try await world.cycle().phase == .converged)
        try await world.cycle()
        #expect(try world.memory.proven.contains { $0.declaration == Declaration("B", by: 2) })
    }

    @Test func `one that goes on with old code is restarted no second time`() async throws {
        let world = try await world(["nginx": "nginx.service"])
        world.restartable = ["nginx"]
        world.stubborn = ["nginx.service"]
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.restarted == ["nginx.service"])
        #expect(world.written.last?.report.reasons.map(\.code) == [.restartPending])
        world.history = "A B C"
        try await world.cycle()
        #expect(world.restarted.count == 2)
    }

    @Test func `a bus is never restarted, and comes with the reboot`() async throws {
        let world = try await world(["nginx": "dbus.service"])
        world.restartable = ["*"]
        let outcome = try await world.cycle()
        #expect(world.restarted.isEmpty)
        #expect(outcome.reasons.map(\.code) == [.rebootRequired, .rebooting])
        #expect(world.asked == [1])
        #expect(try await world.cycle().phase == .converged)
        #expect(try world.memory.restarts == nil)
    }

    @Test func `the agent's own service comes last, when the report is out`() async throws {
        let world = try await world(["nginx": "plimsoll-agent.service"])
        world.restartable = ["plimsoll-agent"]
        try await world.cycle()
        #expect(world.restarted.isEmpty)
        #expect(world.restartedLater == ["plimsoll-agent.service"])
        world.outdated = []
        #expect(try await world.cycle().phase == .converged)
        #expect(world.restartedLater.count == 1)
    }

    @Test func `an undone change restarts again what runs the code that was taken back`() async throws {
        let world = try await world(["nginx": "nginx.service"])
        world.restartable = ["nginx"]
        world.checks = [Check(.service("nginx"))]
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version.description == "1" }
        let outcome = try await world.cycle()
        #expect(outcome.phase == .rolledBack)
        #expect(world.restarted == ["nginx.service", "nginx.service"])
        #expect(world.outdated.isEmpty)
    }

    @Test func `what cannot be told now is asked again`() async throws {
        let world = try await world(["nginx": "nginx.service"])
        world.restartable = ["nginx"]
        world.serviceError = MachineError("no /proc")
        try await world.cycle()
        #expect(try world.memory.restarts == PendingRestarts())
        world.serviceError = nil
        try await world.cycle()
        #expect(world.restarted == ["nginx.service"])
        #expect(try world.memory.restarts == nil)
    }
}
