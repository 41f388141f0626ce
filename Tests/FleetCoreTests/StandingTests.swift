import FleetCore
import FleetTesting
import Testing

/// How a canary stands to a declaration: its newest verified report decides.
struct StandingTests {
    static let b = Declaration("B", by: 2)
    static let c = Declaration("C", by: 3)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let canary: Canary
        let standing: Standing

        init(_ description: String, _ canary: Canary, _ standing: Standing) {
            testDescription = description
            self.canary = canary
            self.standing = standing
        }

        init(_ description: String, _ report: Report, _ standing: Standing) {
            self.init(description, Canary("canary-1", report), standing)
        }
    }

    static let newest = [
        Case("soaked", .sample(admitted: c, proven: [c: 14_400]), .healthy),
        Case("a second too few", .sample(admitted: c, proven: [c: 14_399]), .soaking),
        Case("has it, not proven yet", .sample(admitted: c), .soaking),
        Case("not there yet", .sample(admitted: b, proven: [b: 99_999]), .behind),
        Case(
            "soaked and left behind since", .sample(admitted: b, proven: [b: 10, c: 14_400]), .healthy),
        Case("not soaked and left behind", .sample(admitted: b, proven: [c: 10]), .soaking),
        Case("failed finally", .sample(admitted: b, failed: [c], phase: .rolledBack), .failed),
        Case("failed finally after a proof", .sample(admitted: b, proven: [c: 99_999], failed: [c]), .failed),
        Case(
            "proven at 4 h, memory leak at 5 h",
            .sample(admitted: c, proven: [c: 18_000], phase: .degraded, reasons: [.checkFailed]), .failed),
        Case(
            "degraded after another declaration",
            .sample(admitted: b, proven: [c: 18_000], phase: .degraded, reasons: [.checkFailed]), .healthy),
        Case(
            "degraded and then held by its operator",
            .sample(admitted: c, phase: .held, reasons: [.nodeHold, .checkFailed]), .failed),
        Case(
            "degraded where the tip cannot be read",
            .sample(admitted: c, phase: .unreadable, reasons: [.unreadable, .checkFailed]), .failed),
        Case(
            "a check was bad before",
            .sample(admitted: c, phase: .blocked, reasons: [.checkFailedBefore]), .unfit),
        Case("an entry is excepted", .sample(admitted: c, reasons: [.excepted]), .unfit),
        Case("a package is held by hand", .sample(admitted: c, reasons: [.heldByHand]), .unfit),
        Case("something newer is kept", .sample(admitted: c, reasons: [.newerKept]), .unfit),
        Case("kernel installed, not booted", .sample(admitted: c, phase: .rebootRequired), .soaking),
        Case("has never reported", Canary("canary-1", .none), .behind),
        Case("is not believed", Canary("canary-1", .rejected("bad signature")), .rejected),
        Case("names a commit ahead", Canary("canary-1", .peerAhead(.number(9))), .peerAhead),
        Case("names a commit beside the chain", Canary("canary-1", .fork(.number(9))), .fork),
        Case("a word of a newer agent", .sample(admitted: c, proven: [c: 14_400], phase: .unknown), .healthy),
    ]

    /// Two heartbeats of 24 h are 172,800 s, and the reader has watched for 1,000,000 s.
    static let silence = [
        Case("not silent yet", Canary.healthy("a", on: c).silent(since: 827_201), .healthy),
        Case("silent, and still has it", Canary.healthy("a", on: c).silent(since: 827_200), .silent),
        Case("silent, soaking", Canary.healthy("a", on: c, for: 1).silent(since: 0), .silent),
        Case("silent since ever", Canary("a", .none).silent(since: 0), .silent),
        Case(
            "silent, but proven and left behind since",
            Canary("a", .sample(admitted: b, proven: [c: 14_400])).silent(since: 0), .healthy),
        Case("silence hides no failure", Canary.failed("a", on: c).silent(since: 0), .failed),
        Case(
            "silence hides no degradation",
            Canary("a", .sample(admitted: c, phase: .degraded)).silent(since: 0), .failed),
    ]

    @Test(arguments: newest + silence)
    func `a canary stands by its newest report`(_ sample: Case) throws {
        let evidence = Evidence.sample([sample.canary])
        let canary = try #require(evidence.groups.values.first?.first)
        #expect(canary.standing(to: Self.c, soak: .of("4h"), in: evidence) == sample.standing)
    }

    @Test(
        arguments: [
            // Silent for four days before the declaration was first seen.
            (SilenceRule.leave(after: TimeSpan(seconds: 259_200)), 500_000, 900_000, true),
            // Exactly as long as the rule says, and a second less.
            (.leave(after: TimeSpan(seconds: 259_200)), 640_800, 900_000, true),
            (.leave(after: TimeSpan(seconds: 259_200)), 640_801, 900_000, false),
            // Fell silent after it: the patch may have felled it.
            (.leave(after: TimeSpan(seconds: 259_200)), 900_001, 900_000, false),
            // It had reported a day before, as it should: it was not silent yet.
            (.leave(after: TimeSpan(seconds: 86_400)), 800_000, 900_000, false),
            (.hold, 0, 900_000, false),
        ] as [(SilenceRule, Int64, Int64, Bool)])
    func `only silence from before the declaration leaves the share`(
        _ rule: SilenceRule, _ lastNews: Int64, _ firstSeen: Int64, _ leaves: Bool
    ) throws {
        let evidence = Evidence.sample(
            [Canary("a", .none).silent(since: lastNews)], firstSeen: [Self.c: firstSeen])
        let canary = try #require(evidence.groups.values.first?.first)
        #expect(canary.leavesShare(of: Self.c, by: rule, in: evidence) == leaves)
    }

    @Test func `a declaration that was never seen lets nobody leave`() throws {
        let evidence = Evidence.sample([Canary("a", .none).silent(since: 0)])
        let canary = try #require(evidence.groups.values.first?.first)
        #expect(!canary.leavesShare(of: Self.c, by: .leave(after: .zero), in: evidence))
    }

    @Test func `a canary that reports again is back in the share`() throws {
        let back = Canary.healthy("a", on: Self.c).silent(since: 999_000)
        let evidence = Evidence.sample([back], firstSeen: [Self.c: 900_000])
        let canary = try #require(evidence.groups.values.first?.first)
        #expect(!canary.leavesShare(of: Self.c, by: .leave(after: .zero), in: evidence))
    }
}
