import FleetCore
import FleetPackages
import FleetTesting
import Testing

/// What single lines of a baseline, of a group's or of a node's file do to one node. It is a node of the
/// group `canary`, which moves at once.
struct EntryTests {
    private func node(
        of fleet: LocalFleet, foreignArchitectures: [String] = [], besides: String = ""
    ) throws -> LocalNode {
        let node = try fleet.enrol(
            "canary-1", in: "canary", foreignArchitectures: foreignArchitectures, besides: besides)
        try fleet.publish("Enrol")
        return node
    }

    @Test func goingBackReturnsAPackageThatTheOlderBaselineNeverNamed() async throws {
        let scanner = ["1.0-1", "1.1-1"].map { SandboxPackage("scanner", $0) }
        let fleet = try await LocalFleet(LocalFleet.tills + scanner)
        let node = try node(of: fleet)
        try node.install(scanner[0])
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1", "scanner": "1.0-1"])
        try fleet.declare("till: 1.1-1", "scanner: 1.1-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1", "scanner": "1.1-1"])
        try fleet.revert()
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1", "scanner": "1.0-1"])
    }

    @Test func goingBackRemovesWhatTheNewerBaselineBroughtIn() async throws {
        let fleet = try await LocalFleet(LocalFleet.tills + [SandboxPackage("scanner", "1.0-1")])
        let node = try node(of: fleet)
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.0-1", "scanner: 1.0-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed.keys.contains("scanner"))
        try fleet.revert()
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aNewerPackageIsKeptAndReportedAndTheNodeProvesNothing() async throws {
        let fleet = try await LocalFleet()
        let canary = try node(of: fleet)
        let store = try fleet.enrol(1, in: "stores")[0]
        try canary.install(LocalFleet.till("1.2-1"))
        for _ in 0..<3 {
            let cycle = try canary.reconcile()
            #expect(cycle.phase == .blocked && cycle.codes.contains(.newerKept), "\(cycle)")
            #expect(cycle.state(of: "till") == "newer")
        }
        #expect(try canary.installed == ["till": "1.2-1"])
        let report = try fleet.report(of: canary)
        #expect(report.proven.isEmpty)
        #expect(report.packages.findings.map(\.state) == [.newer])
        let waiting = try store.reconcile()
        #expect(waiting.phase == .waiting && waiting.codes.contains(.canaryUnfit), "\(waiting)")
        #expect(try store.installed.isEmpty)

        try fleet.declare("till: 1.0-1", besides: ["newer: replace"])
        try await fleet.converge([canary, store])
        #expect(try canary.installed == ["till": "1.0-1"])
    }

    @Test func aSourceOfWhichNothingIsInstalledInstallsNothing() async throws {
        let fleet = try await LocalFleet(
            LocalFleet.tills + [SandboxPackage("libscan1", "2.0-1", source: "scan")],
            declaring: ["till: 1.0-1", "src:scan: 2.0-1"])
        let node = try node(of: fleet)
        let cycle = try node.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        #expect(cycle.document["packages"]?["notApplicable"] == ["src:scan"])
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aSourceThatIsInstalledMovesAllItsPackages() async throws {
        let old = ["libscan1", "scan-data"].map { SandboxPackage($0, "1.0-1", source: "scan") }
        let new = ["libscan1", "scan-data", "scan-tools"].map { SandboxPackage($0, "2.0-1", source: "scan") }
        let fleet = try await LocalFleet(LocalFleet.tills + old + new, declaring: ["src:scan: 2.0-1"])
        let node = try node(of: fleet)
        try node.install(old[0], old[1])
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["libscan1": "2.0-1", "scan-data": "2.0-1"])
    }

    @Test func oneGroupMayHaveNodesWithAndWithoutAForeignArchitecture() async throws {
        let foreign = ForeignArchitecture.name
        let libraries = [ForeignArchitecture.native, foreign].flatMap { architecture in
            ["1.0-1", "1.1-1"].map {
                SandboxPackage(
                    "libtill", $0, architecture: architecture,
                    fields: ["Multi-Arch: same"])
            }
        }
        let fleet = try await LocalFleet(
            libraries, declaring: ["libtill: 1.1-1", "libtill:\(foreign): 1.1-1"])
        let both = try fleet.enrol("both", in: "canary", foreignArchitectures: [foreign])
        let plain = try fleet.enrol("plain", in: "canary")
        try fleet.publish("Enrol")
        try both.install(libraries[0], libraries[2])
        try plain.install(libraries[0])
        let cycles = try [both, plain].map { try $0.reconcile() }
        #expect(cycles.allSatisfy { $0.phase == .converged }, "\(cycles)")
        #expect(try both.installed.values.allSatisfy { $0 == "1.1-1" })
        #expect(try both.installed.count == 2)
        #expect(try plain.installed.values.elementsEqual(["1.1-1"]))
        #expect(cycles[0].document["packages"]?["notApplicable"] == [])
        #expect(cycles[1].document["packages"]?["notApplicable"] == [.string("libtill:\(foreign)")])
    }

    @Test func aVersionThatLooksLikeANumberIsAVersion() async throws {
        let fleet = try await LocalFleet(
            ["0.270", "0.27", "1.10"].map { SandboxPackage("clock", $0) }, declaring: ["clock: 0.270"])
        let node = try node(of: fleet)
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["clock": "0.270"])
        try fleet.declare("clock: 1.10")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["clock": "1.10"])
    }

    @Test func whatMustBeAbsentIsRemovedAndComesBackWithARevert() async throws {
        let telnet = SandboxPackage("telnetd", "1.0-1")
        let fleet = try await LocalFleet(LocalFleet.tills + [telnet])
        let node = try node(of: fleet)
        try node.install(telnet)
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.0-1", "telnetd: absent")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1"])
        try fleet.revert()
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1", "telnetd": "1.0-1"])
    }

    @Test func whatNeedNotBeInstalledIsMovedOnlyWhereItIs() async throws {
        let scanner = ["1.0-1", "1.1-1"].map { SandboxPackage("scanner", $0) }
        let fleet = try await LocalFleet(
            LocalFleet.tills + scanner,
            declaring: ["till: 1.0-1", "scanner: {version: 1.1-1, install: false}"])
        let without = try node(of: fleet)
        let with = try fleet.enrol("canary-2", in: "canary")
        try fleet.publish("Enrol another")
        try with.install(scanner[0])
        #expect(try without.reconcile().phase == .converged)
        #expect(try with.reconcile().phase == .converged)
        #expect(try without.installed == ["till": "1.0-1"])
        #expect(try with.installed == ["till": "1.0-1", "scanner": "1.1-1"])
    }

    @Test func anExceptedEntryIsLeftOutAndTheRestIsDone() async throws {
        let scanner = ["1.0-1", "1.1-1"].map { SandboxPackage("scanner", $0) }
        let fleet = try await LocalFleet(
            LocalFleet.tills + scanner, declaring: ["till: 1.0-1", "scanner: 1.1-1"])
        let node = try node(
            of: fleet, besides: "except:\n  scanner: {reason: vendor case 4711, until: 2099-01-31}\n")
        try node.install(scanner[0])
        let cycle = try node.reconcile()
        #expect(cycle.codes.contains(.excepted) && cycle.state(of: "scanner") == "excepted", "\(cycle)")
        #expect(try node.installed == ["till": "1.0-1", "scanner": "1.0-1"])
        _ = try node.reconcile()
        #expect(try fleet.report(of: node).proven.isEmpty)
    }

    @Test func aPackageHeldByHandIsLeftOutAndTheRestIsDone() async throws {
        let scanner = ["1.0-1", "1.1-1"].map { SandboxPackage("scanner", $0) }
        let fleet = try await LocalFleet(
            LocalFleet.tills + scanner, declaring: ["till: 1.0-1", "scanner: 1.1-1"])
        let node = try node(of: fleet)
        try node.install(scanner[0])
        try runSuccessfully(
            ["dpkg", "--root=\(node.root)", "--set-selections"], input: Array("scanner hold\n".utf8))
        let cycle = try node.reconcile()
        #expect(cycle.codes.contains(.heldByHand) && cycle.state(of: "scanner") == "held", "\(cycle)")
        #expect(try node.installed == ["till": "1.0-1", "scanner": "1.0-1"])
    }
}

/// Debian's name of this machine's architecture, and one that is foreign to it.
private enum ForeignArchitecture {
    static let native = (try? runSuccessfully(["dpkg", "--print-architecture"]).text) ?? ""
    static let name = native == "i386" ? "amd64" : "i386"
}
