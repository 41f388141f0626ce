import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Testing

/// What a person should know of a machine: from the node's report to the commands that show it.
struct FindingsTests {
    /// A till with a configuration file, in two versions.
    private static let tills = ["1.0-1", "1.1-1"].map {
        SandboxPackage("till", $0, files: ["/etc/till.conf": "of \($0)\n"])
    }

    private func operatorStatus(_ fleet: LocalFleet, _ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll"), "status"] + arguments
                + ["--introduction", fleet.introduction, "--repository", fleet.clone],
            environment: Git.environment)
    }

    @Test func aKeptConfigurationFileIsReportedAndShownUntilSomebodyHasLookedAtIt() async throws {
        let fleet = try await LocalFleet(Self.tills)
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        try fleet.folder.write("by hand\n", to: "nodes/\(node.name)/root/etc/till.conf")
        try fleet.declare("till: 1.1-1")
        #expect(try node.reconcile().phase == .converged)
        let finding = try #require(try fleet.report(of: node).findings.first)
        #expect(finding.code == "conffileKept" && finding.path == "/etc/till.conf.dpkg-dist")

        #expect(try node.agent(["status"]).text.contains("finding   \(finding.message)"))
        let shown = try operatorStatus(fleet, node.name)
        #expect(shown.text.contains("conffileKept: \(finding.message)"), "\(shown.text)\(shown.errorText)")
        let json = try JSONValue(parsing: try operatorStatus(fleet, node.name, "--json").output)
        #expect(json["nodes"]?.array?.first?["findings"]?.array?.first == finding.json)
        #expect(try operatorStatus(fleet, "nobody").exitCode == 64)

        try FileManager.default.removeItem(atPath: "\(node.root)/etc/till.conf.dpkg-dist")
        _ = try node.reconcile()
        #expect(try fleet.report(of: node).findings.isEmpty)
    }

    @Test func whatNobodyNamesIsReportedWhereTheBaselineAsksForIt() async throws {
        let game = SandboxPackage("game", "1")
        let fleet = try await LocalFleet(LocalFleet.tills + [game])
        let node = try fleet.enrol(1, in: "canary")[0]
        try node.install(game)
        #expect(try node.reconcile().phase == .converged)
        #expect(try fleet.report(of: node).findings.isEmpty)
        try fleet.declare("till: 1.0-1", besides: ["unlisted: report"])
        let cycle = try node.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        let findings = try fleet.report(of: node).findings
        #expect(findings.map { "\($0.code) \($0.package ?? "")" } == ["unlisted game:all"])
        // The digest is that of before: it is no new declaration.
        #expect(try fleet.report(of: node).proven.count == 1)
    }

    @Test func aPackageThatWasBrokenBeforeIsNotTheDeclarationsFault() async throws {
        let wreck = SandboxPackage("wreck", "1", scripts: ["postinst": "exit 3"])
        let fleet = try await LocalFleet(LocalFleet.tills + [wreck])
        let node = try fleet.enrol(1, in: "canary")[0]
        _ = try run(
            ["dpkg", "--root=\(node.root)", "--log=/dev/null", "--force-script-chrootless", "--install"]
                + [fleet.packages.filePath(of: wreck)])
        let first = try node.reconcile()
        #expect(first.phase == .converged, "\(first)")
        #expect(try node.installed == ["till": "1.0-1"])
        try fleet.declare("till: 1.1-1")
        let second = try node.reconcile()
        #expect(second.phase == .converged, "\(second)")
        let report = try fleet.report(of: node)
        #expect(report.findings.map { "\($0.code) \($0.package ?? "")" } == ["packageBroken wreck:all"])
        #expect(report.failed.isEmpty)
        // Where the baseline names it, it is.
        try fleet.declare("till: 1.1-1", "wreck: 1")
        let third = try node.reconcile()
        #expect(third.phase == .rolledBack, "\(third)")
    }
}
