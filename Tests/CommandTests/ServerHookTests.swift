import FleetCore
import FleetTesting
import Foundation
import Testing

/// The hook of a server, from its installation on, with stock git and real agents as clients.
struct ServerHookTests {
    private func install(_ arguments: String..., in folder: String) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll"), "hook", "install"] + arguments, in: folder,
            environment: Git.environment)
    }

    @Test func `installing says what it does, and leaves alone what is somebody else's`() throws {
        let fleet = try OperatorFleet(stores: ["store-1"])
        let notBare = try install(in: fleet.clone)
        #expect(notBare.exitCode == 64 && notBare.errorText.contains("is no bare repository"))
        let empty = try Git.makeBareRepository("empty.git", in: fleet.folder)
        let unborn = try install(in: empty)
        #expect(unborn.exitCode == 64 && unborn.errorText.contains("--introduction COMMIT"))
        let hook = try fleet.folder.write(
            "#!/bin/sh\nexit 0\n", to: "acme.git/hooks/pre-receive", mode: 0o755)
        let foreign = try install(in: fleet.server)
        #expect(foreign.exitCode == 64 && foreign.errorText.contains("Plimsoll has not written"))
        #expect(try fleet.folder.read("acme.git/hooks/pre-receive") == "#!/bin/sh\nexit 0\n")
        #expect(try Git.run("config", "--list", in: fleet.server).contains("plimsoll.") == false)
        // As `git init --shared` leaves it.
        try Git.run("config", "receive.denyNonFastForwards", "true", in: fleet.server)
        try Git.run("config", "receive.maxInputSize", "1g", in: fleet.server)
        let replaced = try install("--replace", in: fleet.server)
        #expect(replaced.exitCode == 0, "\(replaced.errorText)")
        #expect(replaced.text.contains("Written: \(hook)"))
        #expect(replaced.text.contains("Trusted from \(fleet.introduction) on."))
        #expect(replaced.errorText.contains("compare it with what the nodes pin"))
        #expect(try Git.run("config", "receive.denyNonFastForwards", in: fleet.server) == "false")
        #expect(try Git.run("config", "receive.maxInputSize", in: fleet.server) == "1g")
        let again = try install("--introduction", fleet.introduction, in: fleet.server)
        #expect(again.exitCode == 0 && again.errorText.isEmpty && !again.text.contains("Set:"))
        let other = try install("--introduction", String(repeating: "1", count: 40), in: fleet.server)
        #expect(other.exitCode == 77 && other.errorText.contains("is not on the first-parent chain"))
        try Git.run("config", "core.hooksPath", "/nonexistent/hooks", in: fleet.server)
        #expect(try install(in: fleet.server).errorText.contains("core.hooksPath"))
        #expect(try install("--settings-only", in: fleet.server).exitCode == 0)
    }

    @Test func `a branch begins with the introduction and is healed through the hook`() throws {
        let fleet = try OperatorFleet(stores: ["store-1"])
        let good = try fleet.head
        let bad = try fleet.commit("Nobody signs this", isSigned: false)
        let installed = try install("--introduction", fleet.introduction, in: fleet.server)
        #expect(installed.errorText.contains("the branch is not authentic"), "\(installed.errorText)")
        let more = try run(
            ["git", "commit", "--quiet", "--allow-empty", "-m", "More"], in: fleet.clone,
            environment: Git.environment)
        #expect(more.exitCode == 0)
        let refused = try run(
            ["git", "push", "origin", "HEAD:main"], in: fleet.clone, environment: Git.environment)
        #expect(refused.exitCode == 1 && refused.errorText.contains("is not authentic"))
        let healing = try plimsoll(
            "vouch", "--discard", "--read", bad, "--introduction", fleet.introduction, in: fleet.clone)
        #expect(healing.exitCode == 0, "\(healing.errorText)")
        let push = try #require(healing.lines.last?.split(separator: " ").last)
        try Git.run("push", "--quiet", "origin", String(push), in: fleet.clone)
        #expect(try Git.run("rev-parse", "main^1", in: fleet.server) == good)

        let empty = try Git.makeBareRepository("empty.git", in: fleet.folder)
        #expect(try install("--introduction", good, in: empty).exitCode == 0)
        let early = try run(
            ["git", "push", empty, "\(fleet.introduction):refs/heads/main"], in: fleet.clone,
            environment: Git.environment)
        #expect(early.errorText.contains("is not on the first-parent chain"), "\(early.errorText)")
        try Git.run("push", "--quiet", empty, "\(good):refs/heads/main", in: fleet.clone)
    }

    @Test func `reports have a repository of their own, and an update hook judges them, too`() throws {
        let fleet = try OperatorFleet(stores: ["store-1"])
        let status = try Git.makeBareRepository("status.git", in: fleet.folder)
        let installed = try install(
            "--introduction", fleet.introduction, "--fleet", "../acme.git", "--settings-only", in: status)
        #expect(installed.exitCode == 0, "\(installed.errorText)")
        let script = "#!/bin/sh\nexec '\(BuiltProgram.path("plimsoll"))' hook update \"$@\"\n"
        try fleet.folder.write(script, to: "status.git/hooks/update", mode: 0o755)
        func push(_ refspecs: String...) throws -> CommandResult {
            try run(["git", "push", status] + refspecs, in: fleet.clone, environment: Git.environment)
        }
        let first = try fleet.make(ReportMaking(node: "store-1"), in: fleet.clone)
        let both = try push(
            "+\(first.latest):refs/heads/latest/store-1", "\(first.chain):refs/heads/status/store-1")
        #expect(both.exitCode == 0, "\(both.errorText)")
        let gap = try fleet.make(
            ReportMaking(node: "store-1", sequence: 3, parent: first.chain), in: fleet.clone)
        let refused = try push(
            "+\(gap.latest):refs/heads/latest/store-1", "\(gap.chain):refs/heads/status/store-1")
        #expect(refused.errorText.contains("its number is 3, expected 2"), "\(refused.errorText)")
        #expect(try Git.run("rev-parse", "latest/store-1", in: status) == first.latest)
        let main = try push("\(try fleet.head):refs/heads/main")
        #expect(main.errorText.contains("this repository takes 'status/<node>'"), "\(main.errorText)")
    }

    @Test func `real agents report and claim through it`() async throws {
        let fleet = try await LocalFleet()
        try fleet.write(
            LocalFleet.group("gate: none", "budget: {unavailable: 1, per: site}"),
            to: "groups/canary/group.yaml")
        let nodes = try ["canary-1", "canary-2"].map {
            try fleet.enrol($0, in: "canary", besides: "labels: {site: berlin-3}\n")
        }
        try fleet.publish("Enrol two of one site")
        #expect(try install("--introduction", fleet.introduction, in: fleet.server).exitCode == 0)
        try await fleet.converge(nodes)
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(nodes)
        for node in nodes {
            #expect(try node.installed == ["till": "1.1-1"])
            #expect(try fleet.isUnbroken(fleet.chain(of: node)))
        }
        #expect(try fleet.serverGit("rev-list", "--count", "claims/canary/berlin-3") == "4")
        // A node that follows an older branch than the one by which its reports are judged: it was removed
        // there, cannot report any more, and says in which words it was told so.
        let before = try fleet.tip
        let file = "groups/canary/nodes/canary-2.yaml"
        try fleet.git("rm", "--quiet", file)
        try fleet.publish("Remove canary-2")
        let fork = try #require(CommitID(before))
        try nodes[1].configure(remote: "file://\(try mirror(of: fleet, at: fork))", besides: "")
        try fleet.folder.write("", to: "nodes/canary-2/hold.d/now")
        let cycle = try nodes[1].reconcile()
        #expect(cycle.report == "queued", "\(cycle)")
        let told = cycle.document["report"]?["message"]?.string ?? ""
        #expect(told.contains("does not list the node 'canary-2'"), "\(told)")
    }

    /// A repository that shows an older branch, and whose reports are judged by the newer one.
    private func mirror(of fleet: LocalFleet, at commit: CommitID) throws -> String {
        let mirror = try Git.makeBareRepository("mirror.git", in: fleet.folder)
        try fleet.serverGit("push", "--quiet", mirror, "\(commit):refs/heads/main")
        for kind in ["status", "latest"] {
            try fleet.serverGit("push", "--quiet", mirror, "\(kind)/canary-2")
        }
        let installed = try install(
            "--introduction", fleet.introduction, "--fleet", fleet.server, in: mirror)
        #expect(installed.exitCode == 0, "\(installed.errorText)")
        return mirror
    }
}
