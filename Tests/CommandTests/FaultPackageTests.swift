import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Testing

/// Packages that are themselves at fault: for each the state afterwards, the report, and the way out, as
/// docs/faults.md tells operators.
struct FaultPackageTests {
    /// A fleet with one node that has till 1.0-1.
    private func fleet(
        _ packages: [SandboxPackage] = LocalFleet.tills
    ) async throws -> (LocalFleet, LocalNode) {
        let fleet = try await LocalFleet(packages)
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        return (fleet, node)
    }

    /// The node is as it was before, whole, and says of the declaration that it failed.
    private func expectUndone(
        _ fleet: LocalFleet, _ node: LocalNode, _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let cycle = try node.reconcile()
        #expect(cycle.phase == .rolledBack && cycle.exitCode == 1, "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
        try expectWhole(node, sourceLocation: sourceLocation)
        let report = try fleet.report(of: node)
        let failure = try #require(report.failed.last, sourceLocation: sourceLocation)
        #expect(failure.isFinal, sourceLocation: sourceLocation)
        for word in words {
            #expect(failure.reason.contains(word), "\(failure.reason)", sourceLocation: sourceLocation)
        }
        #expect(report.transaction?.log?.isEmpty == false, sourceLocation: sourceLocation)
        // It is not tried again.
        #expect(try node.reconcile().phase == .rolledBack, sourceLocation: sourceLocation)
    }

    private func expectWhole(_ node: LocalNode, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try node.dpkg(["--audit"]).text == "", sourceLocation: sourceLocation)
    }

    /// A newer commit with a good version brings the node on.
    private func expectWayOut(
        _ fleet: LocalFleet, _ node: LocalNode, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try fleet.declare("till: 1.2-1")
        let cycles = try await fleet.converge([node])
        #expect(cycles[0].phase == .converged, sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.2-1"], sourceLocation: sourceLocation)
        try expectWhole(node, sourceLocation: sourceLocation)
        #expect(fleet.isUnbroken(try fleet.chain(of: node)), sourceLocation: sourceLocation)
    }

    @Test(arguments: ["preinst", "postinst"])
    func aNewPackageWhoseScriptFailsIsUndone(script: String) async throws {
        let (fleet, node) = try await fleet(
            LocalFleet.tills + [SandboxPackage("till", "1.3-1", scripts: [script: "echo oh no >&2; exit 3"])])
        try fleet.declare("till: 1.3-1")
        try expectUndone(fleet, node, "till:all failed", "exit status 3")
        try await expectWayOut(fleet, node)
    }

    /// What an installed package does when it is to be replaced; the new one cannot help it either. The old
    /// version stays, and so does its fault: somebody must mend the script on the node.
    @Test(arguments: ["prerm", "postrm"])
    func anOldPackageWhoseScriptFailsStays(script: String) async throws {
        let fails = [script: #"case "$1" in upgrade|failed-upgrade) test -e "$DPKG_ROOT/../mended";; esac"#]
        let (fleet, node) = try await fleet([
            SandboxPackage("till", "1.0-1", scripts: fails), SandboxPackage("till", "1.1-1", scripts: fails),
            SandboxPackage("till", "1.2-1"),
        ])
        try fleet.declare("till: 1.1-1")
        try expectUndone(fleet, node, "till:all failed", "subprocess returned error exit status 1")
        try fleet.folder.write("", to: "nodes/canary-1/mended")
        try await expectWayOut(fleet, node)
    }

    @Test(arguments: ["prerm", "postrm"])
    func aPackageThatCannotBeRemovedIsPutBack(script: String) async throws {
        let fails = [script: #"test "$1" != remove || test -e "$DPKG_ROOT/../mended""#]
        let (fleet, node) = try await fleet(LocalFleet.tills + [SandboxPackage("fax", "1", scripts: fails)])
        try fleet.declare("till: 1.0-1", "fax: 1")
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.0-1", "fax: absent")
        let cycle = try node.reconcile()
        #expect(cycle.phase == .rolledBack, "\(cycle)")
        #expect(try node.installed == ["till": "1.0-1", "fax": "1"])
        try expectWhole(node)
        #expect(try fleet.report(of: node).failed.last?.reason.contains("fax:all failed") == true)
        try fleet.folder.write("", to: "nodes/canary-1/mended")
        try fleet.declare("till: 1.1-1", "fax: absent")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func aFileOfAnotherPackageIsNotOverwritten() async throws {
        let (fleet, node) = try await fleet(
            LocalFleet.tills + [SandboxPackage("kiosk", "1", files: ["/usr/share/till/version": "mine\n"])])
        try fleet.declare("till: 1.0-1", "kiosk: 1")
        try expectUndone(fleet, node, "kiosk:all failed", "trying to overwrite")
        #expect(try fleet.folder.read("nodes/canary-1/root/usr/share/till/version") == "1.0-1")
        try await expectWayOut(fleet, node)
    }

    @Test func aDependencyThatNobodyHasBlocksBeforeAnythingChanges() async throws {
        let (fleet, node) = try await fleet(
            LocalFleet.tills + [SandboxPackage("till", "1.3-1", depends: "libnowhere")])
        try fleet.declare("till: 1.3-1")
        let before = try node.databaseBytes
        let cycle = try node.reconcile()
        #expect(cycle.phase == .blocked && cycle.exitCode == 1, "\(cycle)")
        #expect(cycle.message(.planImpossible).contains("libnowhere"), "\(cycle)")
        #expect(try node.databaseBytes == before)
        #expect(try fleet.report(of: node).failed.isEmpty)
        try await expectWayOut(fleet, node)
    }

    @Test func aPackageFileThatCannotBeUnpackedIsUndone() async throws {
        let (fleet, node) = try await fleet()
        let bad = LocalFleet.till("1.3-1")
        try await fleet.packages.add([bad])
        // The first header of the archive in it is noise, deb(5); the index has the digest of what is there.
        let path = URL(fileURLWithPath: fleet.packages.filePath(of: bad))
        var bytes = try Data(contentsOf: path)
        let member = try #require(bytes.range(of: Data("data.tar".utf8)))
        let start = member.lowerBound + 60
        bytes.replaceSubrange(start..<start + 512, with: Data(repeating: 0x55, count: 512))
        try bytes.write(to: path)
        try await fleet.packages.add([])
        try fleet.declare("till: 1.3-1")
        try expectUndone(fleet, node, "till:all failed")
        try await expectWayOut(fleet, node)
    }

    @Test func aPackageFileWithOtherBytesThanTheIndexSaysIsNotTaken() async throws {
        let (fleet, node) = try await fleet()
        let path = fleet.packages.filePath(of: LocalFleet.till("1.1-1"))
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 100] ^= 0xFF
        try bytes.write(to: URL(fileURLWithPath: path))
        try fleet.declare("till: 1.1-1")
        let before = try node.databaseBytes
        let cycle = try node.reconcile()
        #expect(cycle.phase == .blocked && cycle.exitCode == 1, "\(cycle)")
        #expect(cycle.codes.contains(.sourceUnreachable), "\(cycle)")
        #expect(try node.databaseBytes == before)
        #expect(try fleet.report(of: node).failed.isEmpty)
        try await expectWayOut(fleet, node)
    }

    @Test func aConffileThatAPersonHasChangedStays() async throws {
        let (fleet, node) = try await fleet(
            LocalFleet.tills.map { till in
                var till = till
                till.files["/etc/till.conf"] = "version \(till.version)\n"
                return till
            })
        try fleet.folder.write("by hand\n", to: "nodes/canary-1/root/etc/till.conf")
        try fleet.declare("till: 1.1-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try fleet.folder.read("nodes/canary-1/root/etc/till.conf") == "by hand\n")
        #expect(try fleet.folder.read("nodes/canary-1/root/etc/till.conf.dpkg-dist") == "version 1.1-1\n")
        try await expectWayOut(fleet, node)
        #expect(try fleet.folder.read("nodes/canary-1/root/etc/till.conf") == "by hand\n")
    }
}
