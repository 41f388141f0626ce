import FleetCore
import FleetTesting
import Testing

/// What a canary does with a newer declaration while others wait for its soak of the one it has.
struct SupersedeTests {
    private static let a = Declaration("A", by: 1)
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)
    private static let soak = TimeSpan(seconds: 14_400)

    /// A canary that has B and to which C is new.
    struct Canary: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var history = "A B C"
        var supersede = Supersede.finish
        var soaks = [soak]
        var progress = Admission.Progress.reached
        var healthyFor: TimeSpan? = TimeSpan(seconds: 60)
        var change: @Sendable (inout NodeState) -> Void = { _ in }
        var exceptions: [String: EntryException] = [:]
        let stays: Bool
    }

    static let canaries = [
        Canary(testDescription: "it ends the soak that it is in", stays: true),
        Canary(testDescription: "it has not been well for a moment yet", healthyFor: nil, stays: true),
        Canary(testDescription: "it has only begun", progress: .begun, healthyFor: nil, stays: true),
        Canary(testDescription: "the longest soak counts", soaks: [.zero, soak], stays: true),
        Canary(testDescription: "the soak has ended", healthyFor: soak, stays: false),
        Canary(testDescription: "nobody looks at it", soaks: [], stays: false),
        Canary(testDescription: "newest, as by default", supersede: .newest, stays: false),
        Canary(testDescription: "nothing has changed for it yet", progress: .provisional, stays: false),
        Canary(testDescription: "the branch went back from it", history: "A B A", stays: false),
        Canary(
            testDescription: "a check is bad with it: there is no soak to end",
            change: { $0.unwell = b }, stays: false),
        Canary(
            testDescription: "a check was bad with the one before",
            change: { $0.unwell = a }, stays: true),
        Canary(
            testDescription: "nothing goes on with it", progress: .begun,
            change: {
                $0.backOff = BackOff(
                    declaration: b, tries: 1, until: .zero, reason: Reason(.packagesLocked, "locked"))
            }, stays: false),
        Canary(
            testDescription: "an entry is left out: it would prove nothing",
            exceptions: ["nginx": EntryException(reason: "vendor", until: nil)], stays: false),
        Canary(
            testDescription: "it has failed, and is only still there",
            change: {
                let failure = Failure(declaration: b, attempts: 1, isFinal: true, reason: "bad")
                $0.failed = [
                    FailureRecord(
                        failure: failure, retry: RetryToken(group: nil, node: nil), checksBefore: [])
                ]
            }, stays: false),
    ]

    @Test(arguments: canaries)
    func `a soak is ended first where the group says so, and where there is one`(_ canary: Canary) {
        let membership = Membership.sample(
            canary.history, exceptions: canary.exceptions, soaks: canary.soaks, supersede: canary.supersede)
        var memory = NodeState()
        memory.admitted = .sample(
            Self.b, in: .sample("A B C"), progress: canary.progress)
        memory.previous = .sample(Self.a, in: .sample("A B C"))
        memory.proven = [Proof(declaration: Self.a, healthyFor: Self.soak)]
        if let span = canary.healthyFor { memory.proven.append(Proof(declaration: Self.b, healthyFor: span)) }
        canary.change(&memory)
        let decision = decide(
            desired: Desired(commit: .number(99), standing: .member(membership)),
            actual: Actual(inventory: .success(.sample(["nginx 2"])), facts: .debian12), evidence: .none,
            memory: memory, now: .at(1_000))
        #expect((decision.admitted?.declaration == Self.b) == canary.stays)
        #expect(decision.reasons.contains { $0.code == .soakUnfinished } == canary.stays)
    }

    @Test func `a soak that waits for a reboot says so, and what to do`() {
        let membership = Membership.sample("A B C", soaks: [Self.soak], supersede: .finish)
        var memory = NodeState()
        memory.admitted = .sample(Self.b, in: membership)
        let decision = decide(
            desired: Desired(commit: .number(99), standing: .member(membership)),
            actual: Actual(
                inventory: .success(.sample(["nginx 2"])), facts: .debian12,
                reboot: RebootStatement(isRequired: true, reason: "linux-image-6.1.0-40 is not running")),
            evidence: .none, memory: memory, now: .at(1_000))
        #expect(decision.admitted?.declaration == Self.b)
        #expect(
            decision.reasons == [
                Reason(
                    .soakUnfinished,
                    "\(Self.b) takes effect here only after a reboot (linux-image-6.1.0-40 is not running), and no "
                        + "soak goes on before it: reboot this node, so that 'supersede: finish' can end the soak of "
                        + "4h that other groups wait for before \(Self.c); or withdraw \(Self.b), or say "
                        + "'supersede: newest'")
            ])
    }
}
