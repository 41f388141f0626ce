import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// Merges without a signature that counts, as the button of a forge makes them.
struct ForgeMergeTests {
    private let history: TrustHistory

    init() throws { history = try TrustHistory() }

    @Test func `a merge of an up-to-date signed branch needs no signature`() throws {
        // intro - M
        //       \ 1 - 2 /
        try history.branch("topic", "one", "two", by: history.bob)
        let merge = try history.merge("topic", by: nil)
        try history.expectAuthentic()
        // What stands on it is authorised by it.
        try history.branch("next", "three", by: history.ada)
        try history.merge("next", by: nil)
        try history.expectAuthentic()
        #expect(try history.judge(from: merge).failure == nil)
    }

    @Test func `a forge's own signature is worth no more and no less than none`() throws {
        try history.branch("topic", "one", by: history.bob)
        try history.merge("topic", by: history.eve)
        try history.expectAuthentic()
    }

    @Test func `only the newest commit of the branch needs a signature`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try history.commit("one", by: nil)
        try history.commit("two", by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectAuthentic()
    }

    @Test func `a merge of an unsigned branch is refused`() throws {
        try history.branch("topic", "one", by: nil)
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "nobody vouches for the merged")
        try history.expectRefusal(.mergeUnvouched, "either: it is not signed")
    }

    @Test func `a merge of a stranger's branch is refused`() throws {
        try history.branch("topic", "one", by: history.eve)
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "does not list")
    }

    @Test func `a merge that smuggles something in is refused`() throws {
        try history.branch("topic", "one", by: history.bob)
        try history.git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
        try history.write("smuggled\n", to: "notes/evil")
        try history.git("add", "--all")
        try history.git("commit", "--quiet", "--no-gpg-sign", "-m", "An evil merge")
        try history.expectRefusal(.mergeAdds, "it adds what nobody signed")
    }

    @Test func `a merge of a branch that is behind is refused though it is clean`() throws {
        try history.branch("topic", "one", by: history.bob)
        try history.commit("meanwhile", by: history.ada)
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeBehind, "was not up to date with")
        // Signed, it is what it always was.
        try history.git("reset", "--quiet", "--hard", "HEAD^1")
        try history.merge("topic", by: history.ada)
        try history.expectAuthentic()
    }

    @Test func `a merge that goes back to an older signed commit is refused`() throws {
        let old = try history.commit("old", by: history.ada)
        try history.commit("new", by: history.ada)
        let forged = try history.forge(
            tree: try history.git("rev-parse", "\(old)^{tree}"),
            parents: try history.git("rev-parse", "HEAD"), old,
            by: nil)
        try history.git("reset", "--quiet", "--hard", forged)
        try history.expectRefusal(.mergeBehind, "was not up to date with")
    }

    @Test func `a merge of itself or of three is refused`() throws {
        let head = try history.commit("head", by: history.ada)
        try history.branch("a", "one", by: history.bob)
        try history.branch("b", "two", by: history.bob)
        try history.merge("a", "b", by: nil)
        try history.expectRefusal(.mergeOfMany, "as a merge of 3 parents it needs a signature")
        try history.git(
            "reset", "--quiet", "--hard",
            history.forge(tree: try history.git("rev-parse", "\(head)^{tree}"), parents: head, head, by: nil))
        try history.expectRefusal(.unsigned, "it is not signed")
    }

    @Test func `the key that a branch adds does not vouch for that branch`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try history.write(
            TrustHistory.signers([history.ada, history.eve]), to: "trust/allowed_signers")
        try history.commit("let eve in", by: history.ada)
        try history.commit("by eve", by: history.eve)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "does not list")
    }

    @Test func `a removed key's branch is refused`() throws {
        try history.write(TrustHistory.signers([history.ada]), to: "trust/allowed_signers")
        try history.commit("bob leaves", by: history.ada)
        try history.branch("topic", "one", by: history.bob)
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "does not list")
    }

    @Test func `a commit with two signatures is not authentic, and no damage of the clone`() throws {
        let good = try history.commit("good", by: history.ada)
        let content = try history.git("cat-file", "commit", good)
        let header = try #require(content.firstRange(of: "gpgsig "))
        let end = try #require(content.firstRange(of: " -----END SSH SIGNATURE-----\n"))
        let signature = content[header.lowerBound..<end.upperBound]
        let doubled = content[..<header.lowerBound] + signature + content[header.lowerBound...]
        let forged = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", in: history.work,
            input: Array("\(doubled)\n".utf8))
        try history.git("update-ref", "HEAD", forged)
        try history.expectRefusal(.malformed, "two signatures")
    }
}
