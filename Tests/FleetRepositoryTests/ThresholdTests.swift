import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// `trust.threshold`: what nodes follow has been signed or approved by so many persons.
struct ThresholdTests {
    private let history: TrustHistory
    /// The commit that asks for two.
    private let start: String

    init() throws {
        history = try TrustHistory()
        try history.write(TrustHistory.fleet(threshold: 2), to: "fleet.yaml")
        start = try history.commit("ask", by: history.ada)
        #expect(try history.verdict().ground.hex == start)
    }

    @discardableResult
    private func approve(_ commit: String, by key: SSHKeyFiles) throws -> String {
        try Git.commit("Approve\n\nApproves: \(commit)", in: history.work, signedWith: key.path)
    }

    /// The chain is authentic; the nodes follow `ground`, and this waits.
    private func expect(
        ground: String, waits words: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let verdict = try history.verdict()
        #expect(verdict.failure == nil, sourceLocation: sourceLocation)
        #expect(verdict.ground.hex == ground, sourceLocation: sourceLocation)
        let said = verdict.pending?.words
        #expect((said == nil) == (words == nil), "\(said ?? "")", sourceLocation: sourceLocation)
        if let words {
            #expect(said?.contains(words) == true, "\(said ?? "")", sourceLocation: sourceLocation)
        }
        // From where all was approved it is found anew, commit by commit as a node finds it.
        let again = try history.verdict(from: verdict.settled.hex)
        #expect(again.ground == verdict.ground && again.failure == nil, sourceLocation: sourceLocation)
        #expect(again.pending == verdict.pending, sourceLocation: sourceLocation)
    }

    @Test func `a commit waits for a second person`() throws {
        let one = try history.commit("one", by: history.ada)
        try expect(ground: start, waits: "1 commit waits for approval: \(one.prefix(12)) has 1 of 2 keys")
        try approve(one, by: history.ada)
        try expect(ground: start, waits: "has 1 of 2 keys (ada@example.com)")
        let approval = try approve(one, by: history.bob)
        try expect(ground: approval)
        #expect(try history.verdict().steps.map(\.id.hex).suffix(2) == [one, approval])
    }

    @Test func `who approves the newest approves all below it, and what is between is no step`() throws {
        try history.commit("one", by: history.ada)
        let two = try history.commit("two", by: history.ada)
        let approval = try approve(two, by: history.bob)
        let verdict = try history.verdict()
        #expect(verdict.steps.map(\.id.hex) == [start, two, approval])
        #expect(verdict.steps.map(\.parent?.hex) == [history.introduction, start, two])
    }

    @Test func `an approval that changes a file, or has another parent, is none`() throws {
        let one = try history.commit("one", by: history.ada)
        try history.write("more\n", to: "notes/more")
        try approve(one, by: history.bob)
        try expect(ground: start, waits: "2 commits wait")
        try history.git("reset", "--quiet", "--hard", one)
        let merge = try runSuccessfully(
            [
                "git", "-c", "gpg.format=ssh", "-c", "user.signingKey=\(history.bob.path)", "commit-tree",
                "-S",
                "-p", one, "-p", start, "-m", "Approve\n\nApproves: \(one)", "HEAD^{tree}",
            ], in: history.work, environment: Git.environment
        ).text
        try history.git("reset", "--quiet", "--hard", merge)
        try expect(ground: start, waits: "has 1 of 2 keys (bob@example.com)")
    }

    @Test(arguments: ["short", "two", "beside", "older", "lines", "unnamed"])
    func `an approval names one commit of the chain, in full`(how: String) throws {
        let one = try history.commit("one", by: history.ada)
        let message =
            switch how {
            case "short": "Approves: \(one.prefix(12))"
            case "two": "Approves: \(one)\nApproves: \(start)"
            case "beside": "Approves: \(String(repeating: "1", count: 40))"
            case "older": "Approves: \(history.introduction)"
            case "lines": "Approves: \(one)\n\nand more"
            default: "LGTM"
            }
        try Git.commit("Approve\n\n\(message)", in: history.work, signedWith: history.bob.path)
        let verdict = try history.verdict()
        #expect(verdict.ground.hex == start && verdict.failure == nil)
    }

    @Test func `a rogue's keys count for nothing before they are approved`() throws {
        try history.write(TrustHistory.signers([history.bob, history.eve]), to: "trust/allowed_signers")
        let coup = try history.commit("coup", by: history.bob)
        try expect(ground: start, waits: "1 of 2 keys (bob@example.com)")
        // Nor does he get rid of the others: they go on by the keys that are approved.
        try history.write(TrustHistory.signers([history.ada, history.bob]), to: "trust/allowed_signers")
        let back = try history.commit("back", by: history.ada)
        // Nothing differs from what is approved, without what ada has added of her own.
        try history.git("rm", "--quiet", "-r", "notes")
        try history.write("ask\n", to: "notes/ask")
        let healed = try Git.commit("clean", in: history.work, signedWith: history.ada.path)
        try expect(ground: healed)
        #expect(try history.verdict(to: back).ground.hex == start)
        try history.git("reset", "--quiet", "--hard", coup)
        try approve(coup, by: history.eve)
        try history.expectRefusal(.unauthorisedKey, "which the approved \(start.prefix(12))'s trust/")
    }

    @Test func `nobody lowers the threshold alone, and it holds until that is approved`() throws {
        try history.write(TrustHistory.fleet(), to: "fleet.yaml")
        let lowered = try history.commit("lower", by: history.ada)
        let next = try history.commit("next", by: history.ada)
        try expect(ground: start, waits: "2 commits wait")
        try approve(lowered, by: history.bob)
        // From there one key is enough for all that waited.
        let verdict = try history.verdict()
        #expect(verdict.steps.map(\.id.hex).contains(lowered) && verdict.pending == nil)
        #expect(try verdict.ground.hex == history.git("rev-parse", "HEAD") && next != lowered)
    }

    @Test func `what breaks the rules is never followed, and lifts none`() throws {
        try history.write("trust: [\n", to: "fleet.yaml")
        let broken = try history.commit("break", by: history.ada)
        try approve(broken, by: history.bob)
        try expect(ground: start, waits: "cannot be read, so that nobody can approve it")
        try history.write(TrustHistory.fleet(threshold: 2), to: "fleet.yaml")
        let mended = try history.commit("mend", by: history.ada)
        try expect(ground: start, waits: "2 commits wait")
        try expect(ground: try approve(mended, by: history.bob))
    }

    @Test func `a removed key counts no more, and a forge's never`() throws {
        let forge = try SSHKeyFiles("forge", in: history.folder)
        let signers =
            TrustHistory.signers([history.ada, history.bob]) + "noreply@forge.example \(forge.publicLine)\n"
        try history.write(signers, to: "trust/allowed_signers")
        let hired = try history.commit("a forge", by: history.ada)
        let ground = try approve(hired, by: history.bob)
        let one = try history.commit("one", by: history.ada)
        try approve(one, by: forge)
        try expect(ground: ground, waits: "1 of 2 keys (ada@example.com)")
        // Two keys of one name are one person.
        let second = try SSHKeyFiles("second", in: history.folder)
        try history.git("reset", "--quiet", "--hard", ground)
        try history.write(
            TrustHistory.signers([history.ada, history.bob]) + "ada@example.com \(second.publicLine)\n",
            to: "trust/allowed_signers")
        let own = try history.commit("a second key", by: history.ada)
        let allowed = try approve(own, by: history.bob)
        let two = try history.commit("two", by: history.ada)
        try approve(two, by: second)
        try expect(ground: allowed, waits: "1 of 2 keys (ada@example.com)")
        // Without bob his word is worth nothing any more.
        try history.git("reset", "--quiet", "--hard", allowed)
        try history.write(TrustHistory.signers([history.ada, history.eve]), to: "trust/allowed_signers")
        let fired = try history.commit("without bob", by: history.ada)
        try approve(fired, by: history.bob)
        let three = try history.commit("three", by: history.ada)
        try approve(three, by: history.bob)
        try history.expectRefusal(.unauthorisedKey, "does not list")
    }

    @Test func `an unsigned merge counts for those who signed exactly its files`() throws {
        try history.branch("topic", "one", "two", by: history.bob)
        let merge = try history.merge("topic", by: nil)
        try expect(ground: start, waits: "1 of 2 keys (bob@example.com)")
        try expect(ground: try approve(merge, by: history.ada))
    }

    @Test func `approvals on top of a topic count for its merge`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        let one = try history.commit("one", by: history.bob)
        try approve(one, by: history.ada)
        try history.git("checkout", "--quiet", "main")
        let merge = try history.merge("topic", by: nil)
        try expect(ground: merge)
        // One of a commit below it does not.
        try history.git("checkout", "--quiet", "-b", "next")
        let two = try history.commit("two", by: history.bob)
        try history.commit("three", by: history.bob)
        try approve(two, by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try history.merge("next", by: nil)
        try expect(ground: merge, waits: "has 1 of 2 keys")
    }

    @Test func `approvals of the branch come by a forge's button, too`() throws {
        let one = try history.commit("one", by: history.ada)
        try history.git("checkout", "--quiet", "-b", "approvals")
        try approve(one, by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try expect(ground: try history.merge("approvals", by: nil))
    }

    @Test func `a forge that is listed counts for whom it merges`() throws {
        let forge = try SSHKeyFiles("forge", in: history.folder)
        try history.write(
            TrustHistory.signers([history.ada, history.bob]) + "noreply@forge.example \(forge.publicLine)\n",
            to: "trust/allowed_signers")
        let hired = try history.commit("a forge", by: history.ada)
        try approve(hired, by: history.bob)
        try history.git("checkout", "--quiet", "-b", "topic")
        let one = try history.commit("one", by: history.bob)
        try approve(one, by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try expect(ground: try history.merge("topic", by: forge))
    }

    @Test func `with a branch to name, what does not name it is nobody's word`() throws {
        try history.write(TrustHistory.fleet(branch: "main", threshold: 2), to: "fleet.yaml")
        let asked = try history.commit("name it", by: history.ada)
        let ground = try approve(asked, by: history.bob)
        try history.git("checkout", "--quiet", "-b", "topic")
        let one = try history.commit("one", by: history.bob)
        try Git.commit(
            "Approve\n\nApproves: \(one)\nPlimsoll-Branch: harbour/main", in: history.work,
            signedWith: history.ada.path)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try expect(ground: ground, waits: "1 of 2 keys (ada@example.com)")
    }

    @Test func `a key that is listed for two counts for one of them`() throws {
        let at = ["20260101Z", "20260201Z"]
        let lines =
            "ada@example.com valid-before=\"\(at[0])\" \(history.ada.publicLine)\n"
            + "bob@example.com valid-after=\"\(at[1])\" \(history.ada.publicLine)\n"
        try history.write(lines, to: "trust/allowed_signers")
        let listed = try history.commit("one key, two names", by: history.ada)
        let ground = try approve(listed, by: history.bob)
        func commit(_ message: String, at date: String) throws -> String {
            let environment = Git.environment.merging(["GIT_COMMITTER_DATE": date]) { _, new in new }
            try runSuccessfully(["git", "add", "--all"], in: history.work, environment: environment)
            try runSuccessfully(
                [
                    "git", "-c", "gpg.format=ssh", "-c", "user.signingKey=\(history.ada.path)", "commit",
                    "--quiet", "-S", "--allow-empty", "-m", message,
                ], in: history.work, environment: environment)
            return try history.git("rev-parse", "HEAD")
        }
        try history.write("content\n", to: "notes/content")
        let one = try commit("one", at: "2025-12-01T12:00:00Z")
        _ = try commit("Approve\n\nApproves: \(one)", at: "2026-03-01T12:00:00Z")
        try expect(ground: ground, waits: "has 1 of 2 keys (ada@example.com)")
    }
}
