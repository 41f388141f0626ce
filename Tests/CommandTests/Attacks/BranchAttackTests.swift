import FleetCore
import FleetTesting
import Testing

/// Attacks by way of the branch, one after the other on one node: each is refused with its own words, changes
/// nothing, and does no harm to what comes after it.
struct BranchAttackTests {
    @Test func `no attack on the branch moves a node`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        let good = try fleet.publish("Enrol")
        #expect(try node.reconcile().phase == .converged)
        try attempt(BranchAttack.signatures + BranchAttack.histories + BranchAttack.objects, on: node, good)
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.2-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.2-1"])
    }

    @Test func `no OpenPGP signature but a listed key's moves a node, and without gpgv none does`()
        async throws
    {
        let fleet = try await LocalFleet()
        let home = try GnuPGHome()
        let olga = try home.makeKey("olga")
        let node = try fleet.enrol("canary-1", in: "canary")
        try fleet.write(home.export(olga), to: "trust/openpgp/olga.asc")
        let good = try fleet.publish("Enrol, and let olga in")
        #expect(try node.reconcile().phase == .converged)
        try attempt(BranchAttack.openPGP(home, listed: olga), on: node, good)
        let forge = Forge(fleet: fleet)
        let payload = forge.payload(tree: try forge.treeDeclaring("1.2-1", in: good), parents: [good])
        try serve(forge.commit(forge.signed(payload, with: home.signature(of: payload, by: olga))), of: fleet)
        // A gpgv that fails says nothing of the commit.
        try fleet.folder.write("#!/bin/sh\nkill -9 $$\n", to: "bin/gpgv", mode: 0o755)
        let blind = try node.reconcile(path: fleet.folder.path("bin"))
        #expect(blind.exitCode == 1, "\(blind)")
        #expect(blind.codes == [.unverifiable], "\(blind)")
        #expect(blind.phase == .blocked)
        #expect(blind.document["mark"]?.string == good)
        #expect(try node.installed == ["till": "1.0-1"])
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.2-1"])
    }

    /// The text of a signature is not signed: a server can name a signed commit otherwise.
    @Test func `a node that was served a twin of the newest commit goes on with the branch`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        let good = try fleet.publish("Enrol")
        #expect(try node.reconcile().phase == .converged)
        let forge = Forge(fleet: fleet)
        let payload = forge.payload(tree: try forge.treeDeclaring("1.1-1", in: good), parents: [good])
        let armour = try forge.signature(of: payload, by: fleet.operatorKey.path)
        let honest = try forge.commit(forge.signed(payload, with: armour))
        let twin = try forge.commit(
            forge.signed(payload, with: armour.replacing("-----\n", with: "-----\n\n", maxReplacements: 1)))
        #expect(honest != twin)
        try serve(twin, of: fleet)
        let deceived = try node.reconcile()
        #expect(deceived.phase == .converged, "\(deceived)")
        #expect(deceived.document["mark"]?.string == twin)
        let tree = try forge.treeDeclaring("1.2-1", in: honest)
        let next = forge.payload(tree: tree, parents: [honest])
        let tip = try forge.commit(
            forge.signed(next, with: forge.signature(of: next, by: fleet.operatorKey.path)))
        try serve(tip, of: fleet)
        let cycle = try node.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        #expect(cycle.document["mark"]?.string == tip)
        #expect(try node.installed == ["till": "1.2-1"])
        // Another commit in the mark's place is no twin, though an operator has signed it.
        let other = forge.payload(tree: tree, parents: [honest], message: "Another\n")
        let beside = try forge.commit(
            forge.signed(other, with: forge.signature(of: other, by: fleet.operatorKey.path)))
        try serve(beside, of: fleet)
        let refused = try node.reconcile()
        #expect(refused.exitCode == 77)
        #expect(refused.document["mark"]?.string == tip)
    }

    @Test func `a key that was removed, or is listed for something else, signs nothing`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        var good = try fleet.publish("Enrol")
        #expect(try node.reconcile().phase == .converged)
        for attack in BranchAttack.keys {
            let tip = try attack.deed(Forge(fleet: fleet), good)
            try serve(tip, of: fleet)
            let mark = try expectRefusal(of: attack, by: node).document["mark"]?.string
            #expect(mark == (try fleet.serverGit("rev-parse", "\(tip)^")), "\(attack)")
            good = try #require(mark)
        }
    }

    /// Tries each attack on a node that has converged on `good`, which is served again after it.
    private func attempt(_ attacks: [BranchAttack], on node: LocalNode, _ good: String) throws {
        let forge = Forge(fleet: node.fleet)
        for attack in attacks {
            try serve(attack.deed(forge, good), of: node.fleet)
            let cycle = try expectRefusal(of: attack, by: node)
            #expect(cycle.document["mark"]?.string == good, "\(attack)")
            try serve(good, of: node.fleet)
        }
    }

    /// Has the server serve any object as its branch, also such as git would refuse to name so.
    private func serve(_ tip: String, of fleet: LocalFleet) throws {
        try fleet.folder.write("\(tip)\n", to: "server.git/refs/heads/main")
    }

    private func expectRefusal(
        of attack: BranchAttack, by node: LocalNode, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Cycle {
        let cycle = try node.reconcile()
        let words = cycle.reasons.map(\.message).joined(separator: "; ")
        print("attack: \(attack): exit \(cycle.exitCode), \(words) \(words.isEmpty ? cycle.errors : "")")
        #expect(cycle.exitCode == attack.exitCode, "\(attack): \(cycle)", sourceLocation: sourceLocation)
        #expect(words.contains(attack.says), "\(attack): \(words)", sourceLocation: sourceLocation)
        #expect(try node.installed == ["till": "1.0-1"], "\(attack)", sourceLocation: sourceLocation)
        return cycle
    }
}
