import FleetCore
import FleetTesting
import Foundation
import Testing

/// Nodes whose network work is done by another user, against a real sshd.
@Suite(.enabled(if: getuid() == 0, "only root can work as somebody else"))
struct NetworkUserTests {
    @Test func `a rollout goes its way when the network is read without rights`() async throws {
        let fleet = try await LocalFleet()
        let server = try GitServer(.ssh, root: fleet.folder.path)
        // Readable by root alone, as the node's own key is.
        let lines = "networkUser: nobody\nsshKey: \(server.clientKey)\nknownHosts: \(server.knownHosts)"
        var nodes: [LocalNode] = []
        for (name, group) in [("canary-1", "canary"), ("store-1", "stores")] {
            let node = try fleet.enrol(name, in: group)
            try node.configure(remote: server.url("server.git"), besides: lines)
            nodes.append(node)
        }
        try fleet.publish("Enrol two")
        let (canary, store) = (nodes[0], nodes[1])
        #expect(try canary.reconcile().phase == .converged)
        try eventuallyHere("the canary has been well for a second, and the store follows") {
            _ = try canary.reconcile()
            return try store.reconcile().phase == .converged
        }
        #expect(try store.installed == ["till": "1.0-1"])
        let quiet = try store.reconcile()
        #expect(quiet.phase == .converged && quiet.exitCode == 0)
        let references = try Git.run("for-each-ref", "--format=%(refname)", in: fleet.server)
        for name in ["canary-1", "store-1"] {
            #expect(references.contains("refs/heads/status/\(name)"))
            #expect(references.contains("refs/heads/latest/\(name)"))
        }
    }

    @Test func `a user that is not there is told, with what to do`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        try node.configure(besides: "networkUser: plimsoll-of-nowhere")
        let result = try node.agent(["reconcile"])
        #expect(result.exitCode == 1)
        #expect(
            result.errorText.contains("could not look up user 'plimsoll-of-nowhere'"), "\(result.errorText)")
        #expect(result.errorText.contains("useradd --system"))
        try node.configure(besides: "networkUser: Not A User")
        let wrong = try node.agent(["reconcile"])
        #expect(wrong.exitCode == 65)
        #expect(wrong.errorText.contains("expected the name of a user of this machine"), "\(wrong.errorText)")
    }
}
