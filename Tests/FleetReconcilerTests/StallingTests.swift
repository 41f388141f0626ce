import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// The package manager works on past its deadline: the node says so, again and again, and waits.
struct StallingTests {
    /// A node on A, before B.
    private func world() async throws -> World {
        let world = World(installed: ["nginx 1"])
        world.packages = ["A": ["nginx": "1"], "B": ["nginx": "2"]]
        for _ in 0..<3 { try await world.cycle() }
        world.history = "A B"
        return world
    }

    private let hour = TimeSpan(seconds: 3_600)
    private let look = TimeSpan(seconds: 300)

    @Test func `it is reported at once, then with each heartbeat, and the change is ended`() async throws {
        let world = try await world()
        let before = world.written.count
        world.stalls = [hour, look, look, TimeSpan(seconds: 86_400), look]
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
        #expect(world.version(of: "nginx") == "2")
        let reports = world.written[before...].map(\.report)
        #expect(reports.map(\.phase) == [.converging, .stalled, .stalled, .converged])
        #expect(reports.map(\.sequence) == Array(before + 1...before + 4))
        let stalled = reports[1]
        #expect(stalled.reasons.map(\.code) == [.managerStalled])
        #expect(stalled.reasons[0].message.contains("postinst of nginx (process 101)"))
        #expect(
            stalled.findings.map(\.message) == [
                "100 apt-get, sleeping, for 1h", "  101 postinst of nginx, sleeping, for 1h",
            ])
        #expect(stalled.transaction?.result == .begun)
        #expect(reports[3].findings.isEmpty)
    }

    @Test func `a report that could not be sent is sent when the manager is looked at again`() async throws {
        let world = try await world()
        world.push = .unreachable("no line")
        world.pushed = []
        world.onStall = { world.push = $0 == 1 ? .unreachable("no line") : .pushed }
        world.stalls = [hour, look, look]
        try await world.cycle()
        // The stalled one, and the one at the end: what had been sent is not sent again.
        let sent = world.pushed.compactMap { id in world.written.first { $0.id == id }?.report.phase }
        #expect(sent == [.stalled, .converged])
    }

    @Test func `what goes wrong with the report does not end the wait`() async throws {
        let world = try await world()
        world.writeError = StatusError("no space")
        world.stalls = [hour, look]
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "2")
        #expect(outcome.phase == .converged)
    }

    @Test(arguments: [(TimeSpan(seconds: 7_200), Phase.stalled), (TimeSpan(seconds: 60), .blocked)])
    func `a manager that outlives the agent is found by the next cycle`(
        age: TimeSpan, phase: Phase
    ) async throws {
        let world = try await world()
        world.stalls = [hour]
        world.onStall = { _ in world.isDead = true }
        _ = try? await world.cycle()
        world.onStall = { _ in }
        world.restart()
        world.atWork = World.manager(for: age)
        for _ in 0..<7 {
            let outcome = try await world.cycle()
            #expect(outcome.phase == phase)
            #expect(outcome.reasons.contains { $0.code == .packagesLocked })
            #expect(try world.memory.intent != nil)
        }
        #expect(world.written.last?.report.findings.isEmpty == (phase == .blocked))
        // To wait for it is no interruption: the change is ended, not undone.
        world.atWork = nil
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
    }
}
