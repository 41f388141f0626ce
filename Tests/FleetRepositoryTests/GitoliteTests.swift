import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetRepository

/// A fleet behind gitolite, with its rights for each node and Plimsoll's hook.
@Suite(.enabled(if: Gitolite.isInstalled, "needs gitolite"))
struct GitoliteTests {
    /// As docs/server.md has it.
    private static let rights = """
        @operators = ada
        @nodes     = atm-1 atm-2

        repo fleet
            RW main                                = @operators
            R                                      = @nodes
            option hook.pre-receive                = plimsoll

        repo status
            R                                      = @operators @nodes
            RW+ refs/heads/(status|latest)/USER/?$ = @nodes
            RW  refs/heads/claims/stores/          = @nodes
            option hook.pre-receive                = plimsoll

        """

    private let fleet: ClaimFleet
    private let gitolite: Gitolite

    init() throws {
        fleet = try ClaimFleet(nodes: 2)
        let program = BuiltProgram.path("plimsoll")
        var keys: [String: String] = [:]
        for name in ["ada", "atm-1", "atm-2"] {
            keys[name] = try SSHKeyFiles("ssh-\(name)", in: fleet.folder).publicLine
        }
        gitolite = try Gitolite(
            Self.rights, keys: keys, hooks: ["plimsoll": "#!/bin/sh\nexec \(program) hook pre-receive\n"])
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\n"
                + "status: {remote: '\(gitolite.server.url("status"))'}\n", to: "work/fleet.yaml")
        try fleet.publish("Reports have a repository of their own")
        try install(in: "fleet")
    }

    /// Writes into a repository's settings what the hook goes by.
    private func install(in repository: String, _ arguments: String...) throws {
        try runSuccessfully(
            [BuiltProgram.path("plimsoll"), "hook", "install", "--settings-only", "--introduction"]
                + [fleet.introduction.hex] + arguments,
            in: gitolite.path(repository), environment: Git.environment)
    }

    private func ssh(_ user: String) -> SSHOptions {
        SSHOptions(key: fleet.folder.path("ssh-\(user)"), knownHosts: gitolite.server.knownHosts)
    }

    /// Pushes the branch with stock git.
    private func publish(as user: String) throws -> CommandResult {
        var environment = Git.environment
        environment["GIT_SSH_COMMAND"] =
            "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -i \(fleet.folder.path("ssh-\(user)")) "
            + "-o UserKnownHostsFile=\(gitolite.server.knownHosts)"
        return try run(
            ["git", "push", gitolite.server.url("fleet"), "main"], in: fleet.work, environment: environment)
    }

    @Test func `a node reports in its own name alone, and nobody brings what readers would not believe`()
        async throws
    {
        let stranger = try publish(as: "atm-1")
        #expect(stranger.exitCode != 0 && stranger.errorText.contains("W any fleet atm-1 DENIED by fallthru"))
        let published = try publish(as: "ada")
        #expect(published.exitCode == 0, "\(published.errorText)")
        try Git.commit("Nobody signs this", in: fleet.work)
        let unsigned = try publish(as: "ada")
        #expect(unsigned.exitCode != 0 && unsigned.errorText.contains("plimsoll: refs/heads/main: commit"))

        try install(in: "status", "--fleet", gitolite.path("fleet"))
        let url = gitolite.server.url("fleet")
        let agent = try await fleet.agent("atm-1", by: [url], ssh: ssh("atm-1"))
        let first = try agent.write(.converged)
        #expect(await agent.sink.push(first) == .pushed)
        #expect(try Git.run("rev-parse", "status/atm-1", in: gitolite.path("status")) == first.hex)
        #expect(try agent.claimNow() == .accepted)

        // With the right signature and another node's way in.
        let thief = try await fleet.agent("atm-1", by: [url], ssh: ssh("atm-2"))
        #expect(try await thief.sink.remoteChain()?.tip == first)
        thief.takeUp(first, number: 1)
        guard case .refused(let words) = await thief.sink.push(try thief.write(.waiting)) else {
            Issue.record("taken")
            return
        }
        #expect(words.contains("W refs/heads/status/atm-1 status atm-2 DENIED by fallthru"), "\(words)")
        // With its own way in, and what it has not signed.
        let forged = try agent.source.clone.repository.report(parent: first, message: "forged")
        let push = try #require(
            PushRefspec(commit: forged, destination: "refs/heads/status/atm-1", force: false))
        let verdicts = try agent.source.network.push(
            [push], to: RemoteURL(gitolite.server.url("status")), from: agent.source.settings.cloneFolder)
        guard case .rejected(let reason) = verdicts[push.destination] else {
            Issue.record("\(verdicts)")
            return
        }
        #expect(reason.contains("plimsoll: refs/heads/status/atm-1: "), "\(reason)")
        #expect(try Git.run("rev-parse", "status/atm-1", in: gitolite.path("status")) == first.hex)
    }
}
