import FleetCore
import FleetTesting
import Testing

/// Signed commits whose folders no honest git would write, or that hold what is no file, one after the other
/// on one node: each has its own words, changes nothing, and the next good commit is followed.
struct TreeAttackTests {
    @Test(arguments: [TreeAttack.kinds, TreeAttack.names, TreeAttack.sizes, TreeAttack.breaches])
    func `no folder deceives a node`(attacks: [TreeAttack]) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        let forge = Forge(fleet: fleet)
        var good = try fleet.publish("Enrol")
        let tree = try fleet.serverGit("rev-parse", "\(good)^{tree}")
        #expect(try node.reconcile().phase == .converged)
        for attack in attacks {
            let tip = try forge.operatorsCommit(tree: attack.deed(forge, good), on: [good])
            try serve(tip, of: fleet)
            let cycle = try node.reconcile()
            let words = cycle.reasons.map(\.message).joined(separator: "; ")
            print("attack: \(attack): exit \(cycle.exitCode), \(words)")
            #expect(cycle.exitCode == attack.exitCode, "\(attack): \(cycle)")
            #expect(words.contains(attack.says), "\(attack): \(words)")
            #expect(try node.installed == ["till": "1.0-1"], "\(attack)")
            let judged = try plimsoll("validate", fleet.server, "\(good)..\(tip)")
            #expect(judged.exitCode == 65, "\(attack): \(judged.text) \(judged.errorText)")
            let said = judged.text + judged.errorText
            #expect(said.contains(attack.validation ?? attack.says), "\(attack): \(said)")
            // What is not authentic leaves the mark where it was.
            if attack.exitCode != 77 { good = try forge.operatorsCommit(tree: tree, on: [tip]) }
            try serve(good, of: fleet)
            #expect(try node.reconcile().phase == .converged, "after \(attack)")
        }
    }

    private func serve(_ tip: String, of fleet: LocalFleet) throws {
        try fleet.folder.write("\(tip)\n", to: "server.git/refs/heads/main")
    }
}
