import FleetCore
import FleetTesting
import Testing

/// A group that moves in waves, as real nodes do.
struct WavesTests {
    @Test func aGroupMovesInTheOrderOfItsWavesAndWaitsForAPersonWhereItShall() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(3, in: "stores")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/stores/group.yaml")
        try fleet.publish("Move the stores at once")
        try await fleet.converge(nodes)
        try fleet.write(
            LocalFleet.group(
                "gate: none",
                "waves:", "  steps: [33%, {share: 66%, pause: true}, 100%]",
                "  soak: 1s", "  healthy: 100%", "  failures: 0"),
            to: "groups/stores/group.yaml")
        try fleet.publish("Move the stores in waves")
        let wanted = try fleet.declare("till: 1.1-1")

        // The first to run waits, too, unless it is the first of the order.
        let first = try nodes.map { try $0.reconcile() }
        let declared = try #require(try fleet.report(of: nodes[0]).baseline.declared)
        #expect(declared.commit.hex == wanted)
        let plan = WavePlan(
            digest: declared.digest, nodes: nodes.map { .of($0.name) },
            steps: [.percent(33), .percent(66), .percent(100)])
        let order = try plan.order.map { name in try #require(nodes.first { $0.name == name.description }) }
        #expect(try order[0].installed == ["till": "1.1-1"], "\(first)")
        for node in order[1...] { #expect(try node.installed == ["till": "1.0-1"], "\(first)") }

        // Its soak passes; the pause is left.
        try await fleet.cycle(order) { $0[1].codes == [.wavePause] && $0[2].codes == [.wavePause] }
        try await eventually("the first is well for a second") {
            _ = try order[0].reconcile()
            return try fleet.report(of: order[0]).proven.contains {
                $0.declaration == declared && $0.healthyFor >= .of("1s")
            }
        }
        #expect(try order[1].reconcile().codes == [.wavePause])
        #expect(try order[1].installed == ["till": "1.0-1"])

        try fleet.write(
            """
            apiVersion: plimsoll/v1
            declaration: {digest: \(declared.digest), commit: \(declared.commit)}
            step: 2

            """, to: "groups/stores/proceed.yaml")
        try fleet.publish("Let step 2 of the stores begin")
        let second = try order[1].reconcile()
        #expect(second.phase == .converged, "\(second)")
        let third = try order[2].reconcile()
        #expect(third.codes == [.wave], "\(third)")
        #expect(third.message(.wave).contains("1 soaking"), "\(third)")
        #expect(try order[2].installed == ["till": "1.0-1"])
        try await fleet.converge(order)
        for node in order { #expect(try node.installed == ["till": "1.1-1"]) }
        let receipt = try #require(try fleet.receipt(of: order[2]))
        #expect(receipt.wave?.step == 3)
        #expect(receipt.wave?.witnesses.map(\.node.description) == order[..<2].map(\.name))

        // The way back asks no wave.
        try fleet.git("revert", "--no-edit", wanted)
        try fleet.push()
        for node in order.reversed() {
            let cycle = try node.reconcile()
            #expect(cycle.phase == .converged, "\(cycle)")
            #expect(try node.installed == ["till": "1.0-1"])
        }
    }
}
