import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetRepository

/// What a node remembers of approvals, and finds anew where it remembers nothing.
struct FollowingTests {
    private let history: TrustHistory
    private let source: GitFleetSource
    private let start: String

    init() throws {
        history = try TrustHistory()
        try history.write(TrustHistory.fleet(threshold: 2), to: "fleet.yaml")
        start = try history.commit("ask", by: history.ada)
        try history.git("clone", "--quiet", "--bare", history.work, history.folder.path("fleet.git"))
        source = try Self.source(of: history, introducedAt: history.introduction)
    }

    private static func source(
        of history: TrustHistory, introducedAt introduction: String
    ) throws
        -> GitFleetSource
    {
        try GitFleetSource(
            lookingAt: FleetSourceSettings(
                node: .of("node-1"), remote: RemoteURL(history.work), branch: "main",
                introduction: #require(CommitID(introduction)),
                cloneFolder: history.folder.path("fleet.git")))
    }

    /// What a node with this memory makes of a commit that is served as the branch.
    private func follow(
        _ tip: String, _ memory: inout NodeState, by source: GitFleetSource? = nil
    ) throws -> Following {
        let source = source ?? self.source
        try Git.run(
            "fetch", "--quiet", "--force", history.work, "\(tip):refs/remotes/fleet/branch",
            in: history.folder.path("fleet.git"))
        let following = try source.follow(memory)
        (memory.mark, memory.followed) = (following.mark, following.followed)
        (memory.ground, memory.settled) = (following.ground, following.settled)
        (memory.introduction, memory.stacks) = (following.introduction, following.stacks)
        return following
    }

    private func approve(_ commit: String, by key: SSHKeyFiles) throws -> String {
        try Git.commit("Approve\n\nApproves: \(commit)", in: history.work, signedWith: key.path)
    }

    @Test func `what waits is remembered, and the branch goes on from what was approved`() throws {
        var memory = NodeState()
        _ = try follow(start, &memory)
        #expect(memory.ground?.hex == start && memory.followed?.hex == start && memory.settled == nil)
        let one = try history.commit("one", by: history.ada)
        let waiting = try follow(one, &memory)
        #expect(memory.mark?.hex == one && memory.ground?.hex == start && memory.followed?.hex == start)
        #expect(waiting.conditions.map(\.code) == [.approvalMissing] && waiting.mayAdmit)
        // It is said in each cycle.
        #expect(try follow(one, &memory).conditions.map(\.code) == [.approvalMissing])
        // Approved is the older one of two: the newer one waits on.
        let two = try history.commit("two", by: history.ada)
        let half = try approve(one, by: history.bob)
        _ = try follow(half, &memory)
        #expect(memory.ground?.hex == one && memory.followed?.hex == one && memory.settled?.hex == start)
        let whole = try approve(two, by: history.bob)
        #expect(try follow(whole, &memory).conditions.isEmpty)
        #expect(memory.ground?.hex == whole && memory.settled == nil)
        // Another node, which comes late, finds the same.
        var late = NodeState()
        _ = try follow(whole, &late)
        #expect(late == memory)
    }

    @Test func `a state of an older agent trusts no mark that was not approved`() throws {
        var memory = NodeState()
        _ = try follow(start, &memory)
        let known = memory
        let one = try history.commit("one", by: history.ada)
        // As an agent wrote it that knew of no approvals: one key was enough for it.
        memory.mark = CommitID(one)
        memory.followed = CommitID(one)
        (memory.ground, memory.settled) = (nil, nil)
        let following = try follow(one, &memory)
        #expect(following.followed?.hex == start && following.ground?.hex == start)
        #expect(memory.mark?.hex == one && memory.stacks == known.stacks)
        #expect(following.conditions.map(\.code) == [.approvalMissing])
    }

    @Test func `the mark never goes back, and what is older is only old`() throws {
        var memory = NodeState()
        let one = try history.commit("one", by: history.ada)
        let two = try history.commit("two", by: history.ada)
        _ = try follow(two, &memory)
        let before = memory
        #expect(try follow(one, &memory).conditions.map(\.code) == [.remoteBehind])
        #expect(memory == before)
        // Nor by another commit on what is approved.
        try history.git("reset", "--quiet", "--hard", start)
        let other = try history.commit("other", by: history.bob)
        let refused = try follow(other, &memory)
        #expect(refused.conditions.map(\.code) == [.untrusted] && !refused.mayAdmit)
        #expect(memory == before)
    }

    @Test func `who is introduced later means the same declarations`() throws {
        func declare(_ version: String, by key: SSHKeyFiles) throws -> String {
            try history.write(
                "apiVersion: plimsoll/v1\nmanager: apt\npackages: {till: \(version)}\n",
                to: "baselines/deb.yaml")
            return try history.commit("till \(version)", by: key)
        }
        let first = try declare("1", by: history.ada)
        _ = try approve(first, by: history.bob)
        // Two at once: what was between them was never in force.
        _ = try declare("2", by: history.ada)
        let third = try declare("3", by: history.ada)
        let approved = try approve(third, by: history.bob)
        let tip = try approve(try declare("4", by: history.bob), by: history.ada)
        var early = NodeState()
        _ = try follow(first, &early)
        _ = try follow(tip, &early)
        let stack = try #require(early.stacks[.of("deb")])
        #expect(stack.layers.map(\.declaration.commit.hex).prefix(2) == [first, third])
        #expect(stack.layers.count == 3)
        for introduction in [start, approved] {
            var late = NodeState()
            _ = try follow(tip, &late, by: Self.source(of: history, introducedAt: introduction))
            #expect(late.stacks == early.stacks && late.followed?.hex == tip, "\(introduction)")
        }
    }
}
