import FleetCore
import FleetTesting
import Foundation
import Testing

/// Holds, and nodes that move or leave.
struct MembershipTests {
    private static let holds: [(place: String, file: String, code: Reason.Code)] = [
        ("the fleet", "fleet.yaml", .fleetHold), ("its group", "groups/canary/group.yaml", .groupHold),
        ("itself", "groups/canary/nodes/canary-1.yaml", .nodeHold),
    ]

    @Test(arguments: holds)
    func aHoldChangesNothingUntilItEnds(place: String, file: String, code: Reason.Code) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        let text = try fleet.folder.read("fleet/\(file)")
        try fleet.write(text + "hold: telephones ring\n", to: file)
        try fleet.declare("till: 1.1-1")
        let before = try node.databaseBytes
        let held = try node.reconcile()
        #expect(held.exitCode == 0 && held.phase == .held && held.codes.contains(code), "\(held)")
        #expect(held.message(code).contains("telephones ring"))
        // Not even drift is repaired.
        try node.dpkg(["--remove", "till"])
        #expect(try node.reconcile().phase == .held)
        #expect(try node.installed.isEmpty)
        #expect(try node.databaseBytes != before)
        #expect(try fleet.report(of: node).phase == .held)

        try fleet.write(text, to: file)
        try fleet.publish("End the hold")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func aNodeThatIsRemovedFromTheFleetIsLetGo() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(2, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        let file = "groups/canary/nodes/canary-1.yaml"
        let text = try fleet.folder.read("fleet/\(file)")
        try fleet.git("rm", "--quiet", file)
        try fleet.publish("Let it go")
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 0 && cycle.codes.contains(.removedFromFleet), "\(cycle)")
        #expect(cycle.admitted == nil)
        // It belongs to somebody else now: nothing is repaired any more.
        try node.dpkg(["--remove", "till"])
        #expect(try node.reconcile().exitCode == 0)
        #expect(try node.installed.isEmpty)

        try fleet.write(text, to: file)
        try fleet.publish("Take it back")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.0-1"])
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
    }

    @Test func aNodeIsMovedToAnotherGroupByMovingItsFile() async throws {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(1, in: "canary")
        let store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
        try fleet.write(LocalFleet.baseline(["till: 1.2-1"]), to: "baselines/pilot.yaml")
        try fleet.write(LocalFleet.group("gate: none", baseline: "pilot"), to: "groups/pilot/group.yaml")
        try FileManager.default.createDirectory(
            atPath: "\(fleet.clone)/groups/pilot/nodes", withIntermediateDirectories: true)
        try fleet.git("mv", "groups/stores/nodes/stores-1.yaml", "groups/pilot/nodes/stores-1.yaml")
        try fleet.publish("Make it a pilot")
        let moved = try store.reconcile()
        #expect(moved.phase == .converged && moved.document["group"]?.string == "pilot", "\(moved)")
        #expect(try store.installed == ["till": "1.2-1"])

        try fleet.git("mv", "groups/pilot/nodes/stores-1.yaml", "groups/stores/nodes/stores-1.yaml")
        try fleet.publish("Make it a store again")
        try await fleet.converge([store])
        #expect(try store.installed == ["till": "1.0-1"])
    }
}
