import FleetCore
import FleetTesting
import Testing

/// Rule 7: freeze and window, and what is said of them.
struct TimeRulesTests {
    private typealias Situation = DecideTests.Situation

    private func node(
        windows: [Window] = DecideTests.saturdays, freezes: [Freeze] = [], at now: Instant
    ) -> Situation {
        let membership = Membership.sample("A B", windows: windows, freezes: freezes)
        var node = Situation(membership, admitted: DecideTests.a, installed: ["nginx 1"])
        node.now = now
        return node
    }

    @Test func `outside the window nothing new is admitted, and it is said when the next one opens`() {
        let node = node(at: .on("2026-11-22T12:00:00Z"))
        #expect(node.decision.admitted?.declaration == DecideTests.a)
        #expect(
            node.decision.reasons == [
                Reason(
                    .window, "no window is open; the next one opens at 2026-11-28T01:00:00Z",
                    until: .of("2026-11-28T01:00:00Z"))
            ])
    }

    @Test func `in the window it is admitted`() {
        let node = node(at: .on("2026-11-28T01:00:00Z"))
        #expect(node.decision.admitted?.declaration == DecideTests.b)
        #expect(node.decision.reasons == [])
    }

    @Test func `provisional when the window shuts, it is given back`() {
        var node = node(at: .on("2026-11-28T04:40:00Z"))
        let first = node.decision
        (node.memory.admitted, node.memory.previous) = (first.admitted, first.previous)
        #expect(node.decision.admitted?.declaration == DecideTests.b)
        node.now = .on("2026-11-28T05:00:00Z")
        #expect(node.decision.admitted?.declaration == DecideTests.a)
        #expect(node.decision.previous == nil)
        #expect(node.decision.reasons.map(\.code) == [.window])
    }

    @Test func `a change that would not end before the window shuts waits for the next, with its figures`() {
        let ending = node(at: .on("2026-11-28T04:43:00Z"))
        #expect(ending.decision.admitted?.declaration == DecideTests.b)
        let late = node(at: .on("2026-11-28T04:43:01Z")).decision
        #expect(late.admitted?.declaration == DecideTests.a)
        #expect(
            late.reasons == [
                Reason(
                    .window,
                    "the change needs 17m: 2m for 1 package, by what changes took here and 15m for a reboot; "
                        + "until 2026-11-28T05:00:00Z it would not end; the next window that holds it opens at "
                        + "2026-12-05T01:00:00Z", until: .of("2026-12-05T01:00:00Z"))
            ])
    }

    @Test func `what a node has learned decides whether a window is long enough`() {
        var slow = node(at: .on("2026-11-28T03:00:00Z"))
        #expect(slow.decision.admitted?.declaration == DecideTests.b)
        slow.memory.durations.record(
            ChangeDurations.Measured(changes: 1, duration: TimeSpan(seconds: 5_400)))
        #expect(slow.decision.reasons.map(\.code) == [.window])
        slow.memory.durations.record(
            ChangeDurations.Measured(changes: 1, duration: TimeSpan(seconds: 14_400)))
        let never = slow.decision
        #expect(never.admitted?.declaration == DecideTests.a)
        #expect(never.reasons.map(\.code) == [.windowTooShort])
        #expect(never.reasons[0].message.contains("no window of the next 400 days is open for more than 4h"))
        // It is said at any time, not only once the window has opened in vain.
        slow.now = .on("2026-11-25T03:00:00Z")
        #expect(slow.decision.reasons.map(\.code) == [.windowTooShort])
    }

    @Test func `a freeze that begins in a window ends it`() {
        let eve = Window(days: [.sat], start: 22 * 60, end: 2 * 60, zone: .utc)
        let frozen = [Freeze(from: .of("2026-12-20"), to: .of("2026-12-24"), reason: "holidays")]
        #expect(
            node(windows: [eve], freezes: frozen, at: .on("2026-12-19T23:30:00Z")).decision.reasons == [])
        let late = node(windows: [eve], freezes: frozen, at: .on("2026-12-19T23:50:00Z")).decision
        #expect(late.reasons.map(\.until) == [.of("2026-12-26T22:00:00Z")])
        let unlimited = node(windows: [], freezes: frozen, at: .on("2026-12-19T23:50:00Z")).decision
        #expect(unlimited.reasons.map(\.until) == [.of("2026-12-25T00:00:00Z")])
    }

    @Test func `windows that touch hold a change together`() {
        let first = Window(days: [.sat], start: 60, end: 120, zone: .utc)
        let second = Window(days: [.sat], start: 120, end: 180, zone: .utc)
        let rules = TimeRules(
            Membership.sample("A", windows: [first, second]).group, zones: [:],
            at: .on("2026-11-28T01:50:00Z"))
        #expect(rules.holds(TimeSpan(seconds: 4_200)))
        #expect(!rules.holds(TimeSpan(seconds: 4_201)))
    }

    @Test func `a freeze outweighs an open window, and tells when both are over`() {
        let node = node(freezes: DecideTests.december, at: .on("2026-12-26T02:00:00Z"))
        #expect(node.decision.admitted?.declaration == DecideTests.a)
        #expect(
            node.decision.reasons == [
                Reason(
                    .freeze, "frozen from 2026-12-20 to 2027-01-02: holidays",
                    until: .of("2027-01-03T00:00:00Z"))
            ])
        var later = node
        later.now = .on("2026-12-27T12:00:00Z")
        #expect(
            later.decision.reasons.map(\.until) == [
                .of("2027-01-03T00:00:00Z"), .of("2027-01-09T01:00:00Z"),
            ])
    }

    @Test(arguments: [
        ([Window](), [Freeze](), true), (DecideTests.saturdays, [], false), ([], DecideTests.december, false),
        (DecideTests.saturdays, DecideTests.december, false),
    ])
    func `while the clock is not known, windows are shut and freezes on`(
        windows: [Window], freezes: [Freeze], isAdmitted: Bool
    ) {
        // A Saturday morning far from December: the clock says so, and may be wrong.
        let node = node(
            windows: windows, freezes: freezes, at: .on("2026-11-28T02:00:00Z", isWallKnown: false))
        #expect((node.decision.admitted?.declaration == DecideTests.b) == isAdmitted)
        #expect(node.decision.reasons.map(\.code) == (isAdmitted ? [] : [.clockUnknown]))
        #expect(
            node.decision.reasons.allSatisfy {
                $0.message.contains("2026-11-28T02:00:00Z") && $0.message.contains("clock: trusted")
            })
    }

    @Test(arguments: [
        // In a window that the right clock does not show, or in a freeze: a clock in 1970 is found out by the
        // newest commit, whatever its kernel calls it.
        ("1970-01-03T02:00:00Z", DecideTests.saturdays, [Freeze](), Reason.Code.clockUnknown),
        ("1970-01-03T02:00:00Z", [], DecideTests.december, .clockUnknown),
        // Ten years ahead nothing tells that it is wrong; the calendar holds as it is written.
        ("2036-11-29T02:00:00Z", DecideTests.saturdays, DecideTests.december, nil),
        ("2036-11-27T02:00:00Z", DecideTests.saturdays, [], .window),
        // The freeze of that year is long over, and that day's minute of the next year is in no freeze.
        ("2036-12-27T02:00:00Z", DecideTests.saturdays, DecideTests.december, nil),
        ("2027-01-02T23:59:59Z", [], DecideTests.december, .freeze),
        ("2027-01-03T00:00:00Z", [], DecideTests.december, nil),
    ])
    func `a clock that is far off`(
        wall: String, windows: [Window], freezes: [Freeze], expected: Reason.Code?
    ) {
        let now = Instant.on(wall).doubted(before: .of("2026-11-22T12:00:00Z"))
        let node = node(windows: windows, freezes: freezes, at: now)
        #expect(node.decision.reasons.map(\.code) == [expected].compactMap(\.self))
    }

    @Test func `a zone that the machine does not know is named`() {
        let window = Window(days: [.sat], start: 60, end: 300, zone: .database("Mars/Olympus"))
        let membership = Membership.sample("A B", windows: [window])
        let memory = NodeState()
        func reasons(_ zones: [ZoneName: Result<ZoneRules, ZoneError>]) -> [Reason] {
            decide(
                desired: Desired(commit: .number(99), standing: .member(membership)),
                actual: Actual(inventory: .success(.sample([])), facts: .debian12, zones: zones),
                evidence: .none, memory: memory, now: .on("2026-11-28T02:00:00Z")
            ).reasons
        }
        let unknown = ZoneError("this machine does not know the zone")
        #expect(
            reasons([.database("Mars/Olympus"): .failure(unknown)]) == [
                Reason(
                    .window,
                    "no window is open; none opens within 400 days; this machine does not know the zone")
            ])
        #expect(reasons([.database("Mars/Olympus"): .success(.utc)]) == [])
    }

    @Test(arguments: [
        ("2026-11-22T12:00:00Z", true, true), ("2026-11-22T12:00:01Z", true, false),
        ("2026-11-22T11:59:59Z", true, true), ("2026-11-22T11:59:59Z", false, false), (nil, true, true),
        (nil, false, false),
    ])
    func `a clock before the newest commit is wrong`(date: String?, wasKnown: Bool, isKnown: Bool) {
        let now = Instant.on("2026-11-22T12:00:00Z", isWallKnown: wasKnown)
        #expect(now.doubted(before: date.map { .of($0) }).isWallKnown == isKnown)
    }
}
