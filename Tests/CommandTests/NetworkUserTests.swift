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

    @Test func `a node reaches its fleet by https with a password of root's, or says why not`() async throws {
        let fleet = try await LocalFleet()
        let authority = try TestAuthority()
        let server = try GitHTTPServer(root: fleet.folder.path, authority: authority)
        try Git.run("config", "http.receivepack", "true", in: fleet.server)
        let password = try fleet.folder.write("\(GitHTTPServer.password)\n", to: "password", mode: 0o600)
        let remote = server.url("server.git", .tls, at: .basic)
        let node = try fleet.enrol("canary-1", in: "canary")
        try node.configure(
            remote: remote,
            besides: """
                networkUser: nobody
                http:
                  - url: \(remote)
                    caFile: \(authority.certificates)
                    user: \(GitHTTPServer.user)
                    password: {file: \(password)}
                """)
        try fleet.publish("Enrol one")
        #expect(try node.reconcile().phase == .converged)
        let references = try Git.run("for-each-ref", "--format=%(refname)", in: fleet.server)
        #expect(references.contains("refs/heads/status/canary-1"))
        for (content, mode, words) in [
            ("wr0ng", 0o600, "refuses this user and password"), ("wr0ng", 0o644, "must be 0600 or 0400"),
        ] {
            try fleet.folder.write(content, to: "password", mode: mode)
            let result = try node.agent(["reconcile"])
            #expect(result.exitCode == 69, "\(result.errorText)")
            #expect((result.text + result.errorText).contains(words), "\(result.text) \(result.errorText)")
            #expect(!(result.text + result.errorText).contains("wr0ng"))
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
