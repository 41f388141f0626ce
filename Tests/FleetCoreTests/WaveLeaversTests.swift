import FleetCore
import FleetTesting
import Testing

/// Who has left a group since a declaration counts for its failures in the wave that it was in.
struct WaveLeaversTests {
    private static let a = DecideTests.a
    private static let b = Declaration("B", by: 2)
    private static let all: [NodeName] = (1...10).map { .of("atm-\($0)") }
    /// The order of the ten; the first is the whole first wave.
    private static let order = WavePlan(digest: b.digest, nodes: all, steps: [.percent(100)]).order
    private static let steps: [Quota] = [.percent(10), .percent(50), .percent(100)]

    private static func waves(failures: String = "0") -> Waves {
        Waves(
            steps: steps, healthy: .percent(50), soak: .of("30m"), failures: .of(failures), silence: .hold)
    }

    private static func says(_ node: NodeName, failed: Bool, hasLeft: Bool = false) -> CanaryEvidence {
        let report = Report.sample(
            node: node.description, admitted: failed ? a : b, proven: failed ? [:] : [b: 1_800],
            failed: failed ? [b] : [])
        return CanaryEvidence(
            node: node, isHeld: false, testimony: .report(report, id: .number(0xabc)),
            lastNews: TimeSpan(seconds: 1_000_000), departedFrom: hasLeft ? [b] : nil)
    }

    /// - Parameters:
    ///   - position: of the node in the order of the ten.
    ///   - left: the positions of those that have left.
    private static func decision(
        of position: Int, left: [Int], failures: String = "0", read: [[CanaryEvidence]]?,
        unasked: Reason? = nil, unknown: String? = nil
    ) -> Decision {
        let gone = Set(left.map { order[$0] })
        let membership = Membership.sample(
            "A B", waves: waves(failures: failures), node: order[position].description,
            peers: all.filter { !gone.contains($0) }.map(\.description), leavers: [b: gone],
            leaversUnknown: unknown)
        var situation = DecideTests.Situation(membership, admitted: a, installed: ["nginx 1"])
        situation.evidence = Evidence(
            groups: [:], watching: TimeSpan(seconds: 1_000_000), firstSeen: [:], heartbeat: .of("24h"),
            entries: [:], waves: read.map { [b: $0] } ?? [:],
            unasked: unasked.map { [.of("stores"): Evidence.Unasked($0, for: [b])] } ?? [:])
        return situation.decision
    }

    @Test func `nobody takes the place of a failed node that was moved`() {
        let failed = Self.says(Self.order[0], failed: true, hasLeft: true)
        let decision = Self.decision(of: 1, left: [0], read: [[failed]])
        #expect(decision.admitted?.declaration == Self.a)
        #expect(decision.reasons.map(\.code) == [.waveFailed])
        #expect(decision.reasons.first?.message.contains("(\(Self.order[0]), which has left)") == true)
        // Further back it is the same.
        let first = Self.says(Self.order[1], failed: false)
        let last = Self.decision(
            of: 9, left: [0],
            read: [[first, failed], Self.order[2...4].map { Self.says($0, failed: false) }])
        #expect(last.reasons.map(\.code) == [.waveFailed])
    }

    @Test func `one that was well is not waited for`() {
        let well = Self.says(Self.order[0], failed: false, hasLeft: true)
        #expect(Self.decision(of: 1, left: [0], read: [[well]]).admitted?.declaration == Self.b)
        // Nor does it vouch: the first wave is another now.
        let behind = CanaryEvidence(
            node: Self.order[1], isHeld: false, testimony: .none, lastNews: TimeSpan(seconds: 1_000_000))
        #expect(Self.decision(of: 5, left: [0], read: [[behind, well]]).reasons.map(\.code) == [.wave])
    }

    @Test func `who might have failed and left is asked first`() {
        #expect(Self.decision(of: 1, left: [0], read: nil).lacking == .waves(Self.b))
        // One that stood behind it in the order holds nobody back.
        let before = Self.decision(of: 0, left: [1], read: nil)
        #expect(before.lacking == nil && before.admitted?.declaration == Self.b)
    }

    @Test func `moving nodes out makes neither more nor fewer failures allowed`() {
        // Ten nodes of which 5 are the second wave: a fifth of five is one.
        let present = Self.order[2...4].map { Self.says($0, failed: false) }
        let gone = { (failed: Bool) in Self.says(Self.order[1], failed: failed, hasLeft: true) }
        let first = [Self.says(Self.order[0], failed: false)]
        let one = Self.decision(of: 9, left: [1], failures: "25%", read: [first, present + [gone(true)]])
        #expect(one.admitted?.declaration == Self.b)
        let two = Self.decision(
            of: 9, left: [1], failures: "25%",
            read: [first, [Self.says(Self.order[2], failed: true)] + present[1...] + [gone(true)]])
        #expect(two.reasons.map(\.code) == [.waveFailed])
    }

    @Test func `what cannot be told opens nothing`() {
        let well = [Self.says(Self.order[0], failed: false)]
        let away = Reason(.remoteAway, "no route to host")
        #expect(
            Self.decision(of: 1, left: [], read: [well], unasked: away).reasons.map(\.code) == [.wave])
        #expect(Self.decision(of: 0, left: [], read: nil, unknown: "bad tree").reasons.map(\.code) == [.wave])
    }

    @Test func `a receipt says who had left`() throws {
        let well = Self.says(Self.order[0], failed: false, hasLeft: true)
        let receipt = try #require(Self.decision(of: 1, left: [0], read: [[well]]).admitted?.receipt)
        #expect(receipt.wave?.step == 1)
        #expect(receipt.wave?.witnesses.map(\.hasLeft) == [true])
        #expect(Receipt(json: try JSONValue(parsing: receipt.documentBytes)) == receipt)
    }

    @Test func `of a wave no more are looked at than may have been its witnesses`() {
        let many: [NodeName] = (0..<400).map { .of("n\($0)") }
        let order = WavePlan(digest: Self.b.digest, nodes: many, steps: [.percent(100)]).order
        let stay = Array(order[380...])
        let leavers = WaveLeavers(
            Set(order[..<380]), from: stay, digest: Self.b.digest, steps: [.percent(50), .percent(100)],
            before: order[399])
        #expect(leavers.waves.map(\.count) == [64])
        #expect(leavers.wave(0) == Array(order[..<64]))
    }
}
