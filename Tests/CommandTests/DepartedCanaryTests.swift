import FleetCore
import FleetTesting
import Foundation
import Testing

/// A failure that was published stays, whatever is done with the canary in the fleet repository.
struct DepartedCanaryTests {
    private let fleet: LocalFleet
    private let canaries: [LocalNode]
    private let store: LocalNode

    /// Three canaries of which two suffice, and a store, which have till 1.0-1. Then till 1.1-1 is declared,
    /// which is well on two canaries and fails on the third, whose drawer is stuck.
    init() async throws {
        fleet = try await LocalFleet()
        try fleet.write(
            LocalFleet.group("gate: {after: [canary], soak: 1s, healthy: 2, failures: 0}"),
            to: "groups/stores/group.yaml")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/lab/group.yaml")
        canaries = try fleet.enrol(3, in: "canary")
        store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries)
        try fleet.folder.write("stuck", to: "nodes/canary-3/root/usr/share/till/broken")
        #expect(try canaries[2].reconcile().phase == .degraded)
    }

    private func expectClosed(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for _ in 0..<2 {
            let cycle = try store.reconcile()
            #expect(
                cycle.phase == .waiting && cycle.message(.canaryFailed).contains(words), "\(cycle)",
                sourceLocation: sourceLocation)
        }
        #expect(try store.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
    }

    @Test func aCanaryThatIsMovedToAnotherGroupKeepsTheGateClosed() async throws {
        try FileManager.default.createDirectory(
            atPath: fleet.folder.path("fleet/groups/lab/nodes"), withIntermediateDirectories: true)
        try fleet.git("mv", "groups/canary/nodes/canary-3.yaml", "groups/lab/nodes/canary-3.yaml")
        try fleet.publish("Move a failed canary to the lab")
        // It has published from its new place: this, too, still tells of the failure.
        #expect(try canaries[2].reconcile().phase == .degraded)
        for canary in canaries[..<2] { _ = try canary.reconcile() }
        try expectClosed("1 of 3 in 'canary' failed (canary-3, which has left)")

        // What is declared from now on does not wait for it.
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(Array(canaries[..<2]) + [store])
        #expect(try store.installed == ["till": "1.2-1"])
    }

    @Test func aCanaryThatIsRemovedKeepsTheGateClosed() async throws {
        try fleet.git("rm", "--quiet", "groups/canary/nodes/canary-3.yaml")
        try fleet.publish("Take a failed canary out of the fleet")
        for canary in canaries[..<2] { _ = try canary.reconcile() }
        try expectClosed("(canary-3, which has left)")
        // Nothing is forgotten when the server shows its report no more.
        for name in ["status/canary-3", "latest/canary-3"] {
            try fleet.serverGit("update-ref", "-d", "refs/heads/\(name)")
        }
        try expectClosed("(canary-3, which has left)")
        let other = try fleet.enrol("store-9", in: "stores")
        try fleet.publish("Enrol a store that has heard nothing")
        try await fleet.cycle(Array(canaries[..<2]) + [other]) { $0[2].phase == .converged }
        #expect(try other.installed == ["till": "1.1-1"])
    }

    @Test func aCanaryThatIsSetUpAnewDoesNotWashItsFailureAway() async throws {
        #expect(try store.reconcile().codes.contains(.canaryFailed))
        for path in [canaries[2].root, canaries[2].state] {
            try FileManager.default.removeItem(atPath: path)
        }
        let fresh = try fleet.enrol("canary-3", in: "canary")
        try fleet.publish("Set canary-3 up anew, with another key")
        try await fleet.converge(Array(canaries[..<2]) + [fresh])
        #expect(try fresh.installed == ["till": "1.1-1"])
        try await fleet.cycle([fresh]) { _ in
            try fleet.report(of: fresh).proven.contains { $0.healthyFor >= TimeSpan(seconds: 1) }
        }
        try expectClosed("1 of 3 in 'canary' failed (canary-3)")
    }
}
