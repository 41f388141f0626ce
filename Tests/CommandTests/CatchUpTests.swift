import FleetCore
import FleetTesting
import Testing

/// Stores that come late, and gates behind gates, with real nodes.
struct CatchUpTests {
    /// Runs the canaries' cycles until they have been well with what is declared for longer than the soak.
    private func soak(_ fleet: LocalFleet, _ canaries: [LocalNode]) async throws {
        let tip = try fleet.tip
        try await fleet.cycle(canaries) { _ in
            try canaries.allSatisfy { canary in
                try fleet.report(of: canary).proven.contains {
                    $0.declaration.commit.hex == tip && $0.healthyFor >= TimeSpan(seconds: 1)
                }
            }
        }
    }

    @Test func aStoreThatWasDarkTakesTheNewestThatIsAdmissibleAndNothingThatWasReverted() async throws {
        let fleet = try await LocalFleet(LocalFleet.tills + [LocalFleet.till("1.3-1")])
        let canaries = try fleet.enrol(1, in: "canary")
        let store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
        // The store is dark from here on.
        try fleet.declare("till: 1.1-1")
        try await soak(fleet, canaries)
        try fleet.declare("till: 1.2-1")
        try await soak(fleet, canaries)
        try fleet.revert()
        #expect(try canaries[0].reconcile().phase == .converged)
        try fleet.declare("till: 1.3-1")
        _ = try canaries[0].reconcile()
        let late = try fleet.enrol("store-9", in: "stores")
        try fleet.publish("Enrol a store in the middle of the rollout")

        for node in [store, late] {
            let cycle = try node.reconcile()
            #expect(cycle.phase == .waiting, "\(cycle)")
            #expect(try node.installed == ["till": "1.1-1"])
        }
        try await fleet.converge(canaries + [store, late])
        for node in [store, late] {
            #expect(try node.installed == ["till": "1.3-1"])
            let installed = try fleet.chain(of: node).flatMap { $0.report.transaction?.changes ?? [] }
            #expect(!installed.contains { $0.to?.description == "1.2-1" })
        }
    }

    @Test func aChainOfGatesMovesGroupAfterGroup() async throws {
        let fleet = try await LocalFleet()
        try fleet.write(
            LocalFleet.group("gate: {after: [canary], soak: 1s}"), to: "groups/early/group.yaml")
        try fleet.write(
            LocalFleet.group("gate: {after: [early, canary], soak: 1s}"), to: "groups/stores/group.yaml")
        let canaries = try fleet.enrol(1, in: "canary")
        let early = try fleet.enrol(1, in: "early")[0]
        let store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [early, store])
        try fleet.declare("till: 1.1-1")
        try await soak(fleet, canaries)
        // The canary has done its part: for the store the early node has not.
        let waiting = try store.reconcile()
        #expect(waiting.phase == .waiting, "\(waiting)")
        #expect(waiting.message(.canaryBehind) == "not there yet in 'early': early-1")
        #expect(try early.reconcile().phase == .converged)
        #expect(try early.installed == ["till": "1.1-1"])
        let soaking = try store.reconcile()
        #expect(soaking.message(.canarySoaking).contains("early-1"), "\(soaking)")
        #expect(try store.installed == ["till": "1.0-1"])
        try await fleet.converge(canaries + [early, store])
        #expect(try store.installed == ["till": "1.1-1"])
        // What fails early reaches no store, though the canary was well with it.
        try fleet.folder.write("stuck", to: "nodes/early-1/root/usr/share/till/broken")
        try fleet.declare("till: 1.2-1")
        try await soak(fleet, canaries)
        _ = try early.reconcile()
        let closed = try store.reconcile()
        #expect(closed.phase == .waiting, "\(closed)")
        #expect(try store.installed == ["till": "1.1-1"])
    }
}
