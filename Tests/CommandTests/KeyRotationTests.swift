import FleetCore
import FleetTesting
import Foundation
import Testing

/// A node gets another key, by real agents against a server with the hook.
struct KeyRotationTests {
    private func listedKey(_ file: String) -> String? {
        file.split(separator: "\n").first { $0.hasPrefix("key: ") }.map { String($0.dropFirst(5)) }
    }

    private func expectAuthentic(
        _ fleet: LocalFleet, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try plimsoll(
            "verify", "--receipts", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(result.exitCode == 0, "\(result.text) \(result.errorText)", sourceLocation: sourceLocation)
    }

    @Test func `a canary takes its new key by itself, and its gate waits no longer than that`() async throws {
        let fleet = try await LocalFleet()
        let canary = try fleet.enrol("canary-1", in: "canary")
        let store = try fleet.enrol("store-1", in: "stores")
        try fleet.publish("Enrol two")
        let hook = try plimsoll("hook", "install", "--introduction", fleet.introduction, in: fleet.server)
        #expect(hook.exitCode == 0, "\(hook.errorText)")
        try await fleet.converge([canary, store])
        let ownKey = "\(canary.state)/node_ed25519"
        let old = canary.bytes(of: ownKey)

        #expect(try canary.agent(["enroll", "--rotate", "--new-state"]).exitCode == 64)
        let file = try canary.agent(["enroll", "--rotate"])
        let again = try canary.agent(["enroll", "--rotate"])
        #expect(file.exitCode == 0 && file.text == again.text, "\(file.errorText)")
        let new = try #require(listedKey(file.text))
        #expect(file.text == "apiVersion: plimsoll/v1\nkey: \(new)")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(ownKey).next")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try canary.reconcile().exitCode == 0)
        #expect(canary.bytes(of: ownKey) == old)
        #expect(try canary.agent(["status"]).text.contains("until the fleet lists it"))
        let before = try #require(try fleet.chain(of: canary).last)

        // The commit that lists the new key takes what the old one says from every reader's next cycle on.
        try fleet.write(file.text + "\n", to: "groups/canary/nodes/canary-1.yaml")
        try fleet.declare("till: 1.1-1")
        let waiting = try store.reconcile()
        #expect(waiting.phase == .waiting && waiting.codes.contains(.canaryRejected), "\(waiting)")
        #expect(try canary.reconcile().phase == .converged)
        #expect(canary.bytes(of: ownKey) != old && canary.bytes(of: "\(ownKey).next") == nil)
        let chain = try fleet.chain(of: canary)
        let position = try #require(chain.firstIndex { $0.id == before.id })
        #expect(chain[position + 1].report.sequence == 1)
        #expect(chain[position + 1].report.previous?.hex == before.id)
        try await fleet.converge([canary, store])
        #expect(try store.installed == ["till": "1.1-1"])
        try expectAuthentic(fleet)
        let status = try plimsoll(
            "status", "--json", "--repository", fleet.clone, "--introduction", fleet.introduction)
        let nodes = try JSONValue(parsing: status.output)["nodes"]?.array ?? []
        #expect(nodes.map { $0["verified"]?.bool } == [true, true])

        // A key that was lost is another thing: what the node remembers stays, and it counts from one, too.
        try FileManager.default.removeItem(atPath: ownKey)
        let enrolled = try canary.agent(["enroll"])
        #expect(listedKey(enrolled.text) != new)
        try fleet.write(enrolled.text + "\n", to: "groups/canary/nodes/canary-1.yaml")
        try fleet.publish("canary-1 has lost its key")
        try await fleet.converge([canary, store])
        try expectAuthentic(fleet)
    }

    @Test func `where the key opens the way to the server, it stays until the new one does, too`()
        async throws
    {
        let fleet = try await LocalFleet()
        let server = try GitServer(.ssh, root: fleet.folder.path)
        let node = try fleet.enrol("canary-1", in: "canary")
        try node.configure(remote: server.url("server.git"), besides: "knownHosts: \(server.knownHosts)")
        let old = try #require(listedKey(try node.agent(["enroll"]).text))
        try server.letIn([old])
        try fleet.publish("Enrol")
        #expect(try node.reconcile().phase == .converged)
        let file = try node.agent(["enroll", "--rotate"]).text
        let new = try #require(listedKey(file))
        try fleet.write(file + "\n", to: "groups/canary/nodes/canary-1.yaml")
        try fleet.publish("Rotate")
        let early = try node.reconcile()
        #expect(early.exitCode == 69 && early.report == "queued", "\(early)")
        #expect(early.errors.contains("does not let it in yet"), "\(early)")
        #expect(FileManager.default.fileExists(atPath: "\(node.state)/node_ed25519.next"))
        try server.letIn([old, new])
        #expect(try node.reconcile().report == "sent")
        try server.letIn([new])
        #expect(try node.reconcile().exitCode == 0)
        let signer = try fleet.serverGit("cat-file", "-p", "latest/canary-1")
        #expect(signer.contains("BEGIN SSH SIGNATURE"))
        try expectAuthentic(fleet)
    }
}
