import FleetCore
import FleetTesting
import Testing

/// What a node does with commits that nobody authorised. The group `canary` moves at once, so a node of it
/// shows what it would have done.
struct AuthenticityTests {
    private let fleet: LocalFleet
    private let node: LocalNode
    private let good: String

    init() async throws {
        fleet = try await LocalFleet()
        node = try fleet.enrol("canary-1", in: "canary")
        good = try fleet.publish("Enrol")
        #expect(try node.reconcile().phase == .converged)
    }

    /// The node refuses the branch, stays as it was, and says so.
    private func expectRefusal(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 77 && cycle.phase == .untrusted, "\(cycle)", sourceLocation: sourceLocation)
        #expect(cycle.document["mark"]?.string == good, sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
        let report = try fleet.report(of: node)
        #expect(report.phase == .untrusted && report.commit.hex == good, sourceLocation: sourceLocation)
    }

    private func expectConverged(
        on version: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let cycle = try node.reconcile()
        #expect(
            cycle.exitCode == 0 && cycle.phase == .converged, "\(cycle)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": version], sourceLocation: sourceLocation)
    }

    private func write(_ version: String) throws {
        try fleet.write(LocalFleet.baseline(["till: \(version)"]), to: "baselines/deb.yaml")
    }

    @Test func anUnsignedCommitIsRefusedUntilASignedMergeHealsTheBranch() throws {
        try write("1.1-1")
        try fleet.publish("An unsigned commit", signedWith: nil)
        try expectRefusal()
        // A signed commit on top does not vouch for what lies below it.
        try write("1.2-1")
        try fleet.publish("A signed commit on an unsigned one")
        try expectRefusal()

        try fleet.git("branch", "bad")
        try fleet.git("reset", "--quiet", "--hard", good)
        try fleet.git("merge", "--quiet", "--no-ff", "--message", "Heal", "bad")
        #expect(try fleet.git("rev-parse", "HEAD^1") == good)
        try fleet.push()
        try expectConverged(on: "1.2-1")
    }

    @Test func whileTheBranchIsNotAuthenticDriftIsRepaired() throws {
        try write("1.1-1")
        try fleet.publish("An unsigned commit", signedWith: nil)
        try node.dpkg(["--remove", "till"])
        try expectRefusal()
    }

    @Test func aCommitSignedByAnUnlistedKeyIsRefused() throws {
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        try write("1.1-1")
        try fleet.publish("A stranger's commit", signedWith: stranger)
        try expectRefusal()
    }

    @Test func aCommitThatListsItsOwnKeyIsRefused() throws {
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        try fleet.write(LocalFleet.signers([fleet.operatorKey, stranger]), to: "trust/allowed_signers")
        try write("1.1-1")
        try fleet.publish("A stranger lets himself in", signedWith: stranger)
        try expectRefusal()
    }

    @Test func aNodesKeySignsNoCommitOfTheBranch() throws {
        try write("1.1-1")
        try Git.commit("By a node", in: fleet.clone, signedWith: "\(node.state)/node_ed25519")
        try fleet.push()
        try expectRefusal()
    }

    @Test func aRewrittenBranchIsRefusedAndOneThatIsPutBackGoesOn() throws {
        try fleet.git("checkout", "--quiet", "--orphan", "other")
        try write("1.1-1")
        try Git.commit("Another history", in: fleet.clone, signedWith: fleet.operatorKey.path)
        try fleet.git("push", "--quiet", "--force", "origin", "other:main")
        try expectRefusal()
        try fleet.git("checkout", "--quiet", "main")
        try fleet.declare("till: 1.2-1")
        try expectConverged(on: "1.2-1")
    }

    @Test func aTipThatOnlyDescendsFromTheMarkIsRefused() throws {
        // The stretch that a removed key could sign: first parent an older commit, second parent the mark.
        try fleet.git("checkout", "--quiet", "-b", "leaver", fleet.introduction)
        try fleet.git("merge", "--quiet", "--no-ff", "--message", "The tip as second parent", "main")
        try write("1.1-1")
        try Git.commit("A leaver's patch", in: fleet.clone, signedWith: fleet.operatorKey.path)
        try fleet.git("push", "--quiet", "--force", "origin", "leaver:main")
        try expectRefusal()
    }

    @Test func aBranchThatIsBehindIsOldAndNotHostile() throws {
        let newest = try fleet.declare("till: 1.1-1")
        try expectConverged(on: "1.1-1")
        try fleet.serverGit("update-ref", "refs/heads/main", good)
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 69 && cycle.codes.contains(.remoteBehind), "\(cycle)")
        #expect(cycle.document["mark"]?.string == newest)
        #expect(try node.installed == ["till": "1.1-1"])
        // What is known is still enforced.
        try node.dpkg(["--remove", "till"])
        #expect(try node.reconcile().exitCode == 69)
        #expect(try node.installed == ["till": "1.1-1"])
        try fleet.declare("till: 1.2-1")
        try expectConverged(on: "1.2-1")
    }

    @Test func aNewKeyIsAddedByAnOldOneAndSignsThen() throws {
        let successor = try SSHKeyFiles("successor", in: fleet.folder)
        try fleet.write(LocalFleet.signers([successor]), to: "trust/allowed_signers")
        try fleet.publish("Hand over")
        try write("1.1-1")
        let handed = try fleet.publish("The successor's patch", signedWith: successor)
        try expectConverged(on: "1.1-1")
        // The old key is worth nothing any more.
        try write("1.2-1")
        try fleet.publish("The leaver's patch")
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 77 && cycle.document["mark"]?.string == handed, "\(cycle)")
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func whenAllKeysAreLostANewIntroductionOnTheNodeBeginsAnew() throws {
        let successor = try SSHKeyFiles("successor", in: fleet.folder)
        try fleet.write(LocalFleet.signers([successor]), to: "trust/allowed_signers")
        let anew = try fleet.publish("Found the fleet anew", signedWith: successor)
        // Nobody who was trusted says so: it takes a person on each node.
        try expectRefusal()
        try node.configure(introduction: anew)
        try expectConverged(on: "1.0-1")
        try write("1.1-1")
        let patched = try fleet.publish("The successor's patch", signedWith: successor)
        try expectConverged(on: "1.1-1")
        try write("1.2-1")
        try fleet.publish("By a key that was lost and found by somebody else")
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 77 && cycle.document["mark"]?.string == patched, "\(cycle)")
    }

    @Test func aButtonOfAForgeMergesWhatIsSignedAndUpToDate() throws {
        try fleet.git("switch", "--quiet", "--create", "topic")
        try write("1.1-1")
        try Git.commit("Signed by its author", in: fleet.clone, signedWith: fleet.operatorKey.path)
        try fleet.git("switch", "--quiet", "main")
        try fleet.git("merge", "--quiet", "--no-ff", "--no-gpg-sign", "--message", "By a button", "topic")
        try fleet.push()
        try expectConverged(on: "1.1-1")
    }

    @Test func aWrongIntroductionIsNotAuthentic() throws {
        let other = try fleet.enrol("canary-2", in: "canary")
        try fleet.publish("Enrol another")
        try other.configure(introduction: String(repeating: "1", count: 40))
        let missing = try other.reconcile()
        #expect(missing.exitCode == 77 && missing.codes.contains(.untrusted), "\(missing)")
        #expect(missing.message(.untrusted).contains("introduction"))
        #expect(try other.installed.isEmpty)
        try other.configure()
        #expect(try other.reconcile().phase == .converged)
    }
}
