import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetRepository

/// What a node finds of its own in the chain that the remote has for its name.
struct RemoteChainTests {
    @Test func `a node finds its newest report below those of a machine that took its name`() async throws {
        let fleet = try ClaimFleet(nodes: 1)
        let old = try await fleet.agent("atm-1")
        #expect(try await old.sink.remoteChain() == nil)
        try old.report(.converged)
        try old.report(.waiting)

        try fleet.writeNode("atm-1")
        try fleet.publish("Replace atm-1")
        let new = try await fleet.agent("atm-1")
        let found = try #require(try await new.sink.remoteChain())
        #expect(!found.isOwn && found.ownSequence == nil)
        new.takeUp(found.tip)
        try new.report(.converged)

        let seenByOld = try #require(try await old.sink.remoteChain())
        #expect(!seenByOld.isOwn && seenByOld.ownSequence == 2)
        let seenByNew = try #require(try await new.sink.remoteChain())
        #expect(seenByNew.isOwn && seenByNew.ownSequence == 1)
        #expect(seenByNew.tip == seenByOld.tip)
    }
}
