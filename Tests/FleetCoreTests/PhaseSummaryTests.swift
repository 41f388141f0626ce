import FleetCore
import FleetTesting
import Testing

/// The state of a node in one word, from the most pressing to the least.
struct PhaseSummaryTests {
    private static let a = Declaration("A", by: 1)
    private static let b = Declaration("B", by: 2)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var history = "A"
        var admitted: Declaration? = a
        var reasons: [Reason.Code] = []
        var failedChecks: [String] = []
        var progress = Admission.Progress.reached
        var needsReboot = false
        var isHeld = false
        var isMember = true
        var isInterrupted = false
        var action = Action.rest
        var transaction: TransactionStatement.Result?
        let phase: Phase
    }

    static let cases = [
        Case(testDescription: "at rest", phase: .converged),
        Case(testDescription: "a newer declaration", history: "A B", phase: .waiting),
        Case(testDescription: "nothing admitted yet", admitted: nil, phase: .waiting),
        Case(testDescription: "not a member", isMember: false, phase: .notEnrolled),
        Case(
            testDescription: "not a member, on a branch that nobody vouches for", reasons: [.untrusted],
            isMember: false, phase: .untrusted),
        Case(testDescription: "interrupted", isHeld: true, isInterrupted: true, phase: .blocked),
        Case(testDescription: "held", reasons: [.untrusted], isHeld: true, phase: .held),
        Case(
            testDescription: "untrusted", reasons: [.untrusted, .unreadable, .declarationFailed],
            phase: .untrusted),
        Case(testDescription: "unreadable", reasons: [.unreadable, .declarationFailed], phase: .unreadable),
        Case(testDescription: "needs a newer agent", reasons: [.newerAgentNeeded], phase: .unreadable),
        Case(
            testDescription: "failed", history: "A B", admitted: nil, reasons: [.declarationFailed],
            phase: .failed),
        Case(
            testDescription: "failed and undone", history: "A B", reasons: [.declarationFailed],
            transaction: .undone, phase: .rolledBack),
        Case(testDescription: "degraded", reasons: [.packagesLocked], failedChecks: ["c"], phase: .degraded),
        Case(
            testDescription: "a check bad before", failedChecks: ["c"], progress: .provisional,
            phase: .blocked),
        Case(testDescription: "locked", reasons: [.packagesLocked], phase: .blocked),
        Case(testDescription: "refused", history: "A B", reasons: [.planRefused], phase: .blocked),
        Case(testDescription: "for another system", reasons: [.systemMismatch], phase: .blocked),
        Case(testDescription: "held by hand", reasons: [.heldByHand], phase: .blocked),
        Case(
            testDescription: "changing", needsReboot: true,
            action: .converge(ChangeRequest(pins: [], targets: [:])), phase: .converging),
        Case(testDescription: "done but for a reboot", needsReboot: true, phase: .rebootRequired),
        Case(testDescription: "the remote is away", reasons: [.remoteAway], phase: .converged),
        Case(testDescription: "a gate waits", history: "A B", reasons: [.tooFewHealthy], phase: .waiting),
    ]

    @Test(arguments: cases)
    func `the most pressing word is said`(_ sample: Case) {
        let membership = Membership.sample(sample.history)
        var memory = NodeState()
        memory.admitted = sample.admitted.map {
            .sample($0, in: membership, progress: sample.progress)
        }
        if let result = sample.transaction {
            memory.transaction = TransactionStatement(
                started: Timestamp(seconds: 0), duration: .zero, result: result, changes: [], log: nil)
        }
        if sample.isInterrupted {
            memory.intent = Intent(
                kind: .converge, declaration: Self.a, attempt: 1,
                request: ChangeRequest(pins: [], targets: [:]), planned: [], automatic: [],
                checksBefore: [], started: Timestamp(seconds: 0))
        }
        let desired = Desired(
            commit: .number(2), standing: sample.isMember ? .member(membership) : .absent(awaited: "x"),
            holds: sample.isHeld ? [Reason(.nodeHold, "stop")] : [])
        let decision = Decision(
            action: sample.action, admitted: memory.admitted, previous: nil,
            reasons: sample.reasons.map { Reason($0, "x") })
        let health = Health(
            memory: memory, decision: decision,
            checks: sample.failedChecks.map { CheckResult(name: $0, outcome: .failed, message: "") },
            reboot: RebootStatement(isRequired: sample.needsReboot), interval: .of("5m"), desired: desired,
            now: .at(0))
        let summary = PhaseSummary(
            desired: desired, decision: decision, memory: memory,
            reasons: decision.reasons + health.reasons, health: health)
        #expect(summary.phase == sample.phase)
    }

    @Test func `words of today stay words of tomorrow`() {
        let phases = [
            "converged", "waiting", "blocked", "converging", "stalled", "failed", "rolledBack", "degraded",
            "held", "rebootRequired", "untrusted", "unreadable", "notEnrolled", "stateLost", "unknown",
        ]
        #expect(Phase.allCases.map(\.rawValue) == phases)
        let states = [
            "installed", "missing", "older", "newer", "forbidden", "pendingReboot", "pendingRestart",
            "unavailable", "held", "broken", "failed", "excepted", "unknown",
        ]
        #expect(EntryState.allCases.map(\.rawValue) == states)
    }
}
