import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Testing

/// The commands that show and change nothing: `reconcile --dry-run`, `status`, `capture`.
struct DryRunTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    init() async throws {
        fleet = try await LocalFleet(
            LocalFleet.tills + [
                SandboxPackage("scanner", "1.0-1", depends: "libscan"), SandboxPackage("libscan", "3.0-1"),
            ])
        node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
    }

    /// What must be the same before and after: the node's state, its packages, and its reports on the server.
    private func traces() throws -> [[UInt8]] {
        let references = try fleet.serverGit("for-each-ref")
        return [
            node.bytes(of: "\(node.state)/state.json") ?? [], try node.databaseBytes, Array(references.utf8),
        ]
    }

    @Test func aDryRunShowsThePlanAndChangesNothing() throws {
        #expect(try node.reconcile("--dry-run").exitCode == 0)
        try fleet.declare("till: 1.1-1")
        let before = try traces()
        let json = try node.reconcile("--dry-run")
        #expect(json.exitCode == 2, "\(json)")
        #expect(json.document["schema"]?.string == "plimsoll/plan/v1")
        let changes = try #require(json.document["changes"]?.array)
        #expect(changes == [["name": "till:all", "from": "1.0-1", "to": "1.1-1"]])
        #expect(json.document["admitted"]?["commit"]?.string == (try fleet.tip))
        let table = try node.agent(["reconcile", "--dry-run"])
        #expect(table.exitCode == 2)
        let words = table.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words == [["PACKAGE", "FROM", "TO", "CHANGE"], ["till:all", "1.0-1", "1.1-1", "upgrade"]])
        #expect(try traces() == before)
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.reconcile("--dry-run").exitCode == 0)
    }

    @Test func aDryRunOfARefusedPlanSaysTheLineToAdd() throws {
        try fleet.declare("till: 1.0-1", "scanner: 1.0-1")
        let before = try traces()
        let json = try node.reconcile("--dry-run")
        #expect(json.exitCode == 1, "\(json)")
        let refusal = try #require(json.document["refusals"]?.array?.first)
        #expect(refusal["line"]?.string == "libscan: {version: 3.0-1, install: false}")
        #expect(try node.agent(["reconcile", "--dry-run"]).text.contains("add to 'packages':  libscan:"))
        #expect(try traces() == before)
    }

    @Test func aDryRunOfAnUnauthenticBranchSaysSo() throws {
        try fleet.publish("Unsigned", signedWith: nil)
        let before = try traces()
        #expect(try node.reconcile("--dry-run").exitCode == 77)
        #expect(try traces() == before)
    }

    @Test func aBaselineFileIsPlannedWithoutTrust() throws {
        let before = try traces()
        let folder = "\(fleet.clone)/baselines"
        try fleet.write(LocalFleet.baseline(["till: 1.2-1"]), to: "baselines/next.yaml")
        let json = try node.reconcile("--dry-run", "--baseline", "\(folder)/next.yaml")
        #expect(json.exitCode == 2, "\(json)")
        #expect(json.document["changes"]?.array?.count == 1)
        #expect(try node.reconcile("--dry-run", "--baseline", "\(folder)/deb.yaml").exitCode == 0)
        try fleet.write(LocalFleet.baseline(["till: 1.2_1"]), to: "baselines/next.yaml")
        let wrong = try node.reconcile("--dry-run", "--baseline", "\(folder)/next.yaml")
        #expect(wrong.exitCode == 65 && wrong.errors.contains("next.yaml:5:9"), "\(wrong)")
        #expect(try node.reconcile("--dry-run", "--baseline", "\(folder)/none.yaml").exitCode == 65)
        #expect(try node.reconcile("--baseline", "\(folder)/deb.yaml").exitCode == 64)
        #expect(try traces() == before)
    }

    @Test func statusTellsWhatTheNodeRemembersAndReportedLast() throws {
        let before = try traces()
        let result = try node.agent(["status", "--json"])
        #expect(result.exitCode == 0)
        let document = try JSONValue(parsing: result.output)
        #expect(document["schema"]?.string == "plimsoll/node/v1")
        #expect(document["node"]?.string == "canary-1")
        #expect(document["mark"]?.string == (try fleet.tip))
        let report = try Report(parsing: try #require(document["report"]).documentBytes)
        #expect(report == (try fleet.report(of: node)))
        let text = try node.agent(["status"])
        #expect(text.exitCode == 0 && text.lines.contains("phase     converged"), "\(text.text)")
        #expect(try traces() == before)
    }

    @Test func theOutcomeOfACycleHasAStableShape() throws {
        let document = try node.reconcile().document
        #expect(document["schema"]?.string == "plimsoll/cycle/v1")
        let keys: Set = [
            "admitted", "checks", "commit", "declared", "group", "mark", "node", "packages", "phase",
            "reasons",
            "report", "schema",
        ]
        #expect(Set(document.object?.keys.map(\.self) ?? []) == keys)
    }

    @Test func aCapturedBaselineShowsNoDriftOnTheSameMachine() throws {
        try node.install(LocalFleet.till("1.2-1"), SandboxPackage("libscan", "3.0-1"))
        let before = try traces()
        let captured = try node.agent(["capture", "--name", "today"])
        #expect(captured.exitCode == 0)
        try fleet.write(captured.text + "\n", to: "baselines/today.yaml")
        let plan = try node.reconcile("--dry-run", "--baseline", "\(fleet.clone)/baselines/today.yaml")
        #expect(plan.exitCode == 0, "\(plan)")
        #expect(plan.document["packages"]?["counts"]?["installed"]?.integer == 2)
        #expect(try traces() == before)
        // And as the fleet's baseline.
        try fleet.write(LocalFleet.group("gate: none", baseline: "today"), to: "groups/canary/group.yaml")
        try fleet.publish("Begin with what is there")
        let database = try node.databaseBytes
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.databaseBytes == database)
    }
}
