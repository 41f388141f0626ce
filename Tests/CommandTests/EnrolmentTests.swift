import FleetCore
import FleetTesting
import Foundation
import Testing

struct EnrolmentTests {
    @Test func enrollPrintsTheNodesFileAndNothingElse() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        let again = try node.agent(["enroll"])
        let publicKey = try runSuccessfully(["ssh-keygen", "-y", "-f", "\(node.state)/node_ed25519"]).text
        let key = publicKey.split(separator: " ").prefix(2).joined(separator: " ")
        #expect(again.text == "apiVersion: plimsoll/v1\nkey: \(key)")
        #expect(again.errorText.contains("groups/<group>/nodes/canary-1.yaml"))
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(node.state)/node_ed25519")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func enrollWritesTheConfigurationFirstIfThereIsNone() async throws {
        let fleet = try await LocalFleet()
        let node = LocalNode(name: "canary-1", fleet: fleet)
        let options = [
            "--remote", "file://\(fleet.server)", "--introduction", fleet.introduction, "--name", "canary-1",
            "--state", node.state,
        ]
        #expect(try node.agent(["enroll"]).exitCode == 65)
        #expect(try node.agent(["enroll"] + options).exitCode == 0)
        let written = node.bytes(of: node.configuration)
        #expect(String(decoding: written ?? [], as: UTF8.self).contains(fleet.introduction))
        #expect(try node.agent(["enroll", "--remote", "https://example.com"]).exitCode == 64)
        #expect(node.bytes(of: node.configuration) == written)
    }

    @Test func aNodeThatIsNotInTheFleetYetSaysWhichFileIsAwaited() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        let before = try node.reconcile()
        #expect(before.exitCode == 0 && before.phase == .notEnrolled && before.report == "nobody")
        #expect(before.message(.notEnrolled).contains("nodes/canary-1.yaml"))
        #expect(try node.installed.isEmpty)
        try fleet.publish("Enrol")
        #expect(try node.reconcile().admitted != nil)
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func theFirstConvergencePassesTheGate() async throws {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(2, in: "canary")
        let stores = try fleet.enrol(2, in: "stores")
        for store in stores {
            let cycle = try store.reconcile()
            #expect(cycle.phase == .waiting && cycle.exitCode == 0 && cycle.admitted == nil, "\(cycle)")
            #expect(cycle.codes.contains(.tooFewHealthy) || cycle.codes.contains(.canaryBehind), "\(cycle)")
            #expect(try store.installed.isEmpty)
        }
        for canary in canaries { #expect(try canary.reconcile().phase == .converged) }
        try await fleet.converge(canaries + stores)
        for node in canaries + stores { #expect(try node.installed == ["till": "1.0-1"]) }
        let receipt = try fleet.serverGit("show", "latest/stores-1:receipt.json")
        #expect(receipt.contains("\"basis\": \"gate\""))
    }
}
