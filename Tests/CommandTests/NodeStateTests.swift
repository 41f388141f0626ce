import FleetCore
import FleetTesting
import Foundation
import Glibc
import Testing

/// What a node does when its own configuration, key or state is not as it should be: an alarm, and nothing is
/// touched.
struct NodeStateTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    init() async throws {
        fleet = try await LocalFleet()
        node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.1-1")
    }

    private var stateFile: String { "\(node.state)/state.json" }

    /// A cycle ends with this code and these words on standard error, and changes neither packages nor state.
    private func expectAlarm(
        _ exitCode: Int32, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = (try node.databaseBytes, node.bytes(of: stateFile))
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == exitCode, "\(cycle)", sourceLocation: sourceLocation)
        for word in words {
            #expect(cycle.errors.contains(word), "\(cycle)", sourceLocation: sourceLocation)
        }
        let lines = cycle.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.databaseBytes == before.0, sourceLocation: sourceLocation)
        #expect(node.bytes(of: stateFile) == before.1, sourceLocation: sourceLocation)
    }

    private func expectMended(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let cycle = try node.reconcile()
        #expect(
            cycle.exitCode == 0 && cycle.phase == .converged, "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.1-1"], sourceLocation: sourceLocation)
        #expect(fleet.isUnbroken(try fleet.chain(of: node)), sourceLocation: sourceLocation)
    }

    @Test func aMissingConfigurationIsSaid() throws {
        try FileManager.default.removeItem(atPath: node.configuration)
        try expectAlarm(65, "there is no configuration", node.configuration)
        try node.configure()
        try expectMended()
    }

    @Test func aWrongConfigurationIsSaidWithItsPlace() throws {
        let text = try fleet.folder.read("nodes/canary-1/agent.yaml")
        try fleet.folder.write(text + "intervall: 5m\n", to: "nodes/canary-1/agent.yaml")
        try expectAlarm(65, "agent.yaml:9:1", "intervall", "interval")
        try node.configure()
        try expectMended()
    }

    @Test func aMissingPrivateKeyIsSaid() throws {
        let key = "\(node.state)/node_ed25519"
        try FileManager.default.moveItem(atPath: key, toPath: "\(key).away")
        try expectAlarm(1, "there is no key", key)
        try FileManager.default.moveItem(atPath: "\(key).away", toPath: key)
        try expectMended()
    }

    @Test func anUnreadableStateIsAnAlarmAndTheGenerationBeforeHelps() throws {
        try fleet.folder.write("{\"checksum\": \"torn", to: "nodes/canary-1/state/state.json")
        try expectAlarm(1, "state.json' is damaged", "nothing was changed", "enroll --new-state")
        #expect(try node.agent(["status"]).exitCode == 1)
        try FileManager.default.removeItem(atPath: stateFile)
        try FileManager.default.copyItem(atPath: "\(stateFile).previous", toPath: stateFile)
        try expectMended()
    }

    @Test func aStateWithoutItsChecksumIsAnAlarm() throws {
        let text = try fleet.folder.read("nodes/canary-1/state/state.json")
        let changed = text.replacingOccurrences(of: "\"sequence\": 2", with: "\"sequence\": 9")
        #expect(changed != text)
        try fleet.folder.write(changed, to: "nodes/canary-1/state/state.json")
        try expectAlarm(1, "checksum")
    }

    @Test func aMissingStateBesideAKeyIsAnAlarmAndANewOneIsDemandedInWords() throws {
        let number = try #require(try fleet.chain(of: node).last).report.sequence
        try FileManager.default.removeItem(atPath: stateFile)
        try expectAlarm(1, "is missing, though this node was at work before")
        // Enrolling again is no way around the alarm, unless a person says so.
        #expect(try node.agent(["enroll"]).exitCode == 1)
        #expect(!FileManager.default.fileExists(atPath: stateFile))
        #expect(try node.agent(["enroll", "--new-state"]).exitCode == 0)
        try expectMended()
        #expect(try fleet.report(of: node).sequence > number)
    }

    @Test func aNewStateFromADamagedOneContinuesTheChain() throws {
        try fleet.folder.write("", to: "nodes/canary-1/state/state.json")
        try expectAlarm(1, "damaged")
        #expect(try node.agent(["enroll", "--new-state"]).exitCode == 0)
        try expectMended()
    }

    @Test func aMachineWithANewKeyContinuesTheChainOfItsName() throws {
        for file in ["state.json", "state.json.previous", "node_ed25519"] {
            try FileManager.default.removeItem(atPath: "\(node.state)/\(file)")
        }
        try FileManager.default.removeItem(atPath: "\(node.state)/fleet.git")
        let old = try #require(try fleet.chain(of: node).last)
        let file = try node.agent(["enroll"])
        #expect(file.exitCode == 0)
        try fleet.write(file.text + "\n", to: "groups/canary/nodes/canary-1.yaml")
        try fleet.publish("Replace the machine")
        #expect(try node.reconcile().phase == .converged)
        let chain = try fleet.chain(of: node)
        let position = try #require(chain.firstIndex { $0.id == old.id })
        #expect(chain[position + 1].report.previous?.hex == old.id)
        #expect(chain[position + 1].report.sequence == 1)
    }

    @Test func aDamagedCloneIsMadeAnew() throws {
        try FileManager.default.removeItem(atPath: "\(node.state)/fleet.git/objects")
        try expectMended()
    }

    @Test func aSecondCycleLeavesTheFirstAlone() throws {
        let lock = open("\(node.state)/lock", O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try expectAlarm(75, "another cycle is running")
        flock(lock, LOCK_UN)
        try expectMended()
    }
}
