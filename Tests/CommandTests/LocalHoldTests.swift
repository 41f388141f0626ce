import FleetCore
import FleetTesting
import Foundation
import Testing

/// Holds by people and programs on the node itself.
struct LocalHoldTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    init() async throws {
        fleet = try await LocalFleet()
        node = try fleet.enrol(1, in: "canary")[0]
        try node.configure(besides: "clock: trusted")
        #expect(try node.reconcile().phase == .converged)
    }

    private func command(_ arguments: String...) throws -> CommandResult { try node.agent(arguments) }

    @Test func aHoldOnTheNodeStopsItUntilItIsReleased() throws {
        let held = try command("hold", "--reason", "card reader is open", "--until", "4h")
        #expect(held.exitCode == 0 && held.text.contains("\(node.name) is held until 20"), "\(held.text)")
        try fleet.declare("till: 1.1-1")
        let cycle = try node.reconcile()
        #expect(cycle.phase == .held && cycle.exitCode == 0 && cycle.codes == [.localHold])
        #expect(try node.installed == ["till": "1.0-1"])
        let report = try fleet.report(of: node)
        #expect(report.phase == .held)
        #expect(report.reasons.first?.message.contains("card reader is open") == true)
        let status = try command("status")
        #expect(status.text.contains("card reader is open"), "\(status.text)")

        let released = try command("release")
        #expect(released.text.contains("is released; it was held: card reader is open"))
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try command("release").text.contains("was not held by 'plimsoll-agent hold'"))
    }

    @Test func aFileOfAnotherProgramHoldsAndIsNotReleased() throws {
        try fleet.folder.write("backup of the night\n", to: "nodes/\(node.name)/hold.d/backup")
        try fleet.declare("till: 1.1-1")
        #expect(try node.reconcile().codes == [.localHold])
        let released = try command("release")
        #expect(released.exitCode == 0 && released.text.contains("hold.d/backup', until that file is gone"))
        #expect(try node.reconcile().phase == .held)
        try FileManager.default.removeItem(
            atPath: fleet.folder.path("nodes/\(node.name)/hold.d/backup"))
        #expect(try node.reconcile().phase == .converged)
    }

    @Test(arguments: [
        ["--reason", ""], ["--reason", "x", "--until", "yesterday"],
        ["--reason", "x", "--until", "2000-01-01T00:00:00Z"],
        ["--reason", String(repeating: "x", count: 201)],
    ])
    func aWrongHoldIsRefusedAndHoldsNothing(arguments: [String]) throws {
        #expect(try node.agent(["hold"] + arguments).exitCode == 64)
        #expect(node.bytes(of: fleet.folder.path("nodes/\(node.name)/hold.d/operator.yaml")) == nil)
    }

    @Test func theFolderCanBeElsewhere() throws {
        let folder = fleet.folder.path("veto")
        try node.configure(besides: "holds: \(folder)")
        #expect(try command("hold", "--reason", "operation").exitCode == 0)
        #expect(node.bytes(of: "\(folder)/operator.yaml") != nil)
        #expect(try node.reconcile().codes == [.localHold])
    }
}
