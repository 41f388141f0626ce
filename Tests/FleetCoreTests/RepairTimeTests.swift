import FleetCore
import FleetTesting
import Testing

/// When drift may be repaired: as everything that was not begun, in the window and not in a freeze.
struct RepairTimeTests {
    typealias Situation = DecideTests.Situation

    private static let saturdays = DecideTests.saturdays
    private static let december = DecideTests.december
    private static let waves = Waves(
        steps: [.percent(10), .percent(100)], healthy: .percent(90), soak: .zero, failures: .count(0),
        silence: .hold)

    @Test(arguments: [
        (Membership.sample("A", windows: Self.saturdays), Reason.Code.window),
        (Membership.sample("A", freezes: Self.december), .freeze),
    ])
    func `drift is not repaired at a time that nobody allowed`(membership: Membership, code: Reason.Code) {
        let node = Situation(membership, admitted: DecideTests.a, installed: [])
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons.map(\.code) == [code])
        #expect(node.decision.assessment?.findings.map(\.state) == [.missing])
    }

    @Test func `a wave does not keep drift`() {
        let node = Situation(
            .sample("A", waves: Self.waves), admitted: DecideTests.a, installed: [])
        guard case .converge = node.decision.action else {
            Issue.record("\(node.decision.action)")
            return
        }
    }

    @Test func `what was begun goes on`() {
        let membership = Membership.sample("A", windows: Self.saturdays, freezes: Self.december)
        var node = Situation(membership, installed: [])
        node.memory.admitted = .sample(DecideTests.a, in: membership, progress: .begun)
        guard case .converge = node.decision.action else {
            Issue.record("\(node.decision.action)")
            return
        }
    }
}
