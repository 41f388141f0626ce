import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetRepository

/// Ledgers in a real repository: what they are, what ends a claim, and what is not believed.
struct ClaimLedgerTests {
    private let fleet: ClaimFleet

    init() throws { fleet = try ClaimFleet(nodes: 3) }

    @Test func `a ledger is a chain of signed commits that stock git verifies`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        let empty = try one.ledger.reading(of: ClaimFleet.ledger)
        #expect(empty == LedgerReading(tip: nil, claimants: [], ownReport: 0))
        #expect(try one.claimNow() == .accepted)
        #expect(try two.claimNow() == .accepted)
        let reference = "claims/stores/berlin-3"
        #expect(try Git.run("rev-list", "--count", reference, in: fleet.server) == "2")
        #expect(try Git.run("ls-tree", "--name-only", reference, in: fleet.server) == "claim.json")
        let signers = try fleet.folder.write(
            "atm-2@harbour namespaces=\"git\" \(try fleet.key(of: "atm-2").publicKey)\n", to: "signers")
        try Git.run(
            "-c", "gpg.ssh.allowedSignersFile=\(signers)", "verify-commit", reference, in: fleet.server)
        #expect(
            try Git.run("log", "-1", "--format=%ae %s", reference, in: fleet.server)
                == "atm-2@harbour claim berlin-3: atm-2")
        #expect(try one.states() == ["atm-1": .silent, "atm-2": .silent])
    }

    @Test func `who has read an old tip is overtaken, and changes nothing`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        let before = try two.ledger.reading(of: ClaimFleet.ledger)
        #expect(try one.claimNow() == .accepted)
        let tip = try fleet.serverTip
        #expect(two.ledger.deliver(two.claim(), after: before.tip) == .overtaken)
        #expect(try fleet.serverTip == tip)
        let now = try two.ledger.reading(of: ClaimFleet.ledger)
        #expect(now.tip == tip)
        #expect(two.ledger.deliver(two.claim(), after: now.tip) == .accepted)
    }

    @Test func `a later report of its own ends a claim, an earlier one does not`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try one.report(.converged)
        try one.claimNow()
        #expect(try two.states() == ["atm-1": .inChange])
        try one.report(.converging)
        #expect(try two.states() == ["atm-1": .inChange])
        try one.report(.rolledBack)
        #expect(try two.states() == ["atm-1": .failed])
        try one.report(.converged)
        #expect(try two.states() == ["atm-1": .ended])
        #expect(try one.ledger.reading(of: ClaimFleet.ledger).ownReport == 4)
        // Long after, by its newest report.
        try one.report(.degraded)
        #expect(try two.states() == ["atm-1": .failed])
    }

    @Test func `a report that is hidden or made up does not end a claim`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try one.claimNow()
        try one.report(.converged)
        #expect(try two.states() == ["atm-1": .ended])
        let latest = try Git.run("rev-parse", "latest/atm-1", in: fleet.server)
        try Git.run("update-ref", "-d", "refs/heads/latest/atm-1", in: fleet.server)
        #expect(try two.states() == ["atm-1": .silent])
        // The report of another under its name.
        try two.report(.converged)
        try Git.run("update-ref", "refs/heads/latest/atm-1", "latest/atm-2", in: fleet.server)
        #expect(try two.states() == ["atm-1": .silent])
        // Its own, beside a chain that it does not name.
        try Git.run("update-ref", "refs/heads/latest/atm-1", latest, in: fleet.server)
        try Git.run("update-ref", "refs/heads/status/atm-1", "status/atm-2", in: fleet.server)
        #expect(try two.states() == ["atm-1": .silent])
    }

    @Test func `without a connection nothing is read and nothing is claimed`() async throws {
        let one = try await fleet.agent("atm-1")
        try FileMove.move(fleet.server, to: fleet.server + ".away")
        #expect(throws: LedgerError.self) { try one.ledger.reading(of: ClaimFleet.ledger) }
        guard case .unreachable = one.ledger.deliver(one.claim(), after: nil) else {
            Issue.record("a claim was sent nowhere")
            return
        }
    }

    @Test func `a server that takes no claim says so`() async throws {
        let one = try await fleet.agent("atm-1")
        try fleet.folder.write(
            "#!/bin/sh\necho no claims >&2\nexit 1\n", to: "server.git/hooks/update", mode: 0o755)
        guard case .refused = try one.claimNow() else {
            Issue.record("the refusal was not seen")
            return
        }
    }
}

/// Moves a folder.
enum FileMove {
    static func move(_ path: String, to other: String) throws {
        try runSuccessfully(["mv", path, other])
    }
}

/// What stands in a ledger and nobody honest has put there.
struct ClaimBeliefTests {
    private let fleet: ClaimFleet

    init() throws { fleet = try ClaimFleet(nodes: 3) }

    private func end(_ claim: Claim) -> [UInt8] {
        var end = claim
        end.kind = .end
        end.reason = "for a test"
        return end.documentBytes
    }

    @Test func `a person ends a claim until the node claims again, a node does not`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try one.claimNow()
        for node in ["atm-1", "atm-2"] {
            try fleet.forge(end(one.claim()), signedBy: try fleet.key(of: node))
            #expect(try two.states() == ["atm-1": .silent])
        }
        try fleet.forge(end(one.claim()), signedBy: nil)
        #expect(try two.states() == ["atm-1": .silent])
        try fleet.forge(end(one.claim()), signedBy: fleet.operatorKey)
        #expect(try two.states() == ["atm-1": .ended])
        let ending = try two.ledger.reading(of: ClaimFleet.ledger).claimants.first?.ending
        #expect(ending?.by == "ada@example.com" && ending?.reason == "for a test")
        try one.claimNow()
        #expect(try two.states() == ["atm-1": .silent])
    }

    @Test func `a claim counts for nobody but its signer`() async throws {
        let two = try await fleet.agent("atm-2")
        let victim = try await fleet.agent("atm-3")
        let own = victim.claim()
        var others: [Claim] = Array(repeating: own, count: 3)
        others[0].fleet = .of("another")
        others[1].ledger = LedgerName(group: .of("spares"), label: "site", value: .of("berlin-3"))
        others[2].ledger = LedgerName(group: .of("stores"), label: "site", value: .of("berlin-4"))
        try fleet.forge(own.documentBytes, signedBy: nil)
        try fleet.forge(own.documentBytes, signedBy: try fleet.key(of: "atm-1"))
        try fleet.forge(own.documentBytes, signedBy: fleet.operatorKey)
        // Of its own, replayed from elsewhere.
        for claim in others { try fleet.forge(claim.documentBytes, signedBy: try fleet.key(of: "atm-3")) }
        try fleet.forge(Array("{}".utf8), signedBy: try fleet.key(of: "atm-3"))
        try fleet.forge(
            Array(repeating: 0x20, count: Claim.largestSize + 1), signedBy: try fleet.key(of: "atm-3"))
        #expect(try two.states() == [:])
        // The ledger goes on above all that.
        #expect(try two.claimNow() == .accepted)
        #expect(try victim.states() == ["atm-2": .silent])
    }

    @Test func `what hides the ledger behind a second parent hides nothing`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try one.claimNow()
        let thief = try fleet.key(of: "atm-3")
        var claim = two.claim()
        claim.node = .of("atm-3")
        let root = try fleet.forge(claim.documentBytes, signedBy: thief, parents: [], isTip: false)
        let tip = try #require(try fleet.serverTip)
        try fleet.forge(claim.documentBytes, signedBy: thief, parents: [root, tip])
        #expect(try two.states() == ["atm-1": .silent, "atm-3": .silent])
    }

    @Test func `a node that was taken out has no claim, one that was moved has`() async throws {
        let one = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try one.claimNow()
        try two.claimNow()
        try Git.run("mv", "groups/stores/nodes/atm-2.yaml", "groups/stores/nodes/gone", in: fleet.work)
        try Git.run("rm", "--quiet", "groups/stores/nodes/atm-1.yaml", in: fleet.work)
        try fleet.folder.makeFolder("work/groups/spares/nodes")
        try Git.run("mv", "groups/stores/nodes/gone", "groups/spares/nodes/atm-2.yaml", in: fleet.work)
        try fleet.publish("Take atm-1 out, move atm-2")
        let three = try await fleet.agent("atm-3")
        #expect(try three.states() == ["atm-2": .silent])
        try two.report(.converged)
        #expect(try three.states() == ["atm-2": .ended])
    }

    @Test func `a claim by a key that was replaced ends with the new machine's report`() async throws {
        let one = try await fleet.agent("atm-1")
        try one.report(.converged)
        try one.report(.converged)
        try one.claimNow()
        let old = try fleet.key(of: "atm-1")
        try fleet.writeNode("atm-1")
        try fleet.publish("Replace atm-1")
        let two = try await fleet.agent("atm-2")
        // The old machine's reports say nothing any more.
        #expect(try two.states() == ["atm-1": .silent])
        for name in ["status", "latest"] {
            try Git.run("update-ref", "-d", "refs/heads/\(name)/atm-1", in: fleet.server)
        }
        let new = try await fleet.agent("atm-1")
        try new.report(.converged)
        #expect(try two.states() == ["atm-1": .ended])
        // Whoever has the old key cannot cover what the new machine claims.
        try new.claimNow()
        try fleet.forge(one.claim(sequence: 0).documentBytes, signedBy: old)
        #expect(try two.states() == ["atm-1": .inChange])
    }

    @Test func `a node that is enrolled in a newer commit counts, one that is made up does not`() async throws
    {
        let one = try await fleet.agent("atm-1")
        try fleet.writeNode("atm-4")
        try fleet.publish("Enrol atm-4")
        let four = try await fleet.agent("atm-4")
        try four.claimNow()
        #expect(try one.states() == ["atm-4": .silent])
        // A commit that only the ledger leads to.
        let stranger = try SSHPrivateKey.generateEd25519(comment: "").key
        let beside = try fleet.forge(Array("{}".utf8), signedBy: stranger)
        var claim = four.claim()
        claim.node = .of("atm-5")
        claim.commit = beside
        try fleet.forge(claim.documentBytes, signedBy: stranger)
        #expect(try one.states() == ["atm-4": .silent])
    }

    @Test func `a node claims where the fleet repository puts it, and nowhere else`() async throws {
        try fleet.writeNode("atm-4")
        try fleet.folder.makeFolder("work/groups/spares/nodes")
        try FileMove.move(
            fleet.folder.path("work/groups/stores/nodes/atm-4.yaml"),
            to: fleet.folder.path("work/groups/spares/nodes/atm-4.yaml"))
        try fleet.writeNode("atm-5")
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nkey: \(try fleet.key(of: "atm-5").publicKey)\nlabels: {site: kiel-1}\n",
            to: "work/groups/stores/nodes/atm-5.yaml")
        try fleet.publish("Enrol a spare, and a store of another site")
        let one = try await fleet.agent("atm-1")
        for name in ["atm-4", "atm-5"] {
            let stranger = try await fleet.agent(name)
            try stranger.claimNow()
        }
        #expect(try one.states() == [:])
        #expect(try one.ledger.reading(of: ClaimFleet.ledger).claimants.isEmpty)
        // Who follows an older commit takes a node that was moved meanwhile by the commit that it names.
        try FileMove.move(
            fleet.folder.path("work/groups/spares/nodes/atm-4.yaml"),
            to: fleet.folder.path("work/groups/stores/nodes/atm-4.yaml"))
        try fleet.publish("Move atm-4")
        let four = try await fleet.agent("atm-4")
        try four.claimNow()
        #expect(try one.states() == ["atm-4": .silent])
    }

    @Test func `a claim by a key of a commit that is not followed yet is not ended by the old key's report`()
        async throws
    {
        let old = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try old.claimNow()
        try old.report(.converged)
        try old.report(.converged)
        #expect(try two.states() == ["atm-1": .ended])
        try fleet.writeNode("atm-1")
        try fleet.publish("Replace atm-1")
        let new = try await fleet.agent("atm-1")
        try new.claimNow()
        #expect(try two.states() == ["atm-1": .silent])
    }

    /// What `plimsoll claims` shows.
    private func shown() throws -> [String: Claimant.State] {
        let location = try RepositoryLocation(fleet.server, branch: "main")
        let claims = try FleetClone(location, branch: "main", network: .built).claims(
            from: fleet.introduction)
        let entries = claims.ledgers.flatMap(\.claims)
        return Dictionary(entries.map { ($0.claimant.node.description, $0.claimant.state) }) { _, last in last
        }
    }

    @Test func `an operator sees of a machine that was replaced what the nodes see`() async throws {
        let old = try await fleet.agent("atm-1")
        try old.claimNow()
        try old.report(.converged)
        try old.report(.converged)
        #expect(try shown() == ["atm-1": .ended])
        try old.claimNow()
        let oldKey = try fleet.key(of: "atm-1")
        try fleet.writeNode("atm-1")
        try fleet.publish("Replace atm-1")
        let two = try await fleet.agent("atm-2")
        // The old machine has reported often, and none of it is about the new one's claims.
        #expect(try shown() == ["atm-1": .silent])
        let new = try await fleet.agent("atm-1")
        try new.claimNow()
        #expect(try two.states() == ["atm-1": .silent] && shown() == ["atm-1": .silent])
        for name in ["status", "latest"] {
            try Git.run("update-ref", "-d", "refs/heads/\(name)/atm-1", in: fleet.server)
        }
        try new.report(.converged)
        #expect(try two.states() == ["atm-1": .ended] && shown() == ["atm-1": .ended])
        // Nor does the old key begin a claim in the new one's name.
        try fleet.forge(old.claim(sequence: 0).documentBytes, signedBy: oldKey)
        #expect(try two.states() == ["atm-1": .ended] && shown() == ["atm-1": .ended])
    }

    @Test func `a claim by a key that comes with a commit nobody follows yet is not ended by the old key`()
        async throws
    {
        let old = try await fleet.agent("atm-1")
        let two = try await fleet.agent("atm-2")
        try old.report(.converged)
        try old.report(.converged)
        // The branch's tip is not authentic: neither nodes nor operators follow it.
        try fleet.writeNode("atm-1")
        let tip = try #require(CommitID(try Git.commit("Replace atm-1, unsigned", in: fleet.work)))
        try Git.run("push", "--quiet", "origin", "main", in: fleet.work)
        var claim = old.claim(sequence: 0)
        claim.commit = tip
        try fleet.forge(claim.documentBytes, signedBy: try fleet.key(of: "atm-1"))
        #expect(try two.states() == ["atm-1": .silent])
        #expect(try shown() == ["atm-1": .silent])
    }
}
