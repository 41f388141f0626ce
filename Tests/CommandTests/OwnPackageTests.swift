import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// The agent's own package in a baseline: the cycle that replaces the program goes on, and the next one is
/// the new program.
struct OwnPackageTests {
    /// Builds a package file that holds a program as `/usr/bin/plimsoll-agent`, and indexes it.
    private func add(_ version: String, program: String, to fleet: LocalFleet) throws {
        let tree = try fleet.folder.makeFolder("own-\(version)")
        let control = SandboxControl.text("plimsoll-agent", version)
        try fleet.folder.write(control, to: "own-\(version)/DEBIAN/control")
        try fleet.folder.makeFolder("own-\(version)/usr/bin")
        try runSuccessfully(["cp", program, "\(tree)/usr/bin/plimsoll-agent"])
        let script = """
            dpkg-deb --root-owner-group -Znone --build "$1" "$2/pool/plimsoll-agent_$3_all.deb"
            cd "$2" && apt-ftparchive packages pool >Packages && apt-ftparchive release . >Release.new
            mv Release.new Release
            """
        try runSuccessfully(["sh", "-e", "-c", script, "sh", tree, fleet.packages.path, version])
    }

    private enum SandboxControl {
        static func text(_ name: String, _ version: String) -> String {
            """
            Package: \(name)
            Version: \(version)
            Architecture: all
            Maintainer: Nobody <nobody@example.com>
            Description: the agent itself

            """
        }
    }

    @Test func theCycleThatReplacesItsOwnProgramEndsAndTheNextIsTheNewOne() async throws {
        let fleet = try await LocalFleet(LocalFleet.tills, declaring: ["till: 1.0-1", "plimsoll-agent: 2"])
        let built = BuiltProgram.path("plimsoll-agent")
        try add("1", program: built, to: fleet)
        // Another program in its place: it says what it is, and does nothing.
        let marker = fleet.folder.path("marker")
        let next = try fleet.folder.write("#!/bin/sh\necho \"$*\" >>\(marker)\n", to: "next", mode: 0o755)
        try add("2", program: next, to: fleet)
        let node = try fleet.enrol(1, in: "canary")[0]
        try node.dpkg(["--install", "\(fleet.packages.path)/pool/plimsoll-agent_1_all.deb"])
        let own = "\(node.root)/usr/bin/plimsoll-agent"
        #expect(FileManager.default.contentsEqual(atPath: own, andPath: built))

        // The loop runs the installed program: its first cycle replaces it, and reports afterwards, through a
        // child that is still the old one.
        let loop = try HeldProcess(
            [own, "run", "--config", node.configuration], environment: Git.environment)
        defer { loop.end() }
        try eventuallyHere("the next cycle is the new program") {
            FileManager.default.fileExists(atPath: marker)
        }
        let arguments = try String(contentsOfFile: marker, encoding: .utf8)
        #expect(arguments.hasPrefix("reconcile --config \(node.configuration)\n"))
        #expect(try node.installed == ["till": "1.0-1", "plimsoll-agent": "2"])
        let report = try fleet.report(of: node)
        #expect(report.phase == .converged && report.failed.isEmpty)
        #expect(report.transaction?.result == .succeeded)
    }
}
