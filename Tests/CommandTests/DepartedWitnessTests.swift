import FleetCore
import FleetTesting
import Foundation
import Testing

/// A failure of a wave stays, whatever is done with the node in the fleet repository.
struct DepartedWitnessTests {
    private let fleet: LocalFleet
    /// In the order in which they move to till 1.1-1.
    private let order: [LocalNode]

    /// Three stores that move one after the other. The first has till 1.1-1 and a stuck drawer.
    init() async throws {
        fleet = try await LocalFleet()
        let nodes = try fleet.enrol(3, in: "stores")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/lab/group.yaml")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/stores/group.yaml")
        try fleet.publish("Move the stores at once")
        try await fleet.converge(nodes)
        try fleet.write(
            LocalFleet.group("gate: none", "waves: {steps: [1, 2, 100%], soak: 1s, healthy: 1, failures: 0}"),
            to: "groups/stores/group.yaml")
        try fleet.publish("Move the stores in waves")
        try fleet.declare("till: 1.1-1")
        for node in nodes { _ = try node.reconcile() }
        let declared = try #require(try fleet.report(of: nodes[0]).baseline.declared)
        order = try WavePlan(
            digest: declared.digest, nodes: nodes.map { .of($0.name) }, steps: [.percent(100)]
        ).order.map { name in try #require(nodes.first { $0.name == name.description }) }
        try fleet.folder.write("stuck", to: "nodes/\(order[0].name)/root/usr/share/till/broken")
        #expect(try order[0].reconcile().phase == .degraded)
    }

    private func expectHeldBack(
        _ nodes: [LocalNode], _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for node in nodes {
            let cycle = try node.reconcile()
            #expect(
                cycle.phase == .waiting && cycle.message(.waveFailed).contains(words), "\(cycle)",
                sourceLocation: sourceLocation)
            #expect(try node.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
        }
    }

    private func plimsoll(_ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll")] + arguments
                + ["--repository", fleet.clone, "--introduction", fleet.introduction],
            environment: Git.environment)
    }

    @Test func aNodeThatIsMovedToAnotherGroupHoldsItsWavesBack() async throws {
        try FileManager.default.createDirectory(
            atPath: fleet.folder.path("fleet/groups/lab/nodes"), withIntermediateDirectories: true)
        let name = order[0].name
        try fleet.git("mv", "groups/stores/nodes/\(name).yaml", "groups/lab/nodes/\(name).yaml")
        try fleet.publish("Move a failed node to the lab")
        #expect(try order[0].reconcile().phase == .degraded)
        try expectHeldBack(Array(order[1...]), "(\(name), which has left)")
        let why = try plimsoll("why", order[1].name)
        #expect(why.text.contains("(\(name), which has left)"), "\(why.text)\(why.errorText)")
        let rollout = try plimsoll("rollout")
        #expect(rollout.text.contains("which has left"), "\(rollout.text)\(rollout.errorText)")

        // Mended, it takes its word back.
        try FileManager.default.removeItem(
            atPath: fleet.folder.path("nodes/\(name)/root/usr/share/till/broken"))
        try await fleet.converge(order)
        for node in order { #expect(try node.installed == ["till": "1.1-1"]) }
        let receipt = try #require(try fleet.receipt(of: order[1]))
        #expect(receipt.wave?.witnesses.map(\.hasLeft) == [true])
        let audit = try plimsoll("verify", "--receipts")
        #expect(audit.exitCode == 0, "\(audit.text)\(audit.errorText)")
    }

    @Test func aNodeThatIsRemovedHoldsItsWavesBack() async throws {
        let name = order[0].name
        try fleet.git("rm", "--quiet", "groups/stores/nodes/\(name).yaml")
        try fleet.publish("Take a failed node out of the fleet")
        try expectHeldBack(Array(order[1...]), "(\(name), which has left)")
        // Nothing is forgotten when the server shows its report no more.
        for branch in ["status/\(name)", "latest/\(name)"] {
            try fleet.serverGit("update-ref", "-d", "refs/heads/\(branch)")
        }
        try expectHeldBack(Array(order[1...]), "(\(name), which has left)")
        // What is declared from now on does not wait for it.
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(Array(order[1...]))
        for node in order[1...] { #expect(try node.installed == ["till": "1.2-1"]) }
    }

    @Test func aNodeThatIsSetUpAnewHoldsItsWavesBack() async throws {
        let name = order[0].name
        try expectHeldBack([order[1]], "(\(name))")
        for path in [order[0].root, order[0].state] { try FileManager.default.removeItem(atPath: path) }
        let fresh = try fleet.enrol(name, in: "stores")
        try fleet.publish("Set \(name) up anew, with another key")
        try await fleet.converge([fresh])
        #expect(try fresh.installed == ["till": "1.1-1"])
        try expectHeldBack([order[1]], "(\(name))")
    }
}
