import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// `trust/rules.yaml`: folders with signers and thresholds of their own.
struct PathRuleTests {
    private let history: TrustHistory
    private let start: String

    /// The stores are bob's, who leads there; trust is ada's. All three may sign.
    private static let rules = """
        apiVersion: plimsoll/v1
        rules:
          - {path: groups/stores/, signers: ["bob@*"]}
          - {path: groups/stores/nodes/, signers: ["bob@*", "eve@*"]}
          - {path: trust/, signers: [ada@example.com]}
          - {path: fleet.yaml, signers: [ada@example.com]}

        """

    init() throws {
        history = try TrustHistory()
        try history.write(
            TrustHistory.signers([history.ada, history.bob, history.eve]), to: "trust/allowed_signers")
        try history.write(Self.rules, to: "trust/rules.yaml")
        for group in ["stores", "canary"] {
            try history.write("a group\n", to: "groups/\(group)/group.yaml")
            try history.write("a node\n", to: "groups/\(group)/nodes/one.yaml")
        }
        start = try history.commit("rules", by: history.ada)
        try history.expectAuthentic()
    }

    private func commit(by key: SSHKeyFiles) throws -> String {
        try Git.commit("A change", in: history.work, signedWith: key.path)
    }

    private func refuse(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try history.expectRefusal(.unauthorisedPath, words, sourceLocation: sourceLocation)
        try history.git("reset", "--quiet", "--hard", start)
    }

    private func accept(sourceLocation: SourceLocation = #_sourceLocation) throws {
        try history.expectAuthentic(sourceLocation: sourceLocation)
        #expect(try history.verdict().pending == nil, sourceLocation: sourceLocation)
        try history.git("reset", "--quiet", "--hard", start)
    }

    @Test func `each path is changed by its own signers, the longest rule first`() throws {
        try history.write("changed\n", to: "groups/stores/group.yaml")
        _ = try commit(by: history.ada)
        try refuse("it changes 'groups/stores/group.yaml' and is signed by ada@example.com; by the rule for")
        try history.write("changed\n", to: "groups/stores/group.yaml")
        _ = try commit(by: history.bob)
        try accept()
        try history.write("changed\n", to: "groups/stores/nodes/one.yaml")
        _ = try commit(by: history.eve)
        try accept()
        try history.write("changed\n", to: "groups/canary/group.yaml")
        _ = try commit(by: history.eve)
        try accept()
        try history.write("changed\n", to: "groups/canary/group.yaml")
        try history.write("changed\n", to: "groups/stores/group.yaml")
        _ = try commit(by: history.eve)
        try refuse("'groups/stores/group.yaml'")
    }

    @Test(arguments: ["trust/rules.yaml", "trust/allowed_signers", "fleet.yaml"])
    func `the rules protect themselves`(path: String) throws {
        try history.git("rm", "--quiet", path)
        _ = try commit(by: history.bob)
        try refuse("it changes '\(path)'")
    }

    @Test(arguments: ["away", "in", "mode", "delete", "link", "linked folder", "whole", "in place"])
    func `what is not an edit is a change, too`(how: String) throws {
        switch how {
        case "away": try history.git("mv", "groups/stores/group.yaml", "groups/canary/other.yaml")
        case "in": try history.git("mv", "groups/canary/group.yaml", "groups/stores/other.yaml")
        case "mode": try history.git("update-index", "--chmod=+x", "groups/stores/group.yaml")
        case "delete": try history.git("rm", "--quiet", "groups/stores/group.yaml")
        case "link":
            try history.git("rm", "--quiet", "groups/stores/group.yaml")
            try runSuccessfully(
                ["ln", "-s", "../canary/group.yaml", "groups/stores/group.yaml"], in: history.work)
        case "linked folder":
            try history.git("rm", "--quiet", "-r", "groups/stores")
            try runSuccessfully(["ln", "-s", "canary", "groups/stores"], in: history.work)
        case "whole": try history.git("rm", "--quiet", "-r", "groups")
        default:
            try history.git("rm", "--quiet", "-r", "groups")
            try history.write("a file\n", to: "groups")
        }
        if how != "mode" { try history.git("add", "--all") }
        let tree = try history.git("write-tree")
        let forged = try history.forge(tree: tree, parents: start, by: history.eve)
        try history.git("reset", "--quiet", "--hard", forged)
        try refuse("by the rule for 'groups/stores/'")
    }

    /// What git would not make may read otherwise than it looks.
    @Test func `a folder with two entries of one name, or in another order, is refused`() throws {
        func entries(_ tree: String) throws -> [(mode: String, name: String, id: String)] {
            try history.git("ls-tree", tree).split(separator: "\n").map { line in
                let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
                return (String(words[0].drop { $0 == "0" }), words[3], words[2])
            }
        }
        func tree(_ entries: [(mode: String, name: String, id: String)]) throws -> String {
            var bytes: [UInt8] = []
            for entry in entries {
                bytes += "\(entry.mode) \(entry.name)\0".utf8
                var digits = entry.id[...]
                while let high = digits.popFirst(), let low = digits.popFirst() {
                    bytes.append(UInt8("\(high)\(low)", radix: 16) ?? 0)
                }
            }
            return try Git.run(
                "hash-object", "-t", "tree", "-w", "--stdin", "--literally", in: history.work, input: bytes)
        }
        let root = try entries("\(start)^{tree}")
        let groups = try entries("\(start):groups")
        let canary = try #require(groups.first { $0.name == "canary" })
        for changed in [groups.reversed().map(\.self), groups + [("40000", "stores", canary.id)]] {
            let folder = try tree(changed)
            let forged = try history.forge(
                tree: try tree(root.map { $0.name == "groups" ? ("40000", "groups", folder) : $0 }),
                parents: start, by: history.eve)
            try history.git("update-ref", "HEAD", forged)
            try history.expectRefusal(.malformed, "what it stands on cannot be read")
        }
    }

    @Test func `an unsigned merge is its topic's signer's`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try history.write("changed\n", to: "groups/stores/group.yaml")
        _ = try commit(by: history.bob)
        _ = try history.commit("on it", by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try refuse("is signed by ada@example.com")
    }

    @Test func `a rule's own threshold waits for its own signers`() throws {
        try history.write(
            Self.rules.replacing(
                "path: trust/, signers: [ada@example.com]", with: "path: trust/, threshold: 2"),
            to: "trust/rules.yaml")
        let two = try commit(by: history.ada)
        #expect(try history.verdict().ground.hex == two)
        // What has no rule goes on with one; what has one waits for its signers instead of being refused.
        try history.write("changed\n", to: "groups/canary/group.yaml")
        let canary = try commit(by: history.eve)
        #expect(try history.verdict().ground.hex == canary)
        try history.write("changed\n", to: "groups/stores/group.yaml")
        let store = try commit(by: history.eve)
        var verdict = try history.verdict()
        #expect(verdict.ground.hex == canary && verdict.failure == nil)
        #expect(verdict.pending?.words.contains("0 of 1 keys for groups/stores/") == true)
        try Git.commit("Approve\n\nApproves: \(store)", in: history.work, signedWith: history.bob.path)
        #expect(try history.verdict().pending == nil)
        try history.write(TrustHistory.signers([history.ada, history.bob]), to: "trust/allowed_signers")
        let fired = try commit(by: history.ada)
        verdict = try history.verdict()
        #expect(verdict.pending?.words.contains("1 of 2 keys for trust/ (ada@example.com)") == true)
        try Git.commit("Approve\n\nApproves: \(fired)", in: history.work, signedWith: history.eve.path)
        verdict = try history.verdict()
        #expect(verdict.steps.map(\.id.hex).contains(fired))
    }

    @Test func `rules that cannot be read change nothing, and lift none`() throws {
        try history.write("rules: [\n", to: "trust/rules.yaml")
        _ = try commit(by: history.ada)
        try history.expectAuthentic()
        try history.write("changed\n", to: "groups/stores/group.yaml")
        _ = try commit(by: history.eve)
        try refuse("'groups/stores/group.yaml'")
    }

    @Test(arguments: [
        ("rules: [{path: /a, threshold: 2}]", "2:16: found '/a'; expected a path from the root"),
        ("rules: [{path: a/../b, threshold: 2}]", "2:16: found 'a/../b'; expected a path"),
        ("rules: [{path: 'a/*', threshold: 2}]", "2:16: found 'a/*'; expected a path"),
        ("rules: [{path: a/}]", "2:9: found a rule that asks for nothing"),
        ("rules: [{path: a/, signers: []}]", "found no name"),
        ("rules: [{path: a/, signers: ['a,b']}]", "found 'a,b'; expected a name without spaces and commas"),
        ("rules: [{path: a/, threshold: 0}]", "found '0'; expected a whole number from 1 to 20"),
        ("rules: [{path: a/, threshold: 2}, {path: a, threshold: 2}]", "found a second rule for 'a'"),
        ("rules: [{path: a/, signer: [b]}]", "unknown key 'signer'; did you mean 'signers'?"),
        ("rule: []", "unknown key 'rule'; did you mean 'rules'?"),
    ])
    func `what is wrong with them is told with its place`(text: String, problem: String) {
        let decoded = PathRules.decode(Array("apiVersion: plimsoll/v1\n\(text)\n".utf8))
        let said = decoded.problems.map(\.description)
        #expect(said.contains { $0.contains(problem) && $0.hasPrefix("trust/rules.yaml:2:") }, "\(said)")
    }
}
