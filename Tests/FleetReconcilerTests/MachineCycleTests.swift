import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// What is found on a machine through whole cycles, and other updaters that are stopped and put back.
struct MachineCycleTests {
    @Test func filesAreLookedForAfterAChangeAndAtNoOtherTime() async throws {
        let world = World()
        world.findings.found = [Finding(.conffileKept, package: "nginx", path: "/etc/x.dpkg-dist", "kept")]
        _ = try await world.cycle()
        #expect(world.scans == 1)
        #expect(world.written.last?.report.findings == world.findings.found)
        let saves = world.saves
        for _ in 0..<3 { _ = try await world.cycle() }
        let restSaves = world.saves
        _ = try await world.cycle()
        #expect(world.scans == 1 && world.saves == restSaves && restSaves >= saves)

        world.history = "A B"
        world.findings.found = []
        _ = try await world.cycle()
        #expect(world.scans == 2)
        #expect(world.written.last?.report.findings.isEmpty == true)
    }

    @Test func updatersAreStoppedWhereTheBaselineSaysSoAndPutBackOnce() async throws {
        let world = World()
        world.updaters = ["apt-daily.timer"]
        _ = try await world.cycle()
        #expect(world.updaters == ["apt-daily.timer"])

        world.updatersPolicy = .stop
        world.holds = [Reason(.groupHold, "wait")]
        _ = try await world.cycle()
        #expect(world.updaters == ["apt-daily.timer"], "a hold stops this as well")
        world.holds = []
        _ = try await world.cycle()
        #expect(world.updaters.isEmpty)
        #expect(try world.memory.stoppedUpdaters.map(\.unit) == ["apt-daily.timer"])
        // One that comes with a package is stopped, too.
        world.updaters = ["packagekit.service"]
        _ = try await world.cycle()
        #expect(world.updaters.isEmpty)

        world.updatersPolicy = .report
        _ = try await world.cycle()
        #expect(Set(world.updaters) == ["apt-daily.timer", "packagekit.service"])
        #expect(try world.memory.stoppedUpdaters == [])
    }

    @Test func `of a unit that is gone it is said once, and the others are put back`() async throws {
        let world = World()
        world.updaters = ["apt-daily.timer", "packagekit.service"]
        world.updatersPolicy = .stop
        _ = try await world.cycle()
        world.goneUpdaters = ["apt-daily.timer"]
        world.updatersPolicy = .report
        for _ in 0..<2 { _ = try await world.cycle() }
        #expect(world.updaters == ["packagekit.service"])
        #expect(world.restoredUpdaters == 2)
        #expect(try world.memory.stoppedUpdaters == [])
    }

    @Test func `a power cut between two units leaves none behind, and all are put back`() async throws {
        let units = ["apt-daily-upgrade.timer", "apt-daily.timer", "packagekit.service"]
        var cut = 0
        var wasCut = true
        var halves = 0
        while wasCut {
            cut += 1
            let world = World()
            for _ in 0..<3 { _ = try await world.cycle() }
            world.updaters = units
            world.updatersPolicy = .stop
            world.cutAt = world.steps + cut
            _ = try? await world.cycle()
            wasCut = world.isDead
            if (1..<units.count).contains(world.updaters.count) { halves += 1 }
            world.restart()
            _ = try await world.cycle()
            #expect(world.updaters.isEmpty, "cut at step \(cut)")
            world.cutAt = world.steps + cut
            world.isMember = false
            _ = try? await world.cycle()
            world.restart()
            _ = try await world.cycle()
            #expect(Set(world.updaters) == Set(units), "cut at step \(cut)")
            #expect(try world.memory.stoppedUpdaters == [])
        }
        #expect(halves == units.count - 1)
    }

    @Test func aNodeThatLeavesPutsThemBack() async throws {
        let world = World()
        world.updaters = ["apt-daily.timer"]
        world.updatersPolicy = .stop
        _ = try await world.cycle()
        #expect(world.updaters.isEmpty)
        world.isMember = false
        _ = try await world.cycle()
        #expect(world.updaters == ["apt-daily.timer"])
        #expect(try world.memory.stoppedUpdaters == [])
    }
}
