import FleetCore
import FleetPackages
import FleetTesting
import Testing

/// Where the older version comes from when a patch is undone, and the sources have moved on.
struct UndoSourceTests {
    @Test func aSourceThatMovedWithTheBadPatchIsUndoneFromWhereItWas() async throws {
        let fleet = try await LocalFleet([LocalFleet.till("1.0-1")])
        let canary = try fleet.enrol(1, in: "canary")[0]
        try await fleet.converge([canary])
        // As with dated snapshots: the same name, another place, and only the newest there.
        let moved = try await SandboxRepository(path: fleet.folder.path("moved"))
        try await moved.add([LocalFleet.till("2.0-1")])
        try fleet.write(moved.sourceList, to: "sources/shop.sources")
        try fleet.declare("till: 2.0-1")
        let cycle = try canary.reconcile()
        #expect(cycle.phase == .rolledBack, "\(cycle)")
        #expect(try canary.installed == ["till": "1.0-1"])
    }

    @Test func aVersionThatNoSourceHasAnyMoreIsOfferedAgainByACommit() async throws {
        let fleet = try await LocalFleet([LocalFleet.till("1.0-1")])
        let canary = try fleet.enrol(1, in: "canary")[0]
        try await fleet.converge([canary])
        // A mirror that keeps only the newest.
        try await fleet.packages.add([LocalFleet.till("2.0-1")])
        try await fleet.packages.remove([LocalFleet.till("1.0-1")])
        // Nothing can be kept, and the baseline says that this is no matter.
        try runSuccessfully(["rm", "-r", "\(canary.state)/packages", "\(canary.state)/apt"])
        try canary.configure(besides: "keptPackages: 0KiB")
        try fleet.declare("till: 2.0-1", besides: ["irreversible: allow"])
        let stuck = try canary.reconcile()
        #expect(stuck.phase == .blocked && stuck.message(.packageUnavailable).contains("1.0-1"), "\(stuck)")

        let archive = try await SandboxRepository(path: fleet.folder.path("archive"))
        try await archive.add([LocalFleet.till("1.0-1"), LocalFleet.till("1.2-1")])
        try fleet.write(archive.sourceList, to: "sources/archive.sources")
        let baseline = LocalFleet.baseline(["till: 1.2-1"], besides: ["irreversible: allow"])
        try fleet.write(
            baseline.replacing("sources: [shop]", with: "sources: [shop, archive]"), to: "baselines/deb.yaml")
        try fleet.publish("Offer what was taken away")
        try await fleet.converge([canary])
        #expect(try canary.installed == ["till": "1.2-1"])
    }
}
