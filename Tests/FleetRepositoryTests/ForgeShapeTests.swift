import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// The shapes that a pull request can take on its way into the branch, made by stock git as forges make them.
/// docs/forges.md names the button of each.
struct ForgeShapeTests {
    private let history: TrustHistory

    init() throws {
        history = try TrustHistory()
        try history.branch("topic", "one", "two", by: history.bob)
    }

    @Test func `a fast-forward of signed commits is authentic`() throws {
        try history.git("merge", "--quiet", "--ff-only", "topic")
        try history.expectAuthentic()
    }

    @Test func `a fast-forward needs every commit signed`() throws {
        try history.git("checkout", "--quiet", "-b", "mixed")
        try history.commit("three", by: nil)
        try history.commit("four", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.git("merge", "--quiet", "--ff-only", "mixed")
        try history.expectRefusal(.unsigned, "it is not signed")
    }

    @Test func `a squashed commit is signed by nobody who counts`() throws {
        try history.git("merge", "--quiet", "--squash", "topic")
        try history.git("commit", "--quiet", "--no-gpg-sign", "-m", "Squashed")
        try history.expectRefusal(.unsigned, "it is not signed")
        try history.git("reset", "--quiet", "--hard", history.introduction)
        try history.git("merge", "--quiet", "--squash", "topic")
        try Git.commit("Squashed by a forge", in: history.work, signedWith: history.eve.path)
        try history.expectRefusal(.unauthorisedKey, "does not list")
    }

    @Test func `a squashed branch is authentic, merged by a merge commit`() throws {
        try history.git("checkout", "--quiet", "-b", "squashed")
        try history.git("merge", "--quiet", "--squash", "topic")
        try Git.commit("Squashed by its author", in: history.work, signedWith: history.bob.path)
        try history.git("checkout", "--quiet", "main")
        try history.merge("squashed", by: nil)
        try history.expectAuthentic()
    }

    @Test func `what a forge has rebased has lost its signatures`() throws {
        try history.commit("meanwhile", by: history.ada)
        try history.git("checkout", "--quiet", "topic")
        try history.git("rebase", "--quiet", "--no-gpg-sign", "main")
        try history.git("checkout", "--quiet", "main")
        let meanwhile = try history.git("rev-parse", "HEAD")
        try history.git("merge", "--quiet", "--ff-only", "topic")
        try history.expectRefusal(.unsigned, "it is not signed")
        try history.git("reset", "--quiet", "--hard", meanwhile)
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "it is not signed")
    }

    @Test func `a branch that its author has rebased is authentic`() throws {
        try history.commit("meanwhile", by: history.ada)
        try history.git("checkout", "--quiet", "topic")
        try history.git(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(history.bob.path)", "rebase", "--quiet",
            "--gpg-sign", "main")
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectAuthentic()
    }

    @Test func `a branch that a forge has brought up to date has nobody's signature on top`() throws {
        try history.commit("meanwhile", by: history.ada)
        try history.git("checkout", "--quiet", "topic")
        try history.merge("main", by: nil)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectRefusal(.mergeUnvouched, "nobody vouches for the merged")
    }

    @Test func `a fast-forward to a branch that has merged main leaves the chain`() throws {
        let mark = try #require(CommitID(history.commit("meanwhile", by: history.ada)))
        try history.git("checkout", "--quiet", "topic")
        try history.merge("main", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.git("merge", "--quiet", "--ff-only", "topic")
        let tip = try #require(CommitID(history.git("rev-parse", "HEAD")))
        let repository = try GitRepository(open: history.work)
        let walk = try repository.firstParents(from: tip, backTo: mark, limit: 10)
        guard case .ended = walk else {
            Issue.record("the mark is on the first-parent chain: \(walk)")
            return
        }
    }
}
