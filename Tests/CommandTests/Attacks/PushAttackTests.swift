import FleetCore
import FleetTesting
import Testing

/// Pushes by stock git to a server with the hook, one after the other: each is refused in its own words,
/// moves no reference and leaves no object, and what is right is taken all the same.
struct PushAttackTests {
    private let fleet: OperatorFleet

    init() throws {
        fleet = try OperatorFleet(stores: ["store-1", "store-2"])
        try fleet.label(["store-1", "store-2"], site: "berlin-3")
        try fleet.commit("Say where the stores are")
    }

    private func push(_ refspecs: [String]) throws -> CommandResult {
        try run(
            ["git", "push", "origin"] + refspecs.map(Self.whole), in: fleet.clone,
            environment: Git.environment)
    }

    /// A refspec with the full name of a branch: git completes the names of those alone that are there.
    private static func whole(_ refspec: String) -> String {
        guard let colon = refspec.lastIndex(of: ":") else { return refspec }
        let name = refspec[refspec.index(after: colon)...]
        return "\(refspec[...colon])\(name.hasPrefix("refs/") ? "" : "refs/heads/")\(name)"
    }

    private func references() throws -> String { try Git.run("for-each-ref", in: fleet.server) }

    /// Pushes two reports and a claim, as nodes do, to the server with the hook.
    private func scene() throws -> PushScene {
        let installed = try plimsoll(
            "hook", "install", "--introduction", fleet.introduction, in: fleet.server)
        try #require(installed.exitCode == 0, "\(installed.errorText)")
        let first = try fleet.make(ReportMaking(node: "store-1"), in: fleet.clone)
        try expectTaken(["+\(first.latest):latest/store-1", "\(first.chain):status/store-1"])
        let second = try fleet.make(
            ReportMaking(node: "store-1", sequence: 2, parent: first.chain), in: fleet.clone)
        try expectTaken(["\(second.chain):status/store-1", "+\(second.latest):latest/store-1"])
        let main = try fleet.head
        let claim = try fleet.claim(of: "store-1", on: nil, at: main)
        try expectTaken(["\(claim):\(PushScene.ledger)"])
        return PushScene(
            fleet: fleet, main: main, chain: second.chain, olderChain: first.chain, olderLatest: first.latest,
            claimed: claim)
    }

    private func expectTaken(
        _ refspecs: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try push(refspecs)
        #expect(result.exitCode == 0, "\(refspecs): \(result.errorText)", sourceLocation: sourceLocation)
    }

    @Test func `no push but the right ones is taken`() throws {
        let scene = try scene()
        let before = try references()
        let objects = try Git.run("count-objects", "-v", in: fleet.server)
        for attack in PushAttack.onTheBranch + PushAttack.ofReports + PushAttack.ofClaims {
            let result = try push(attack.deed(scene))
            let words = result.errorText.split(separator: "\n").filter { $0.hasPrefix("remote: plimsoll") }
            print("attack: \(attack): \(words.joined(separator: " / "))")
            #expect(result.exitCode == 1, "\(attack): \(result.errorText)")
            #expect(words.contains { $0.contains(attack.says) }, "\(attack): \(result.errorText)")
            #expect(try references() == before, "\(attack)")
        }
        #expect(try Git.run("count-objects", "-v", in: fleet.server) == objects)
        let next = try scene.report()
        try expectTaken(scene.refspecs(of: next))
        try expectTaken(["\(scene.claim(of: "store-2")):\(PushScene.ledger)"])
        try fleet.commit("A change by the operator")
        #expect(try Git.run("rev-parse", "main", in: fleet.server) == fleet.head)
    }

    @Test func `who was removed, or has another key, is heard no more`() throws {
        let scene = try scene()
        let next = try scene.report()
        let old = fleet.keys["store-1"]
        try fleet.writeNode("store-1", in: "stores")
        try fleet.commit("Another key for store-1")
        let late = try push(scene.refspecs(of: next))
        #expect(late.exitCode == 1 && late.errorText.contains("the node's key is"), "\(late.errorText)")
        let mixed = try push(
            scene.refspecs(
                of: scene.report(signedWith: fleet.keys["store-1"]) {
                    $0.sequence = 1
                    $0.commit = scene.main
                }))
        #expect(mixed.exitCode == 1 && mixed.errorText.contains("the node's key is"), "\(mixed.errorText)")
        // Reports that waited go out below the first one by the new key, which counts from one again.
        let own = try scene.report {
            $0.sequence = 1
            $0.parent = next.chain
        }
        try expectTaken(scene.refspecs(of: own))
        let stolen = try push(
            scene.refspecs(
                of: scene.report(signedWith: old) {
                    $0.sequence = 4
                    $0.parent = own.chain
                    $0.commit = scene.main
                }))
        #expect(stolen.exitCode == 1 && stolen.errorText.contains("the node's key is"), "\(stolen.errorText)")
        try Git.run("rm", "--quiet", "groups/stores/nodes/store-1.yaml", in: fleet.clone)
        try fleet.commit("Remove store-1")
        let after = try push(
            scene.refspecs(
                of: scene.report {
                    $0.sequence = 2
                    $0.parent = own.chain
                }))
        #expect(after.errorText.contains("does not list the node 'store-1'"), "\(after.errorText)")
    }
}

extension OperatorFleet {
    /// Gives nodes of the stores a site.
    func label(_ names: [String], site: String) throws {
        for name in names {
            let path = "acme/groups/stores/nodes/\(name).yaml"
            try folder.write(try folder.read(path) + "labels: {site: \(site)}\n", to: path)
        }
    }
}
