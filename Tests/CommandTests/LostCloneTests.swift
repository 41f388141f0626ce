import FleetCore
import FleetTesting
import Foundation
import Testing

/// What is only in a node's clone may be lost with it; what others have heard of the node may not.
struct LostCloneTests {
    private func loseClone(of node: LocalNode) throws {
        try FileManager.default.removeItem(atPath: "\(node.state)/fleet.git")
    }

    @Test func aNodeWhoseCloneIsLostGoesOnWithItsOwnChain() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary")
        let canary = nodes[0]
        try await fleet.cycle(nodes) { $0[0].phase == .converged && $0[0].report == "notDue" }
        let proven = try fleet.report(of: canary).proven.map(\.declaration)
        try loseClone(of: canary)

        try fleet.declare("till: 1.1-1")
        try await fleet.cycle(nodes) { $0[0].phase == .converged && $0[0].report == "notDue" }
        #expect(fleet.isUnbroken(try fleet.chain(of: canary)))
        let report = try fleet.report(of: canary)
        #expect(proven.allSatisfy { report.proven.map(\.declaration).contains($0) })
        #expect(!report.reasons.contains { $0.code == .identityConflict })
    }

    @Test func reportsThatWereLostBeforeTheyWereSentLeaveNoGap() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary")
        let canary = nodes[0]
        try await fleet.cycle(nodes) { $0[0].phase == .converged && $0[0].report == "notDue" }
        let sent = try fleet.chain(of: canary).count

        let server = fleet.folder.path("server.git")
        try FileManager.default.moveItem(atPath: server, toPath: "\(server).away")
        try canary.dpkg(["--remove", "till"])
        let unsent = try canary.reconcile()
        #expect(unsent.report == "queued" && unsent.codes.contains(.remoteAway), "\(unsent)")
        try loseClone(of: canary)
        try FileManager.default.moveItem(atPath: "\(server).away", toPath: server)

        try await fleet.cycle(nodes) { $0[0].report == "notDue" }
        let chain = try fleet.chain(of: canary)
        #expect(fleet.isUnbroken(chain))
        let next = try #require(chain.dropFirst(sent).first)
        #expect(next.report.sequence == sent + 1)
        #expect(next.report.previous?.hex == chain[sent - 1].id)
        #expect(!next.report.reasons.contains { $0.code == .identityConflict })
    }

    @Test func whatADamagedCloneLacksChangesNoDeclaration() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary")
        let canary = nodes[0]
        try await fleet.converge(nodes)

        let declared = try fleet.declare("till: 1.1-1")
        let clone = "\(canary.state)/fleet.git"
        try Git.run("fetch", "--quiet", fleet.server, "main:refs/remotes/fleet/branch", in: clone)
        let blob = try fleet.serverGit("rev-parse", "main:baselines/deb.yaml")
        try FileManager.default.removeItem(
            atPath: "\(clone)/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
        // The next commit leaves the baseline as it is: who skipped the one before would date it to this one.
        try fleet.write(
            "apiVersion: plimsoll/v1\nbaseline: deb\ngate: none\nattempts: 2\n",
            to: "groups/canary/group.yaml")
        try fleet.publish("Change something else")

        let damaged = try canary.reconcile()
        #expect(damaged.exitCode == 1 && damaged.errors.contains("made anew"), "\(damaged)")
        try await fleet.converge(nodes)
        #expect(try canary.reconcile().admitted == declared)
    }
}
