import FleetCore
import FleetTesting
import Foundation
import Testing

/// `plimsoll prune` on real repositories, with stock git as the judge of what it has written.
struct OperatorPruneTests {
    private let fleet: OperatorFleet

    /// Two canaries and two stores that have reported, and references of a node that no commit has ever
    /// listed.
    init() throws {
        fleet = try OperatorFleet(canaries: ["canary-1", "canary-2"], stores: ["store-1", "store-2"])
        for node in ["canary-1", "canary-2", "store-1", "store-2"] {
            let group = node.hasPrefix("canary") ? "canary" : "stores"
            try fleet.report(ReportMaking(node: node, group: group))
        }
        for kind in ["status", "latest"] {
            try Git.run("update-ref", "refs/heads/\(kind)/store-9", "\(kind)/store-1", in: fleet.server)
        }
    }

    private func remove(_ node: String, from group: String) throws {
        try Git.run("rm", "--quiet", "groups/\(group)/nodes/\(node).yaml", in: fleet.clone)
        try fleet.commit("Take \(node) out of the fleet")
    }

    /// All references of a repository but `main`, with what they name.
    private func references(of repository: String) throws -> [String: String] {
        let text = try Git.run(
            "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/status",
            "refs/heads/latest", in: repository)
        let pairs = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1]) })
    }

    /// What another repository gets from a bundle.
    private func content(of bundle: String) throws -> [String: String] {
        let reader = try Git.makeBareRepository("reader-\(UUID().uuidString).git", in: fleet.folder)
        try Git.run("bundle", "verify", "--quiet", bundle, in: reader)
        try Git.run("fetch", "--quiet", bundle, "refs/heads/*:refs/heads/*", in: reader)
        try Git.run("fsck", "--strict", in: reader)
        return try references(of: reader)
    }

    @Test func `what a node has left behind goes to a bundle and nothing else does`() throws {
        let first = try references(of: fleet.server)["status/store-2"]
        try fleet.report(ReportMaking(node: "store-2", sequence: 2, parent: first))
        let nothing = try plimsoll("prune", in: fleet.clone)
        #expect(nothing.exitCode == 0 && nothing.text.hasPrefix("Nothing is left"), "\(nothing.errorText)")

        try remove("store-2", from: "stores")
        let before = try references(of: fleet.server)
        let shown = try plimsoll("prune", in: fleet.clone)
        #expect(shown.exitCode == 2, "\(shown.errorText)")
        #expect(shown.text.contains("2 references of 1 node would be moved"))
        #expect(!shown.text.contains("store-1") && !shown.text.contains("store-9"))
        let there = try fleet.folder.write("mine", to: "there.bundle")
        let kept = try plimsoll("prune", "--bundle", there, in: fleet.clone)
        #expect(kept.exitCode == 64 && kept.errorText.contains("exists"), "\(kept.errorText)")
        let nowhere = try plimsoll(
            "prune", "--bundle", fleet.folder.path("nowhere/left.bundle"), in: fleet.clone)
        #expect(nowhere.exitCode == 64, "\(nowhere.errorText)")
        #expect(try references(of: fleet.server) == before)
        #expect(try fleet.folder.read("there.bundle") == "mine")

        let bundle = fleet.folder.path("left.bundle")
        let moved = try plimsoll("prune", "--bundle", bundle, "--json", in: fleet.clone)
        #expect(moved.exitCode == 0, "\(moved.errorText)")
        let node = try JSONValue(parsing: moved.output)["nodes"]?.array?.first
        #expect(node?["node"]?.string == "store-2" && node?["stays"] == .null)
        #expect(node?["references"]?.array?.map { $0["outcome"]?.string } == ["moved", "moved"])
        let gone = before.filter { $0.key.hasSuffix("/store-2") }
        #expect(gone.count == 2)
        #expect(try references(of: fleet.server) == before.filter { gone[$0.key] == nil })
        #expect(try content(of: bundle) == gone)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: fleet.folder.path)
                .filter { $0.contains("left.bundle") } == ["left.bundle"])
        #expect(try plimsoll("prune", in: fleet.clone).exitCode == 0)
    }

    @Test func `a failure that still counts for others stays until a person says otherwise`() throws {
        var failed = ReportMaking(node: "canary-2", group: "canary", phase: .failed)
        failed.failed = [try fleet.declared]
        try fleet.report(failed)
        // One that has failed in a group at which nobody looks holds back nobody.
        failed.node = "store-2"
        failed.group = "stores"
        try fleet.report(failed)
        // The introduction had no nodes: it is declared anew, with them in the groups.
        let path = "acme/baselines/debian-12.yaml"
        try fleet.folder.write(
            try fleet.folder.read(path).replacing("3.0.17-1~deb12u2", with: "3.0.17-1~deb12u3"), to: path)
        let commit = try #require(CommitID(try fleet.commit("Declare")))
        let declaration = Declaration(digest: try fleet.declared.digest, commit: commit)
        for node in ["canary-2", "store-2"] {
            failed.node = node
            failed.group = node == "canary-2" ? "canary" : "stores"
            failed.failed = [declaration]
            try fleet.report(failed)
        }
        try remove("canary-2", from: "canary")
        try remove("store-2", from: "stores")

        let shown = try plimsoll("prune", in: fleet.clone)
        #expect(shown.exitCode == 2 && shown.text.contains("2 references of 1 node would"), "\(shown.text)")
        let why = "left out: canary-2 at \(fleet.server): it failed what commit \(commit.short) declares"
        #expect(shown.text.contains(why) && shown.text.contains("nodes of 'stores'"), "\(shown.text)")
        let first = fleet.folder.path("first.bundle")
        #expect(try plimsoll("prune", "--bundle", first, in: fleet.clone).exitCode == 0)
        #expect(try Set(content(of: first).keys) == ["status/store-2", "latest/store-2"])
        #expect(try references(of: fleet.server)["latest/canary-2"] != nil)
        #expect(try plimsoll("prune", in: fleet.clone).exitCode == 0)

        for (node, word) in [("canary-1", "is in the fleet"), ("store-9", "no commit has ever listed")] {
            let wrong = try plimsoll("prune", "--include", node, in: fleet.clone)
            #expect(wrong.exitCode == 64 && wrong.errorText.contains(word), "\(wrong.errorText)")
        }
        let second = fleet.folder.path("second.bundle")
        let moved = try plimsoll("prune", "--include", "canary-2", "--bundle", second, in: fleet.clone)
        #expect(moved.exitCode == 0, "\(moved.errorText)")
        #expect(try Set(content(of: second).keys) == ["status/canary-2", "latest/canary-2"])
    }

    @Test(arguments: [false, true])
    func `what changes meanwhile stays and what the remote refuses is told`(overHTTP: Bool) throws {
        let web = overHTTP ? try GitHTTPServer(root: fleet.folder.path) : nil
        if let web {
            try Git.run("config", "http.receivepack", "true", in: fleet.server)
            try Git.run("remote", "set-url", "--push", "origin", fleet.server, in: fleet.clone)
            try Git.run("remote", "set-url", "origin", web.url("acme.git"), in: fleet.clone)
        }
        try remove("store-2", from: "stores")
        let before = try references(of: fleet.server)
        let chain = try #require(before["status/store-2"])
        let later = try fleet.make(
            ReportMaking(node: "store-2", sequence: 2, parent: chain), in: fleet.server
        ).chain
        // The node reports while the bundle is looked at.
        let git = try runSuccessfully(["sh", "-c", "command -v git"], environment: [:]).text
        try fleet.folder.write(
            """
            #!/bin/sh
            case "$*" in *"bundle verify"*)
              \(git) -C '\(fleet.server)' update-ref refs/heads/status/store-2 \(later);;
            esac
            exec \(git) "$@"
            """, to: "bin/git", mode: 0o755)
        let path = "\(fleet.folder.path("bin")):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let bundle = fleet.folder.path("left.bundle")
        let moved = try plimsoll(
            "prune", "--bundle", bundle, in: fleet.clone, environment: ["PATH": path])
        #expect(moved.exitCode == 1, "\(moved.text)\(moved.errorText)")
        #expect(moved.text.contains("has changed since, stays"), "\(moved.text)")
        var after = before
        after["latest/store-2"] = nil
        after["status/store-2"] = later
        #expect(try references(of: fleet.server) == after)
        #expect(try content(of: bundle) == before.filter { $0.key.hasSuffix("/store-2") })

        guard overHTTP else { return }
        try Git.run("config", "receive.denyDeletes", "true", in: fleet.server)
        let refused = try plimsoll(
            "prune", "--bundle", fleet.folder.path("refused.bundle"), in: fleet.clone)
        #expect(refused.exitCode == 1 && refused.text.contains("not deleted by the remote"))
        #expect(refused.errorText.contains("deletion prohibited"), "\(refused.errorText)")
        #expect(try references(of: fleet.server) == after)
        try Git.run("config", "receive.denyDeletes", "false", in: fleet.server)
        let done = try plimsoll("prune", "--bundle", fleet.folder.path("done.bundle"), in: fleet.clone)
        #expect(done.exitCode == 0, "\(done.errorText)")
        #expect(try references(of: fleet.server)["status/store-2"] == nil)
    }

    @Test func `on a server with a hook it is done by the repository's path`() throws {
        let status = try Git.makeBareRepository("status-stores.git", in: fleet.folder)
        _ = try Git.makeBareRepository("status-canary.git", in: fleet.folder)
        for kind in ["status", "latest"] {
            try Git.run("push", "--quiet", status, "\(kind)/store-2", in: fleet.server)
        }
        let text = try fleet.folder.read("acme/fleet.yaml")
        try fleet.folder.write(
            text.replacing("remote: null", with: "remote: ssh://git@nowhere.invalid/status-{group}.git"),
            to: "acme/fleet.yaml")
        // Nobody is left in the group, whose folder goes with its nodes.
        try Git.run("rm", "--quiet", "-r", "groups/stores", in: fleet.clone)
        try fleet.commit("Give the stores up")
        for (folder, fleetFolder) in [(fleet.server, nil), (status, fleet.server)] {
            let more = fleetFolder.map { ["--fleet", $0] } ?? []
            try runSuccessfully(
                [
                    BuiltProgram.path("plimsoll"), "hook", "install", "--introduction", fleet.introduction,
                ] + more, in: folder, environment: Git.environment)
        }
        let push = try run(
            ["git", "push", status, ":status/store-2"], in: fleet.clone, environment: Git.environment)
        #expect(push.exitCode != 0 && push.errorText.contains("plimsoll prune"), "\(push.errorText)")

        let bundle = fleet.folder.path("left.bundle")
        let moved = try plimsoll(
            "prune", "--repository", fleet.server, "--status", fleet.folder.path("status-{group}.git"),
            "--introduction", fleet.introduction, "--bundle", bundle, in: fleet.folder.path)
        #expect(moved.exitCode == 0, "\(moved.text)\(moved.errorText)")
        #expect(try references(of: status).isEmpty)
        #expect(try Set(content(of: bundle).keys) == ["status/store-2", "latest/store-2"])
    }

    @Test func `a branch that is not authentic says nothing of who has left`() throws {
        try Git.run("rm", "--quiet", "groups/stores/nodes/store-2.yaml", in: fleet.clone)
        try fleet.commit("Nobody signs this", isSigned: false)
        let before = try references(of: fleet.server)
        let refused = try plimsoll("prune", "--bundle", fleet.folder.path("x.bundle"), in: fleet.clone)
        #expect(refused.exitCode == 77 && refused.errorText.contains("authentic branch"))
        #expect(try references(of: fleet.server) == before)
    }
}
