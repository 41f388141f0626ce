import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// Going back, whatever has become of the mirror.
struct KeptPackagesTests {
    /// A fleet with a node that has till 1.0-1, declared, and a mirror that keeps only the newest.
    private func fleetWithNode(newest: String) async throws -> (LocalFleet, LocalNode) {
        let fleet = try await LocalFleet([LocalFleet.till("1.0-1")])
        let node = try fleet.enrol(1, in: "canary")[0]
        try await fleet.converge([node])
        try await fleet.packages.add([LocalFleet.till(newest)])
        try await fleet.packages.remove([LocalFleet.till("1.0-1")])
        return (fleet, node)
    }

    /// A node on which somebody has installed a till that no source has, and a fleet that declares another
    /// one.
    private func adoptedNode() async throws -> (LocalFleet, LocalNode) {
        let fleet = try await LocalFleet(
            [LocalFleet.till("0.9-1"), LocalFleet.till("1.0-1"), LocalFleet.till("2.0-1")],
            declaring: ["till: 1.0-1"])
        let node = try fleet.enrol("canary-1", in: "canary")
        try node.install(LocalFleet.till("0.9-1"))
        try await fleet.packages.remove([LocalFleet.till("0.9-1")])
        try fleet.publish("Enrol a machine that is at work")
        return (fleet, node)
    }

    /// A folder with every program of the system but `dpkg-repack`.
    private func toolsWithoutRepack(in fleet: LocalFleet) throws -> String {
        let tools = try fleet.folder.makeFolder("tools")
        let link = "ln -sf /usr/bin/* /usr/sbin/* . && rm dpkg-repack"
        try runSuccessfully(["sh", "-c", link], in: tools)
        return tools
    }

    @Test func aFailedPatchIsUndoneThoughTheMirrorHasDroppedTheOldVersion() async throws {
        let (fleet, node) = try await fleetWithNode(newest: "2.0-1")
        try fleet.declare("till: 2.0-1")
        let cycle = try node.reconcile()
        #expect(cycle.phase == .rolledBack, "\(cycle)")
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aRevertNeedsNoMirror() async throws {
        let (fleet, node) = try await fleetWithNode(newest: "1.1-1")
        try fleet.declare("till: 1.1-1")
        try await fleet.converge([node])
        #expect(try node.installed == ["till": "1.1-1"])
        try runSuccessfully(["rm", "-r", fleet.packages.path, "\(node.state)/apt"])
        try fleet.revert()
        #expect(try node.reconcile("--dry-run").exitCode == 2)
        let cycle = try node.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        #expect(try node.installed == ["till": "1.0-1"])
        // And what is missing afterwards is repaired from what is kept.
        try node.dpkg(["--remove", "till"])
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func whatNoSourceEverHadIsRebuiltAndComesBack() async throws {
        let (fleet, node) = try await adoptedNode()
        try fleet.declare("till: 2.0-1")
        let cycle = try node.reconcile()
        // Nothing was admitted before.
        #expect(cycle.phase == .failed, "\(cycle)")
        #expect(try node.installed == ["till": "0.9-1"])
        let status = try runSuccessfully(["dpkg-query", "--admindir=\(node.database)", "--status", "till"])
        #expect(status.text.contains("Plimsoll-Rebuilt: yes"))
    }

    @Test func whatCouldNotBeUndoneIsRefusedUnlessTheBaselineAllowsIt() async throws {
        let (fleet, node) = try await adoptedNode()
        let tools = try toolsWithoutRepack(in: fleet)
        try node.configure(besides: "searchPath: \(tools)")
        let refused = try node.reconcile()
        #expect(refused.exitCode == 1 && refused.phase == .blocked, "\(refused)")
        for part in ["till", "0.9-1", "install 'dpkg-repack'", "irreversible: allow"] {
            #expect(refused.message(.irreversible).contains(part), "\(refused)")
        }
        #expect(try node.installed == ["till": "0.9-1"])
        let report = try fleet.report(of: node)
        #expect(report.failed.isEmpty && report.reasons.contains { $0.code == .irreversible })

        try fleet.declare("till: 1.0-1", besides: ["irreversible: allow"])
        try await fleet.converge([node])
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aCycleThatIsKilledWhileItKeepsBeginsAnew() async throws {
        let (fleet, node) = try await adoptedNode()
        let tools = try toolsWithoutRepack(in: fleet)
        try node.configure(besides: "searchPath: \(tools)")
        // It has written half a tree, says so, and waits for a reader that never comes.
        let pipe = fleet.folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let begun = fleet.folder.path("begun")
        try fleet.folder.write(
            "#!/bin/sh\nmkdir -p half/DEBIAN\necho half >half/DEBIAN/control.new\necho $$ >\(begun).new\n"
                + "mv \(begun).new \(begun)\nexec cat \(pipe)\n", to: "tools/dpkg-repack", mode: 0o755)
        let agent = try node.startAgent("reconcile")
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while !FileManager.default.fileExists(atPath: begun), clock.now < deadline { usleep(5_000) }
        let repack = try #require(Int32(try fleet.folder.read("begun").filter(\.isNumber)))
        #expect(agent.end(by: SIGKILL) == 128 + SIGKILL)
        kill(repack, SIGKILL)
        #expect(!FileManager.default.fileExists(atPath: "\(node.state)/packages/manifest.json"))
        #expect(try node.installed == ["till": "0.9-1"])

        try node.configure()
        let cycle = try node.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        let kept = try FileManager.default.subpathsOfDirectory(atPath: "\(node.state)/packages")
        #expect(kept.filter { $0.hasSuffix(".deb") }.count == 2 && !kept.contains { $0.contains("half") })
        try fleet.declare("till: 2.0-1")
        #expect(try node.reconcile().phase == .rolledBack)
        #expect(try node.installed == ["till": "1.0-1"])
    }
}
