import FleetCore
import FleetTesting
import Testing

/// Who may put what on the branch, seen from a node: `trust.branch` and `trust.threshold`, with the approvals
/// of `plimsoll approve`. The group `canary` moves at once, so a node of it shows what it would have done.
struct ApprovalTests {
    private let fleet: LocalFleet
    private let node: LocalNode
    private let bob: SSHKeyFiles
    /// The commit from which on it takes two persons.
    private let good: String

    private static let trust = "trust: {branch: main, threshold: 2}\n"
    private static let head = "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\n"
    private static let trailer = "Plimsoll-Branch: harbour/main"

    init() async throws {
        fleet = try await LocalFleet()
        node = try fleet.enrol("canary-1", in: "canary")
        bob = try SSHKeyFiles("bob", in: fleet.folder)
        try fleet.write(
            LocalFleet.signers([fleet.operatorKey]) + "bob@example.com \(bob.publicLine)\n",
            to: "trust/allowed_signers")
        try fleet.write(Self.head + Self.trust, to: "fleet.yaml")
        good = try fleet.publish("Ask for two")
        #expect(try node.reconcile().phase == .converged)
    }

    private func write(_ version: String) throws {
        try fleet.write(LocalFleet.baseline(["till: \(version)"]), to: "baselines/deb.yaml")
    }

    private func publish(_ message: String, by key: SSHKeyFiles) throws -> String {
        try fleet.publish("\(message)\n\n\(Self.trailer)", signedWith: key)
    }

    /// The node is well with what was approved, and says what waits.
    @discardableResult
    private func expectWaiting(
        _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Cycle {
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 0 && cycle.phase == .converged, "\(cycle)", sourceLocation: sourceLocation)
        #expect(cycle.message(.approvalMissing).contains(words), "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
        return cycle
    }

    private func expectRefusal(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let cycle = try node.reconcile()
        #expect(
            cycle.exitCode == 77 && cycle.phase == .untrusted, "\(cycle)", sourceLocation: sourceLocation)
        #expect(cycle.message(.untrusted).contains(words), "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
    }

    @Test func `a node follows what two persons have signed, and no more`() throws {
        try write("1.1-1")
        let change = try publish("Declare", by: fleet.operatorKey)
        let waiting = "1 commit waits for approval: \(change.prefix(12)) has 1 of 2 keys (ada@example.com)"
        let cycle = try expectWaiting(waiting)
        #expect(cycle.document["mark"]?.string == change && cycle.document["commit"]?.string == good)
        #expect(try fleet.report(of: node).commit.hex == good)
        let status = try node.agent(["status"])
        #expect(status.text.contains(waiting), "\(status.text)")
        let why = try plimsoll(
            "why", "canary-1", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(why.text.contains("waits for approval") && why.exitCode == 0, "\(why.text)\(why.errorText)")
        let seen = try plimsoll(
            "status", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(seen.errorText.contains("\(waiting); nodes follow \(good.prefix(12))"), "\(seen.errorText)")
        #expect(seen.exitCode == 0)

        // One's own approval is nobody else's; the other one's lets all nodes move.
        for (key, says) in [(fleet.operatorKey, "With it, 1 commit waits for approval"), (bob, "Next: ")] {
            let shown = try approve()
            #expect(shown.text.contains("baselines/deb.yaml"), "\(shown.text)\(shown.errorText)")
            #expect(shown.errorText.contains("plimsoll approve \(change)"))
            let signed = try approve(change, "--key", key.path)
            #expect(signed.text.contains(says) && signed.exitCode == 0, "\(signed.text)\(signed.errorText)")
            #expect(try node.reconcile().phase == .converged)
            #expect(try node.installed == ["till": "1.0-1"])
            let push = try #require(signed.lines.last?.split(separator: " ").dropFirst().map(String.init))
            try runSuccessfully(push, in: fleet.clone, environment: Git.environment)
        }
        let moved = try node.reconcile()
        #expect(moved.phase == .converged && !moved.codes.contains(.approvalMissing), "\(moved)")
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try fleet.report(of: node).baseline.declared?.commit.hex == change)
        let verified = try plimsoll(
            "verify", "--receipts", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(verified.exitCode == 0, "\(verified.text)")
    }

    private func approve(_ arguments: String...) throws -> CommandResult {
        try run(
            [
                BuiltProgram.path("plimsoll"), "approve", "--repository", fleet.clone, "--introduction",
                fleet.introduction,
            ] + arguments, environment: Git.environment)
    }

    @Test func `one key may stop, but not start again`() throws {
        try fleet.write(Self.head + Self.trust + "hold: telephones ring\n", to: "fleet.yaml")
        let stop = try publish("Stop", by: bob)
        let held = try node.reconcile()
        #expect(held.phase == .held && held.message(.fleetHold).contains("telephones ring"), "\(held)")
        try Git.commit(
            "Approve\n\nApproves: \(stop)\n\(Self.trailer)", in: fleet.clone,
            signedWith: fleet.operatorKey.path)
        try fleet.push()
        #expect(try node.reconcile().phase == .held)
        try fleet.write(Self.head + Self.trust, to: "fleet.yaml")
        let start = try publish("Go on", by: bob)
        #expect(try node.reconcile().phase == .held)
        try Git.commit(
            "Approve\n\nApproves: \(start)\n\(Self.trailer)", in: fleet.clone,
            signedWith: fleet.operatorKey.path)
        try fleet.push()
        #expect(try node.reconcile().phase == .converged)
    }

    @Test func `no attack by way of branch names and approvals moves a node`() throws {
        func approve(_ commit: String, by key: String) throws {
            try Git.commit(
                "Approve\n\nApproves: \(commit)\n\(Self.trailer)", in: fleet.clone, signedWith: key)
            try fleet.push()
        }
        // A topic's commit, and the word for another fleet; the branch is put back by the server each time.
        for (message, words) in [
            ("A topic", "has no trailer"),
            ("Another fleet\n\nPlimsoll-Branch: other/main", "names the branch 'other/main'"),
            ("Two\n\n\(Self.trailer)\n\(Self.trailer)", "has 2 trailers"),
        ] {
            try write("1.1-1")
            try fleet.publish(message, signedWith: fleet.operatorKey)
            try expectRefusal(words)
            try fleet.git("reset", "--quiet", "--hard", good)
        }
        // The message of an unsigned merge is the server's.
        try fleet.git("switch", "--quiet", "--create", "topic")
        try write("1.1-1")
        try Git.commit("A topic", in: fleet.clone, signedWith: bob.path)
        try fleet.git("switch", "--quiet", "main")
        try fleet.git(
            "merge", "--quiet", "--no-ff", "--no-gpg-sign", "--message", "Merge\n\n\(Self.trailer)", "topic")
        try fleet.push()
        try expectRefusal("has no trailer")
        try fleet.git("reset", "--quiet", "--hard", good)

        // By a node's key, and by keys that a rogue brings himself.
        try write("1.1-1")
        let change = try publish("Declare", by: bob)
        try approve(change, by: "\(node.state)/node_ed25519")
        try expectRefusal("which the approved \(good.prefix(12))'s trust/allowed_signers does not list")
        try fleet.git("reset", "--quiet", "--hard", change)
        try fleet.push()
        try approve(change, by: bob.path)
        try expectWaiting("has 1 of 2 keys (bob@example.com)")
        // A rogue who lets the others' keys go, and approves that by his own.
        let eve = try SSHKeyFiles("eve", in: fleet.folder)
        try fleet.write(
            "bob@example.com \(bob.publicLine)\neve@example.com \(eve.publicLine)\n",
            to: "trust/allowed_signers")
        let coup = try publish("A coup", by: bob)
        try approve(coup, by: eve.path)
        try expectRefusal("does not list")
        // The server shows an older state: what was approved stays.
        try fleet.git("reset", "--quiet", "--hard", good)
        try fleet.push()
        #expect(try node.reconcile().exitCode == 69)
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func `a node refuses what a rule gives to others, and rules that it cannot read`() throws {
        try fleet.write(Self.head, to: "fleet.yaml")
        try fleet.write(
            "apiVersion: plimsoll/v1\nrules: [{path: baselines/, signers: [bob@example.com]}]\n",
            to: "trust/rules.yaml")
        let ruled = try publish("Rules for one", by: fleet.operatorKey)
        try Git.commit(
            "Approve\n\nApproves: \(ruled)\n\(Self.trailer)", in: fleet.clone, signedWith: bob.path)
        try fleet.push()
        #expect(try node.reconcile().phase == .converged)
        let validated = try plimsoll("validate", fleet.clone)
        #expect(validated.exitCode == 0 && validated.text.contains("no rule for 'fleet.yaml'"))
        try write("1.1-1")
        try fleet.publish("By another", signedWith: fleet.operatorKey)
        try expectRefusal(
            "it changes 'baselines/deb.yaml' and is signed by ada@example.com; by the rule for 'baselines/'")
        try fleet.git("reset", "--quiet", "--hard", "HEAD^1")
        try fleet.write("rules: [\n", to: "trust/rules.yaml")
        try fleet.publish("Broken", signedWith: fleet.operatorKey)
        let broken = try node.reconcile()
        #expect(broken.phase == .unreadable, "\(broken)")
        #expect(broken.message(.unreadable).contains("trust/rules.yaml:2:1"), "\(broken)")
        try write("1.2-1")
        try fleet.publish("By another, after it", signedWith: fleet.operatorKey)
        #expect(try node.reconcile().exitCode == 77)
        try fleet.git("reset", "--quiet", "--hard", "HEAD^1")
        try fleet.git("rm", "--quiet", "trust/rules.yaml")
        try write("1.1-1")
        try fleet.publish("Without rules, by bob", signedWith: bob)
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
    }
}
