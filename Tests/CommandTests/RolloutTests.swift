import FleetCore
import FleetTesting
import Testing

struct RolloutTests {
    /// A fleet whose two canaries and two stores have till 1.0-1.
    private func convergedFleet() async throws -> (
        fleet: LocalFleet, canaries: [LocalNode], stores: [LocalNode]
    ) {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(2, in: "canary")
        let stores = try fleet.enrol(2, in: "stores")
        try await fleet.converge(canaries + stores)
        return (fleet, canaries, stores)
    }

    @Test func aMergedPullRequestMovesCanariesFirstAndStoresAfterTheSoak() async throws {
        let (fleet, canaries, stores) = try await convergedFleet()
        try fleet.mergePullRequest(declaring: "till: 1.1-1")
        for canary in canaries {
            let cycle = try canary.reconcile()
            #expect(cycle.phase == .converged && cycle.exitCode == 0, "\(cycle)")
            #expect(try canary.installed == ["till": "1.1-1"])
        }
        for store in stores {
            let cycle = try store.reconcile()
            #expect(cycle.phase == .waiting && cycle.exitCode == 0, "\(cycle)")
            #expect(cycle.codes.contains(.canarySoaking), "\(cycle)")
            #expect(try store.installed == ["till": "1.0-1"])
            #expect(try fleet.report(of: store).phase == .waiting)
        }
        try await fleet.converge(canaries + stores)
        for store in stores { #expect(try store.installed == ["till": "1.1-1"]) }
    }

    @Test func aRevertIsBackInOneCycleAndItsRevertPassesTheGateAgain() async throws {
        let (fleet, canaries, stores) = try await convergedFleet()
        try fleet.mergePullRequest(declaring: "till: 1.1-1")
        try await fleet.converge(canaries + stores)

        try fleet.revert(isMerge: true)
        // The stores first: nobody waits for anybody on the way back.
        for node in stores + canaries {
            let cycle = try node.reconcile()
            #expect(cycle.phase == .converged && cycle.exitCode == 0, "\(cycle)")
            #expect(try node.installed == ["till": "1.0-1"])
        }

        try fleet.revert()
        for store in stores {
            let cycle = try store.reconcile()
            #expect(cycle.phase == .waiting, "\(cycle)")
            #expect(try store.installed == ["till": "1.0-1"])
        }
        try await fleet.converge(canaries + stores)
        for node in canaries + stores { #expect(try node.installed == ["till": "1.1-1"]) }
    }

    @Test func aRevertAndItsRevertWithinOnePollDoNotUseTheOldProof() async throws {
        let (fleet, canaries, stores) = try await convergedFleet()
        let first = try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries + stores)
        try fleet.revert(isPushed: false)
        try fleet.revert()
        let tip = try fleet.tip
        // The canaries have not polled: all they ever proved is the first declaration of till 1.1.
        for store in stores {
            let cycle = try store.reconcile()
            #expect(cycle.phase == .waiting && cycle.admitted == first, "\(cycle)")
            #expect(try store.installed == ["till": "1.1-1"])
        }
        let cycles = try await fleet.converge(canaries + stores)
        #expect(cycles.allSatisfy { $0.admitted == tip })
    }

    @Test func aPatchThatFailsOnACanaryIsUndoneThereAndReachesNoStore() async throws {
        let (fleet, canaries, stores) = try await convergedFleet()
        let bad = try fleet.declare("till: 2.0-1")
        for canary in canaries {
            let cycle = try canary.reconcile()
            #expect(cycle.phase == .rolledBack && cycle.exitCode == 1, "\(cycle)")
            #expect(try canary.installed == ["till": "1.0-1"])
            let report = try fleet.report(of: canary)
            let failure = try #require(report.failed.first)
            #expect(failure.declaration.commit.hex == bad && failure.isFinal)
            #expect(report.transaction?.result == .undone)
        }
        for store in stores {
            let cycle = try store.reconcile()
            #expect(cycle.phase == .waiting && cycle.codes.contains(.canaryFailed), "\(cycle)")
        }
        // It stays so: a failed declaration is not tried again.
        for canary in canaries {
            let before = try canary.databaseBytes
            #expect(try canary.reconcile().phase == .rolledBack)
            #expect(try canary.databaseBytes == before)
        }

        try fleet.revert()
        try await fleet.converge(canaries + stores)
        for node in canaries + stores { #expect(try node.installed == ["till": "1.0-1"]) }

        try fleet.declare("till: 1.2-1")
        try await fleet.converge(canaries + stores)
        for node in canaries + stores { #expect(try node.installed == ["till": "1.2-1"]) }
    }

    @Test func aGoodBaselineOnTopOfABadOneMovesOn() async throws {
        let (fleet, canaries, stores) = try await convergedFleet()
        try fleet.declare("till: 2.0-1")
        for node in canaries + stores { _ = try node.reconcile() }
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(canaries + stores)
        for node in canaries + stores { #expect(try node.installed == ["till": "1.2-1"]) }
    }
}
