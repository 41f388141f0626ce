import FleetCore
import FleetTesting
import Testing

/// A node that was off or dark in so many of its windows moves outside of them.
struct MissedWindowsTests {
    private typealias Situation = DecideTests.Situation

    /// Saturdays are the 14th, 21st and 28th of November; the node was last there on the 14th.
    private func node(
        missed: MissedWindows = .run(after: 2), attended: String? = "2026-11-14T02:00:00Z",
        declaredAt: String = "2026-11-16T09:00:00Z", gate: GateSetting = .none, freezes: [Freeze] = [],
        at now: Instant
    ) -> Situation {
        let membership = Membership.sample(
            "A B", gate: gate, windows: DecideTests.saturdays, freezes: freezes, missed: missed,
            declaredAt: [DecideTests.b: .of(declaredAt)])
        var node = Situation(membership, admitted: DecideTests.a, installed: ["nginx 1"])
        node.memory.attended = attended.map { .of($0) }
        node.now = now
        return node
    }

    private func isAdmitted(_ node: Situation) -> Bool {
        node.decision.admitted?.declaration == DecideTests.b
    }

    @Test func `after so many missed windows it need not wait for the next, and before that it must`() {
        #expect(!isAdmitted(node(at: .on("2026-11-27T12:00:00Z"))))
        // It has not missed the one that is open: it moves in it.
        #expect(isAdmitted(node(at: .on("2026-11-28T04:00:00Z"))))
        #expect(!isAdmitted(node(at: .on("2026-11-28T04:59:00Z"))))
        let late = node(at: .on("2026-11-28T05:00:00Z"))
        #expect(isAdmitted(late) && late.decision.reasons == [])
        #expect(!isAdmitted(node(missed: .wait, at: .on("2026-11-30T12:00:00Z"))))
        #expect(!isAdmitted(node(missed: .run(after: 3), at: .on("2026-11-30T12:00:00Z"))))
        #expect(isAdmitted(node(missed: .run(after: 1), at: .on("2026-11-23T12:00:00Z"))))
    }

    @Test func `only windows count in which there was something to do`() {
        let monday = Instant.on("2026-11-30T12:00:00Z")
        // Declared after the first of them, or on the eve of the second with a gate that asks for a day.
        #expect(!isAdmitted(node(declaredAt: "2026-11-21T12:00:00Z", at: monday)))
        #expect(!isAdmitted(node(declaredAt: "2026-11-21T01:30:00Z", at: monday)))
        let frozen = [Freeze(from: .of("2026-11-21"), to: .of("2026-11-21"), reason: "sale")]
        #expect(!isAdmitted(node(freezes: frozen, at: monday)))
        var gated = node(
            missed: .run(after: 1), declaredAt: "2026-11-27T23:00:00Z", gate: DecideTests.gate, at: monday)
        gated.evidence = DecideTests.open(DecideTests.b)
        #expect(!isAdmitted(gated))
    }

    @Test func `a freeze, an unknown clock and a first start say no`() {
        let now = "2026-11-30T12:00:00Z"
        let frozen = [Freeze(from: .of("2026-11-30"), to: .of("2026-11-30"), reason: "sale")]
        #expect(!isAdmitted(node(freezes: frozen, at: .on(now))))
        #expect(!isAdmitted(node(at: .on(now, isWallKnown: false))))
        #expect(!isAdmitted(node(attended: nil, at: .on(now))))
    }

    @Test(arguments: [
        // A first start, and a clock that was ahead.
        (nil, "2026-11-25T12:00:00Z", "2026-11-25T12:00:00Z"),
        ("2036-01-01T00:00:00Z", "2026-11-25T12:00:00Z", "2026-11-25T12:00:00Z"),
        // Outside of the window, in it, and in it again.
        ("2026-11-14T02:00:00Z", "2026-11-25T12:00:00Z", "2026-11-14T02:00:00Z"),
        ("2026-11-14T02:00:00Z", "2026-11-28T02:00:00Z", "2026-11-28T02:00:00Z"),
        ("2026-11-28T02:00:00Z", "2026-11-28T04:30:00Z", "2026-11-28T02:00:00Z"),
    ])
    func `when it was there is noted once a window`(before: String?, now: String, after: String) {
        let membership = node(at: .on(now)).membership
        func attended(isKept: Bool, _ now: Instant) -> Timestamp? {
            membership.attendance(since: before.map { .of($0) }, isKept: isKept, zones: [:], at: now)
        }
        #expect(attended(isKept: false, .on(now)) == .of(after))
        #expect(attended(isKept: false, .on(now, isWallKnown: false)) == before.map { .of($0) })
        if before == "2026-11-14T02:00:00Z" { #expect(attended(isKept: true, .on(now)) == .of(before ?? "")) }
        let unlimited = Membership.sample("A", missed: .run(after: 1))
        #expect(unlimited.attendance(since: .of(after), isKept: false, zones: [:], at: .on(now)) == nil)
    }
}
