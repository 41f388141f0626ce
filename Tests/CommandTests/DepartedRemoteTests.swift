import FleetCore
import FleetTesting
import Foundation
import Testing

/// Each group has a status remote of its own: whoever has left reports elsewhere, where a reader may not get.
struct DepartedRemoteTests {
    private let fleet: LocalFleet
    private let canaries: [LocalNode]
    private let store: LocalNode

    /// Three canaries of which two suffice, and a store, which have till 1.0-1.
    init() async throws {
        fleet = try await LocalFleet()
        try fleet.write(
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\nstatus:\n  remote: "
                + "file://\(fleet.folder.path("status-{group}.git"))\n", to: "fleet.yaml")
        for group in ["canary", "stores"] {
            _ = try Git.makeBareRepository("status-\(group).git", in: fleet.folder)
        }
        try fleet.write(
            LocalFleet.group("gate: {after: [canary], soak: 1s, healthy: 2, failures: 0}"),
            to: "groups/stores/group.yaml")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/lab/group.yaml")
        canaries = try fleet.enrol(3, in: "canary")
        store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
    }

    private func moveToLab() throws {
        try FileManager.default.createDirectory(
            atPath: fleet.folder.path("fleet/groups/lab/nodes"), withIntermediateDirectories: true)
        try fleet.git("mv", "groups/canary/nodes/canary-3.yaml", "groups/lab/nodes/canary-3.yaml")
        try fleet.publish("Move a canary to the lab")
    }

    @Test func whoCannotBeAskedOpensNoGateAndIsNamed() async throws {
        try fleet.declare("till: 1.1-1")
        try moveToLab()
        // Nobody has made the laboratory's repository yet; the two others are well for long enough.
        let sides = try await fleet.cycle(Array(canaries[..<2]) + [store]) { cycles in
            cycles[2].codes == [.remoteAway]
        }
        let cycle = sides[2]
        #expect(cycle.phase == .waiting, "\(cycle)")
        #expect(
            cycle.reasons.contains {
                $0.message.hasPrefix(
                    "whether one that has left 'canary' failed cannot be told: canary-3 of 'lab': ")
            }, "\(cycle)")
        #expect(try store.installed == ["till": "1.0-1"])

        _ = try Git.makeBareRepository("status-lab.git", in: fleet.folder)
        _ = try canaries[2].reconcile()
        try fleet.folder.write("stuck", to: "nodes/canary-3/root/usr/share/till/broken")
        #expect(try canaries[2].reconcile().phase == .degraded)
        let closed = try store.reconcile()
        #expect(closed.message(.canaryFailed).contains("(canary-3, which has left)"), "\(closed)")
        #expect(try store.installed == ["till": "1.0-1"])
    }
}
