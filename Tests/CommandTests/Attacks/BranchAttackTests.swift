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
        let forge = Forge(fleet: fleet)
        for attack in BranchAttack.signatures + BranchAttack.histories + BranchAttack.objects {
            try serve(attack.deed(forge, good), of: fleet)
            let cycle = try expectRefusal(of: attack, by: node)
            #expect(cycle.document["mark"]?.string == good, "\(attack)")
            try serve(good, of: fleet)
        }
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.2-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.2-1"])
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
