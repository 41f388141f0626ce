import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// The commit that a node follows, where this version of the agent cannot read it any more.
struct FollowedCommitTests {
    @Test(arguments: [
        (
            "fleet.yaml", "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"99.0\"\n",
            Reason.Code.newerAgentNeeded
        ),
        ("groups/stores/nodes/atm-1.yaml", "nonsense\n", .unreadable),
    ])
    func isNoDamageOfTheClone(path: String, text: String, code: Reason.Code) throws {
        let fleet = try ClaimFleet(nodes: 1, unavailable: 1)
        try fleet.folder.write(text, to: "work/\(path)")
        let commit = try fleet.publish("Break")
        let settings = FleetSourceSettings(
            node: .of("atm-1"), remote: try RemoteURL("file://\(fleet.server)"), branch: "main",
            introduction: fleet.introduction, cloneFolder: fleet.server)
        let following = Following(
            mark: commit, followed: commit, introduction: fleet.introduction, stacks: [:], mayAdmit: true,
            conditions: [], holdsAt: commit)
        let desired = try GitFleetSource(lookingAt: settings).read(following, memory: NodeState())
        #expect(desired.conditions.map(\.code) == [code])
        #expect(desired.standing == .unknown)
        #expect(!desired.mayAdmit)
    }
}
