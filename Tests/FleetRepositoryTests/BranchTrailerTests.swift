import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// `trust.branch`: what is signed for the branch says so.
struct BranchTrailerTests {
    private let history: TrustHistory
    private let trailer = "Plimsoll-Branch: harbour/main"

    init() throws {
        history = try TrustHistory()
        try history.write(TrustHistory.fleet(.firstParent, branch: "main"), to: "fleet.yaml")
        // The one that brings the rule is judged by its parent, which does not know it.
        try history.commit("ask", by: history.ada)
        try history.expectAuthentic()
    }

    private func commit(_ name: String, _ message: String, by key: SSHKeyFiles) throws {
        try history.write("\(name)\n", to: "notes/\(name)")
        try Git.commit(message, in: history.work, signedWith: key.path)
    }

    private func refuse(_ message: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try history.expectRefusal(.branchNotNamed, message, sourceLocation: sourceLocation)
    }

    @Test func `a commit that names the branch is authentic, one that does not is a topic's`() throws {
        try commit("one", "One\n\n\(trailer)", by: history.ada)
        try history.expectAuthentic()
        try history.commit("two", by: history.bob)
        try refuse("has no trailer 'Plimsoll-Branch'")
    }

    @Test(arguments: [
        ("Plimsoll-Branch: harbour/main", "has no trailer"),
        ("One\n\nPlimsoll-Branch: harbour/main\n\nMore", "has no trailer"),
        ("One\n\nSome words\nPlimsoll-Branch: harbour/main", "has no trailer"),
        ("One\n\n Plimsoll-Branch: harbour/main", "has no trailer"),
        ("One\n\nPlimsoll-Branch: other/main", "names the branch 'other/main'"),
        ("One\n\nPlimsoll-Branch: harbour/test", "names the branch 'harbour/test'"),
        ("One\n\nPlimsoll-Branch: harbour/main\n  and/more", "names the branch 'harbour/main and/more'"),
        ("One\n\nPlimsoll-Branch: Harbour/main", "names the branch 'Harbour/main'"),
        ("One\n\nPlimsoll-Branch: harbour/main\nplimsoll-branch: harbour/test", "has 2 trailers"),
        ("One\n\nPlimsoll-Branch: harbour/main\nPlimsoll-Branch: harbour/main", "has 2 trailers"),
    ])
    func `another branch, two of them, or the words elsewhere are refused`(
        message: String, words: String
    ) throws {
        try commit("one", message, by: history.ada)
        try refuse(words)
    }

    @Test func `an unsigned merge is vouched for by what it merges`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try history.commit("one", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        // The merge's own message is the server's.
        try runSuccessfully(
            ["git", "merge", "--no-gpg-sign", "--quiet", "--no-ff", "-m", "Merge\n\n\(trailer)", "topic"],
            in: history.work, environment: Git.environment)
        try refuse("has no trailer")
        try history.git("reset", "--quiet", "--hard", "HEAD^1")
        try history.git("checkout", "--quiet", "topic")
        try Git.commit("Approve\n\n\(trailer)", in: history.work, signedWith: history.bob.path)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectAuthentic()
    }

    @Test func `a signed merge speaks for itself`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try commit("one", "One\n\n\(trailer)", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: history.ada)
        try refuse("has no trailer")
    }

    @Test func `what stands in the header of the signature is not signed`() throws {
        try history.commit("one", by: history.ada)
        let content = try history.git("cat-file", "commit", "HEAD")
        let forged = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", in: history.work,
            input: Array(
                (content.replacing(
                    " -----END SSH SIGNATURE-----\n",
                    with: " -----END SSH SIGNATURE-----\n \n \(trailer)\n") + "\n").utf8))
        try history.git("update-ref", "HEAD", forged)
        let failure = try #require(try history.judge().failure)
        #expect([.badSignature, .branchNotNamed].contains(failure.code), "\(failure)")
    }

    @Test func `a broken file lifts the rule as little as it lifts the policy`() throws {
        try history.write("trust: [\n", to: "fleet.yaml")
        try commit("break", "Break\n\n\(trailer)", by: history.ada)
        try history.commit("two", by: history.ada)
        try refuse("has no trailer")
        try history.git("reset", "--quiet", "--hard", "HEAD^1")
        try history.write(TrustHistory.fleet(.firstParent), to: "fleet.yaml")
        try commit("lift", "Lift\n\n\(trailer)", by: history.ada)
        try history.commit("three", by: history.ada)
        try history.expectAuthentic()
    }

    /// What is a trailer here is one to git.
    @Test(arguments: [
        "One\n\nA: b\nC-d: e\n", "One\n\nA: b\n c\n", "One\n\nA: b\n\n\n", "One\n\nwords\nA: b\n",
        "One\n\nA: b\n(cherry picked from commit 1234)\n", "One\nA: b\n", "A: b\n", "One\n\nA:b\n",
        "One\n\nA: b\r\n", "One\n \nA: b\n", "One\n\nA : b\n", "One\n\nSigned-off-by: c\nwords\nA: b\n",
        "One\n\n---\nA: b\n", "One\n\nText\n---\n\nA: b\n", "One\n\n# x\nA: b\n", "One\n\nA: b\n# x\n",
        "One\n\n: b\nA: c\n", "\n\nA: b\n", "One\n\nÄ: b\nA: c\n", "One\n\nA: b\n\tc\nA: d\n",
    ])
    func `stock git agrees`(message: String) throws {
        let tree = try history.git("rev-parse", "HEAD^{tree}")
        let payload = "tree \(tree)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n\(message)"
        let id = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", in: history.work, input: Array(payload.utf8))
        let theirs = try Git.run(
            "log", "-1", "--format=%(trailers:key=A,valueonly,unfold)", id, in: history.work)
        let ours = MessageTrailers(of: Array(payload.utf8)).values(of: "a")
        let known = theirs.split(separator: "\n").map(String.init)
        #expect(ours == known || ours.isEmpty, "git: \(known)")
        if ["One\n\nA: b\nC-d: e\n", "One\n\nA: b\n c\n"].contains(message) { #expect(!ours.isEmpty) }
    }
}
