import FleetCore
import FleetTesting
import Foundation
import Testing

/// Where reports go changes: by a move to a group with a status remote of its own, and by `fleet.yaml`.
struct MovedReportsTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    /// A node that has reported to its group's repository; the fleet's own takes no references but `main`.
    init() async throws {
        fleet = try await LocalFleet()
        for name in ["canary", "stores", "lab", "all"] {
            _ = try Git.makeBareRepository("status-\(name).git", in: fleet.folder)
        }
        let hook =
            "#!/bin/sh\nwhile read -r old new name; do test \"$name\" = refs/heads/main || exit 1; done\n"
        try fleet.folder.write(hook, to: "server.git/hooks/pre-receive", mode: 0o755)
        for group in ["stores", "lab"] {
            try fleet.write(LocalFleet.group("gate: none"), to: "groups/\(group)/group.yaml")
        }
        node = try fleet.enrol(1, in: "stores")[0]
        try write(remote: "status-{group}.git")
        try fleet.publish("Give the reports repositories of their own")
        try await fleet.converge([node])
        // Until nothing is left to tell.
        try await fleet.cycle([node]) { $0[0].report == "notDue" }
    }

    private func write(remote name: String) throws {
        try fleet.write(
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\nstatus: {remote: "
                + "'file://\(fleet.folder.path(name))'}\n", to: "fleet.yaml")
    }

    private func move(from old: String, to new: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(fleet.clone)/groups/\(new)/nodes", withIntermediateDirectories: true)
        try fleet.git(
            "mv", "groups/\(old)/nodes/\(node.name).yaml", "groups/\(new)/nodes/\(node.name).yaml")
        try fleet.publish("Move \(node.name) to \(new)")
    }

    /// The chain that a repository has of the node, newest first; its newest report must be that of the tip.
    private func chain(at name: String) throws -> [String] {
        let repository = fleet.folder.path("status-\(name).git")
        let chain = try Git.run("rev-list", "status/\(node.name)", in: repository)
            .split(separator: "\n").map(String.init)
        let latest = try Git.run("log", "-1", "--format=%B", "latest/\(node.name)", in: repository)
        #expect(latest.contains("Plimsoll-Chain: \(try #require(chain.first))"))
        return chain
    }

    /// The chain in the node's own clone.
    private var own: [String] {
        get throws {
            try Git.run(
                "rev-list", "refs/plimsoll/status/\(node.name)", in: "\(node.state)/fleet.git"
            ).split(separator: "\n").map(String.init)
        }
    }

    private func expectSeen(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let status = try plimsoll("status", "--json", in: fleet.clone)
        let seen = try JSONValue(parsing: status.output)["nodes"]?.array?.first
        #expect(seen?["verified"] == true, "\(status.text)", sourceLocation: sourceLocation)
        #expect(try seen?["report"]?.string == own.first, sourceLocation: sourceLocation)
    }

    @Test func `a moved node takes its whole chain along`() async throws {
        let before = try own
        #expect(try chain(at: "stores") == before)

        // To a repository that has nothing of it.
        try move(from: "stores", to: "lab")
        #expect(try node.reconcile().report == "sent")
        #expect(try chain(at: "lab") == own && own.count == before.count + 1)
        #expect(try chain(at: "stores") == before)
        try expectSeen()

        // And back, to one that has an older state of it.
        try move(from: "lab", to: "stores")
        #expect(try node.reconcile().report == "sent")
        #expect(try chain(at: "stores") == own && own.count == before.count + 2)
        try expectSeen()

        // To one that has what another machine of this name left there: its chain goes on under ours.
        let lab = fleet.folder.path("status-lab.git")
        let empty = try Git.run("hash-object", "-t", "tree", "-w", "/dev/null", in: lab)
        let other = try Git.run("commit-tree", "-m", "report 9: converged", empty, in: lab)
        try Git.run("update-ref", "refs/heads/status/\(node.name)", other, in: lab)
        try move(from: "stores", to: "lab")
        try await fleet.cycle([node]) { $0[0].report == "sent" }
        #expect(try chain(at: "lab") == own && own.last == other)
        try expectSeen()
        let quiet = try node.reconcile()
        #expect(quiet.report == "notDue" && quiet.phase == .converged && quiet.exitCode == 0, "\(quiet)")
        #expect(try fleet.serverGit("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test func `a new remote for all gets the whole chain from a node with nothing to tell`() throws {
        let before = try own
        try write(remote: "status-all.git")
        try fleet.publish("One repository for all reports")
        #expect(try node.reconcile().report == "sent")
        #expect(try own == before && chain(at: "all") == before)
        #expect(try node.reconcile().report == "notDue")
        try expectSeen()
    }
}
