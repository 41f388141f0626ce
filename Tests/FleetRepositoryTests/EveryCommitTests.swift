import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// `trust.policy: every-commit`: what merges bring must be authentic by itself.
struct EveryCommitTests {
    private let history: TrustHistory

    init() throws { history = try TrustHistory(policy: .everyCommit) }

    private func refuse(_ message: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try history.expectRefusal(.bringsUnauthentic, message, sourceLocation: sourceLocation)
    }

    @Test func `merges of signed branches are authentic, signed themselves or not`() throws {
        try history.branch("topic", "one", "two", by: history.bob)
        try history.merge("topic", by: nil)
        try history.branch("late", "three", by: history.bob)
        try history.commit("meanwhile", by: history.ada)
        try history.merge("late", by: history.ada)
        try history.expectAuthentic()
    }

    @Test func `an unsigned commit in a branch is refused, whoever signs on top`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        let bad = try history.commit("one", by: nil)
        try history.commit("two", by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: history.ada)
        try refuse("\(bad.prefix(12)) is not: it is not signed")
        try history.git("reset", "--quiet", "--hard", history.introduction)
        try history.merge("topic", by: nil)
        try refuse("\(bad.prefix(12)) is not: it is not signed")
    }

    @Test func `each parent of a merge must authorise it`() throws {
        // The branch has taken ada out: her merge is not authorised by it.
        try history.git("checkout", "--quiet", "-b", "topic")
        try history.write(TrustHistory.signers([history.bob]), to: "trust/allowed_signers")
        try history.commit("without ada", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: history.ada)
        try history.expectRefusal(.unauthorisedKey, "does not authorise it")
        try history.git("reset", "--quiet", "--hard", history.introduction)
        try history.merge("topic", by: history.bob)
        try history.expectAuthentic()
    }

    @Test func `a branch of another history is refused`() throws {
        try history.git("checkout", "--quiet", "--orphan", "other")
        try history.commit("elsewhere", by: history.ada)
        try history.git("checkout", "--quiet", "main")
        let forged = try history.forge(
            tree: try history.git("rev-parse", "other^{tree}"), parents: history.introduction,
            try history.git("rev-parse", "other"), by: history.ada)
        try history.git("reset", "--quiet", "--hard", forged)
        try refuse("it begins a history of its own")
    }

    @Test func `a merge that leaves all out heals, and nothing may grow from what it left out`() throws {
        let bad = try history.commit("by nobody", by: nil)
        let heal = try history.forge(
            tree: try history.git("rev-parse", "\(history.introduction)^{tree}"),
            parents: history.introduction,
            bad, by: history.ada)
        try history.git("reset", "--quiet", "--hard", heal)
        try history.expectAuthentic()
        // Taken with its content it is not authentic.
        let taken = try history.forge(
            tree: try history.git("rev-parse", "\(bad)^{tree}"), parents: history.introduction, bad,
            by: history.ada)
        try history.git("reset", "--quiet", "--hard", taken)
        try refuse("\(bad.prefix(12)) is not: it is not signed")
        // A branch from it, signed from there on.
        try history.git("checkout", "--quiet", "-b", "grown", bad)
        try history.commit("on it", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.git("reset", "--quiet", "--hard", heal)
        try history.merge("grown", by: history.ada)
        try refuse("\(bad.prefix(12)) is not: it is not signed")
    }

    @Test func `a branch may go on after it was merged`() throws {
        try history.branch("topic", "one", by: history.bob)
        let merge = try history.merge("topic", by: history.ada)
        try history.git("checkout", "--quiet", "topic")
        try history.commit("two", by: history.bob)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: history.ada)
        try history.expectAuthentic()
        // So it is for a node that has authenticated the first merge in an earlier cycle.
        #expect(try history.judge(from: merge).failure == nil)
    }

    @Test func `the policy of the parent counts, and a broken file lifts none`() throws {
        try history.branch("unsigned", "one", by: nil)
        try history.write("trust: [\n", to: "fleet.yaml")
        try history.commit("break the file", by: history.ada)
        try history.merge("unsigned", by: history.ada)
        try refuse("is not: it is not signed")

        try history.git("reset", "--quiet", "--hard", "HEAD^1")
        try history.write(TrustHistory.fleet(.firstParent), to: "fleet.yaml")
        try history.commit("ask less", by: history.ada)
        try history.merge("unsigned", by: history.ada)
        try history.expectAuthentic()
        // A branch that changes the policy is judged by the one that it meets.
        try history.git("reset", "--quiet", "--hard", history.introduction)
        try history.git("checkout", "--quiet", "unsigned")
        try history.write(TrustHistory.fleet(.firstParent), to: "fleet.yaml")
        try history.commit("lift the rule", by: history.ada)
        try history.git("checkout", "--quiet", "main")
        try history.merge("unsigned", by: history.ada)
        try refuse("is not: it is not signed")
    }
}
