import FleetCore
import FleetTesting
import Testing

/// When packages are changed towards what is admitted: in the window and not in a freeze, but on the way back.
struct RepairTimeTests {
    typealias Situation = DecideTests.Situation

    private static let membership = Membership.sample(
        "A", windows: DecideTests.saturdays, freezes: DecideTests.december)
    private static let waves = Waves(
        steps: [.percent(10), .percent(100)], healthy: .percent(90), soak: .zero, failures: .count(0),
        silence: .hold)

    @Test(arguments: [
        ("2026-12-16T12:00:00Z", [Reason.Code.window]), ("2026-12-19T00:59:59Z", [.window]),
        ("2026-12-19T01:00:00Z", []), ("2026-12-19T04:43:00Z", []), ("2026-12-19T04:43:01Z", [.window]),
        ("2026-12-19T05:00:00Z", [.window]),
        ("2026-12-23T12:00:00Z", [.freeze, .window]), ("2026-12-26T02:00:00Z", [.freeze]),
        ("2027-01-02T02:00:00Z", [.freeze]), ("2027-01-09T02:00:00Z", []),
    ])
    func `drift is repaired in the window and in no freeze`(now: String, codes: [Reason.Code]) {
        var node = Situation(Self.membership, admitted: DecideTests.a, installed: [])
        node.now = .on(now)
        #expect(isConverging(node) == codes.isEmpty)
        #expect(node.decision.reasons.map(\.code) == codes)
        #expect(node.decision.assessment?.findings.map(\.state) == [.missing])
    }

    @Test func `a wave does not keep drift`() {
        let node = Situation(
            .sample("A", waves: Self.waves), admitted: DecideTests.a, installed: [])
        #expect(isConverging(node))
    }

    @Test(arguments: [
        (Admission.Progress.begun, false, false), (.begun, true, true), (.reached, true, false),
        (.reached, false, false),
    ])
    func `what was begun waits for the window, unless it is a rollback that was not reached yet`(
        progress: Admission.Progress, isRollback: Bool, isDone: Bool
    ) {
        var node = Situation(Self.membership, installed: [])
        let sample = Admission.sample(DecideTests.a, in: Self.membership)
        node.memory.admitted = Admission(
            baseline: sample.baseline, declaration: sample.declaration, form: sample.form,
            readAt: sample.readAt,
            receipt: Receipt(
                fleet: sample.receipt.fleet, node: sample.receipt.node, group: sample.receipt.group,
                baseline: sample.baseline, declaration: sample.declaration, previous: nil,
                commit: sample.receipt.commit, basis: .proven, isRollback: isRollback, rule: nil,
                witnesses: [], time: sample.receipt.time), progress: progress)
        node.now = .on("2026-12-23T12:00:00Z")
        #expect(isConverging(node) == isDone)
        node.now = .on("2026-12-23T12:00:00Z", isWallKnown: false)
        #expect(isConverging(node) == isDone)
        node.now = .on("2027-01-09T02:00:00Z")
        #expect(isConverging(node))
    }

    private func isConverging(_ node: Situation) -> Bool {
        if case .converge = node.decision.action { true } else { false }
    }
}
