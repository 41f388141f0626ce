import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// A transaction that takes effect only after a reboot, and who makes that reboot.
struct RebootTests {
    /// A node on A, with B declared whose nginx needs a reboot.
    private func world() async throws -> World {
        let world = World(installed: ["nginx 1"])
        world.checks = [Check(.service("nginx"))]
        world.needsReboot = ["nginx"]
        for _ in 0..<2 { try await world.cycle() }
        world.history = "A B"
        return world
    }

    private static let b = Declaration("B", by: 2)

    @Test func `the reboot is announced and counted first, and ends the transaction`() async throws {
        let world = try await world()
        let outcome = try await world.cycle()
        #expect(outcome.phase == .rebootRequired)
        #expect(outcome.reasons.map(\.code) == [.rebootRequired, .rebooting])
        #expect(world.asked == [1])
        let announced = try #require(world.written.last)
        #expect(world.pushed.last == announced.id)
        #expect(announced.report.bootID == "boot-1")
        #expect(announced.report.reboot.count == 1)
        #expect(announced.report.packages.findings.map(\.state) == [.pendingReboot])
        #expect(announced.report.availability == .inChange)
        let memory = try world.memory
        #expect(memory.admitted?.progress == .begun)
        #expect(memory.unsettled?.declaration == Self.b)
        #expect(memory.reboots.map(\.count) == [1])
        // The boot id of the next report proves that it happened.
        let after = try await world.cycle()
        #expect(after.phase == .converged)
        #expect(world.written.last?.report.bootID == "boot-2")
        #expect(try world.memory.unsettled == nil)
        #expect(try world.memory.admitted?.progress == .reached)
        #expect(try world.memory.proven.allSatisfy { $0.declaration != Self.b })
        try await world.cycle()
        #expect(try world.memory.proven.contains { $0.declaration == Self.b })
        #expect(world.asked == [1])
    }

    @Test func `what is bad after the reboot and was well before the change undoes it`() async throws {
        let world = try await world()
        try await world.cycle()
        world.isWell = { [unowned world] _, installed in
            world.boot == 1 || installed[.of("nginx:amd64")]?.version.description != "2"
        }
        world.pace = 60
        // Right after a boot a service may still be coming up.
        try await world.cycle()
        #expect(world.version(of: "nginx") == "2")
        #expect(try world.memory.unsettled != nil)
        world.pace = 300
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(outcome.phase == .rolledBack)
        #expect(try world.memory.failed.first?.failure.isFinal == true)
        #expect(try world.memory.unsettled == nil)
        // What was put back needs a reboot as well, counted for what is admitted again.
        #expect(try world.memory.reboots.map(\.declaration).contains(Declaration("A", by: 1)))
        world.pace = 300
        try await world.cycle()
        #expect(world.asked == [1, 2])
    }

    @Test func `after the reboot a check has its time to settle, as after a change`() async throws {
        let world = try await world()
        world.checks = [
            Check(.service("nginx"), settle: TimeSpan(seconds: 900)),
            Check(.service("bad"), isRequired: true),
            Check(.service("wanted"), isRequired: false),
        ]
        world.isWell = { check, _ in check != "service bad" }
        try await world.cycle()
        world.isWell = { [unowned world] check, _ in check != "service bad" && world.boot == 1 }
        world.settled = []
        // Longer after the boot than services may take to come up: a bad check would count.
        world.timeToSettle = TimeSpan(seconds: 600)
        world.pace = 1_000
        try await world.cycle()
        #expect(world.settled.first == ["service nginx"])
        #expect(world.version(of: "nginx") == "2")
        #expect(try world.memory.unsettled == nil && world.memory.failed.isEmpty)
    }

    @Test func `three reboots are made for a declaration, and more after a changed retry`() async throws {
        let world = try await world()
        world.rebootIsInVain = true
        var outcome = try await world.cycle()
        for _ in 0..<6 { outcome = try await world.cycle() }
        #expect(world.asked == [1, 2, 3])
        #expect(outcome.phase == .rebootRequired)
        #expect(outcome.reasons.map(\.code) == [.rebootRequired, .rebootsExhausted])
        // Each was announced by a report of its own.
        let counts = world.written.map(\.report).filter { report in
            report.reasons.contains { $0.code == .rebooting }
        }.map(\.reboot.count)
        #expect(counts == [1, 2, 3])
        let saves = world.saves
        try await world.cycle()
        #expect(world.saves == saves)
        world.retry = "again"
        try await world.cycle()
        #expect(world.asked == [1, 2, 3, 4])
    }

    @Test func `a machine that does not go down is asked again, and that counts once`() async throws {
        let world = try await world()
        world.rebootsWhenAsked = false
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.asked == [1])
        #expect(world.written.last?.report.reasons.map(\.code) == [.rebootRequired])
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.asked == [1, 1])
        #expect(try world.memory.reboots.map(\.count) == [1])
    }

    struct Stop: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (World) -> Void
        let words: String
    }

    @Test(arguments: [
        Stop(testDescription: "never", set: { $0.rebootPolicy = .never }, words: "'reboot: never'"),
        Stop(
            testDescription: "a hold", set: { $0.holds = [Reason(.nodeHold, "stop")] },
            words: "end of the hold"),
        Stop(
            testDescription: "a shut window",
            set: { $0.windows = [Window(days: [.sun], start: 0, end: 1, zone: .utc)] }, words: "no window"),
        Stop(
            testDescription: "another root",
            set: { $0.rebootObstacle = "the root '/x' is not the system that runs here" }, words: "'/x'"),
    ])
    func `nothing reboots`(stop: Stop) async throws {
        let world = try await world()
        world.rebootObstacle = "not yet"
        try await world.cycle()
        world.rebootObstacle = nil
        stop.set(world)
        let outcome = try await world.cycle()
        #expect(world.asked.isEmpty)
        #expect(try world.memory.reboots.isEmpty)
        #expect(outcome.reasons.contains { $0.code == .rebootRequired && $0.message.contains(stop.words) })
        // It is the person's boot that proves it then.
        world.bootAnew()
        world.holds = []
        try await world.cycle()
        #expect(try world.memory.admitted?.progress == .reached)
    }

    @Test func `packages go back at once, and the reboot waits for the window`() async throws {
        let world = try await world()
        try await world.cycle()
        for _ in 0..<3 { try await world.cycle() }
        world.windows = [Window(days: [.sun], start: 0, end: 60, zone: .utc)]
        world.history = "A B A"
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(world.asked == [1])
        #expect(outcome.phase == .rebootRequired)
        #expect(outcome.reasons.contains { $0.message.contains("no window is open") })
        world.windows = []
        try await world.cycle()
        #expect(world.asked == [1, 2])
    }

    @Test func `a payment that begins after the decision keeps the machine up`() async throws {
        let world = try await world()
        world.rebootObstacle = "not yet"
        try await world.cycle()
        world.rebootObstacle = nil
        world.heldAtLook = 2
        try await world.cycle()
        #expect(world.asked.isEmpty)
        #expect(try world.memory.reboots.isEmpty)
        world.heldAtLook = nil
        try await world.cycle()
        #expect(world.asked == [1])
    }

    @Test func `after a power cut at any step it ends well, by one more reboot at most`() async throws {
        for cut in 1..<60 {
            let world = try await world()
            world.cutAt = world.steps + cut
            do { try await world.cycle() } catch {}
            guard world.isDead else { break }
            world.restart()
            for _ in 0..<4 { try await world.cycle() }
            #expect(world.version(of: "nginx") == "2", "cut at \(cut)")
            #expect(try world.memory.admitted?.progress == .reached, "cut at \(cut)")
            #expect(try world.memory.unsettled == nil)
            #expect(world.asked.count <= 2)
        }
    }
}
