import FleetCore
import FleetTesting
import Testing

/// `status.remote: none`: real agents that report to nobody, and what operators are told.
struct KeptReportsTests {
    private func write(remote: String, to fleet: LocalFleet) throws {
        try fleet.write(
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\nstatus: {remote: \(remote)}\n",
            to: "fleet.yaml")
    }

    @Test func `reports stay on the node until the fleet has a place for them`() async throws {
        let fleet = try await LocalFleet()
        try write(remote: "none", to: fleet)
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/stores/group.yaml")
        let node = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge([node])
        try fleet.declare("till: 1.1-1")
        try await fleet.converge([node])
        let quiet = try node.reconcile()
        #expect(quiet.exitCode == 0 && quiet.report == "kept" && quiet.codes.isEmpty, "\(quiet)")
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try fleet.serverGit("for-each-ref", "--format=%(refname)") == "refs/heads/main")
        #expect(try node.agent(["status"]).text.contains("stays here, as the fleet wants it"))

        // Stock git takes them from the node, as the documentation says.
        let name = node.name
        let bundle = fleet.folder.path("reports.bundle")
        try Git.run(
            "bundle", "create", "--quiet", bundle, "refs/plimsoll/status/\(name)",
            "refs/plimsoll/latest/\(name)", in: "\(node.state)/fleet.git")
        let reader = try Git.makeBareRepository("reader.git", in: fleet.folder)
        try Git.run("fetch", "--quiet", bundle, "refs/plimsoll/*:refs/heads/*", in: reader)
        let kept = try Git.run("rev-list", "status/\(name)", in: reader)

        let status = try plimsoll("status", in: fleet.clone)
        #expect(status.exitCode == 0 && status.text.contains("reports stay on their nodes"), "\(status.text)")
        #expect(!status.text.contains("what a person does now"), "\(status.text)")
        let rollout = try plimsoll("rollout", in: fleet.clone)
        #expect(rollout.exitCode == 0 && rollout.text.contains("reports stay on their nodes"))
        #expect(try plimsoll("rollout", "--until-done", in: fleet.clone).exitCode == 64)

        try write(remote: "null", to: fleet)
        try fleet.publish("Give the reports a place")
        try await fleet.cycle([node]) { $0[0].report == "sent" }
        let chain = try fleet.chain(of: node)
        #expect(fleet.isUnbroken(chain))
        #expect(chain.map(\.id).starts(with: kept.split(separator: "\n").reversed().map(String.init)))
    }
}
