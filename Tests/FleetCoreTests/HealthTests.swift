import FleetCore
import FleetTesting
import Testing

/// The soak and the proof, by the canary's own clock.
struct HealthTests {
    private static let a = Declaration("A", by: 1)

    /// A canary on A with cycles of five minutes.
    private struct Canary {
        var memory = NodeState()
        var membership = Membership.sample("A", soaks: [TimeSpan(seconds: 14_400)])
        var installed = ["nginx 1"]
        var checks: [String: CheckResult.Outcome] = ["service nginx": .passed]
        var reboot = RebootStatement()
        var facts = SystemFacts.debian12

        init() { memory.admitted = .sample(HealthTests.a, in: membership) }

        @discardableResult
        mutating func cycle(at seconds: Int64, boot: String = "boot-1") -> Health {
            let desired = Desired(commit: .number(1), standing: .member(membership))
            let now = Instant.at(seconds, boot: boot)
            let decision = decide(
                desired: desired,
                actual: Actual(inventory: .success(.sample(installed)), facts: facts), evidence: .none,
                memory: memory, now: now)
            let health = Health(
                memory: memory, decision: decision,
                checks: checks.map { CheckResult(name: $0.key, outcome: $0.value, message: "") },
                reboot: reboot, interval: TimeSpan(seconds: 300), desired: desired, now: now)
            health.apply(to: &memory)
            return health
        }

        var healthyFor: Int64? { memory.proven.first?.healthyFor.seconds }
    }

    @Test func `two successive well cycles prove, one does not`() {
        var canary = Canary()
        canary.cycle(at: 0)
        #expect(canary.healthyFor == nil)
        canary.cycle(at: 300)
        #expect(canary.healthyFor == 300)
        canary.cycle(at: 600)
        #expect(canary.healthyFor == 600)
    }

    @Test func `an interval counts for at most twice the configured one`() {
        var canary = Canary()
        canary.cycle(at: 0)
        canary.cycle(at: 100_000)
        #expect(canary.healthyFor == 600)
    }

    @Test func `time across a restart counts nothing`() {
        var canary = Canary()
        for seconds in [0, 300, 600] { canary.cycle(at: Int64(seconds)) }
        canary.cycle(at: 60, boot: "boot-2")
        #expect(canary.healthyFor == 600)
        canary.cycle(at: 360, boot: "boot-2")
        #expect(canary.healthyFor == 900)
    }

    @Test func `a check that fails a third of the time never soaks`() {
        var canary = Canary()
        for cycle in 0..<90 {
            canary.checks["service nginx"] = cycle % 3 == 2 ? .failed : .passed
            canary.cycle(at: Int64(cycle) * 300)
            #expect((canary.healthyFor ?? 0) <= 300)
        }
    }

    @Test func `a check that turns bad takes the soak away, and the reports say so`() {
        var canary = Canary()
        for cycle in 0..<10 { canary.cycle(at: Int64(cycle) * 300) }
        canary.checks["service nginx"] = .failed
        let health = canary.cycle(at: 3_000)
        #expect(health.regressions.map(\.name) == ["service nginx"])
        #expect(health.reasons.map(\.code) == [.checkFailed])
        #expect(canary.healthyFor == 0)
        #expect(canary.memory.proven.map(\.declaration) == [Self.a])
    }

    @Test func `a check that was bad when it came is no regression until it has been well`() {
        var canary = Canary()
        canary.memory.admitted?.progress = .provisional
        canary.checks["service nginx"] = .failed
        #expect(canary.cycle(at: 0).reasons.map(\.code) == [.checkFailedBefore])
        #expect(canary.memory.admitted?.badChecks == ["service nginx"])
        #expect(canary.cycle(at: 300).reasons.map(\.code) == [.checkFailedBefore])
        canary.checks["service nginx"] = .passed
        canary.cycle(at: 600)
        #expect(canary.memory.admitted?.badChecks == [])
        canary.checks["service nginx"] = .failed
        #expect(canary.cycle(at: 900).reasons.map(\.code) == [.checkFailed])
    }

    @Test func `kernel installed, not booted: no soak`() {
        var canary = Canary()
        canary.reboot = RebootStatement(isRequired: true, reason: "a new kernel")
        for cycle in 0..<5 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.memory.proven == [])
        #expect(canary.memory.wellness == nil)
    }

    @Test(arguments: [["nginx 2"], ["nginx 1 broken"], []])
    func `what is not as declared does not soak`(_ installed: [String]) {
        var canary = Canary()
        canary.installed = installed
        for cycle in 0..<5 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.memory.proven == [])
    }

    @Test func `drift breaks a soak, and what was reached before is no head start`() {
        var canary = Canary()
        for cycle in 0..<5 { canary.cycle(at: Int64(cycle) * 300) }
        canary.installed = []
        canary.cycle(at: 1_500)
        canary.installed = ["nginx 1"]
        for cycle in 6..<10 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.healthyFor == 1_200)
        #expect(canary.memory.wellness?.healthyFor == TimeSpan(seconds: 900))
    }

    @Test func `an excepted entry and a hold by hand prove nothing`() {
        let exception = EntryException(reason: "vendor", until: nil)
        var excepted = Canary()
        excepted.membership = .sample("A", exceptions: ["nginx": exception])
        var held = Canary()
        held.membership = .sample("A", packages: ["A": ["nginx": "2"]])
        held.memory.admitted = .sample(Self.a, in: held.membership)
        held.installed = ["nginx 1 held"]
        for cycle in 0..<3 {
            excepted.cycle(at: Int64(cycle) * 300)
            held.cycle(at: Int64(cycle) * 300)
        }
        #expect(excepted.memory.proven == [])
        #expect(held.memory.proven == [])
    }

    @Test func `a baseline for another system is never proven, though nothing of it applies`() {
        var canary = Canary()
        canary.membership = .sample(
            "A", packages: ["A": ["src:openssl": "3"]], system: SystemRequirement(id: "fedora", version: nil))
        canary.memory.admitted = .sample(Self.a, in: canary.membership)
        for cycle in 0..<3 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.memory.proven == [])
    }

    @Test func `in a quiet cycle with every soak fulfilled nothing changes`() {
        var canary = Canary()
        for cycle in 0...48 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.healthyFor == 14_400)
        let memory = canary.memory
        for cycle in 49..<60 { canary.cycle(at: Int64(cycle) * 300) }
        #expect(canary.memory == memory)
    }

    @Test func `previous is kept until the admitted one is reached and well`() {
        var canary = Canary()
        canary.memory.previous = canary.memory.admitted
        canary.cycle(at: 0)
        #expect(canary.memory.previous != nil)
        canary.cycle(at: 300)
        #expect(canary.memory.previous == nil)
    }

    @Test func `old proofs are dropped, but never those of the stack`() {
        var canary = Canary()
        canary.memory.stacks = [.of("base"): canary.membership.stack]
        canary.memory.proven = [Proof(declaration: Self.a, healthyFor: .zero)]
        canary.memory.proven += (0..<100).map {
            Proof(declaration: Declaration("x\($0)", by: 100 + $0), healthyFor: .zero)
        }
        canary.cycle(at: 0)
        #expect(canary.memory.proven.count == DeclarationStack.capacity)
        #expect(canary.memory.proven.first?.declaration == Self.a)
    }

    @Test func `running time is summed over restarts and never claims more than was`() {
        var clock = RunningTime()
        clock = clock.advanced(to: .at(100))
        #expect(clock.total(at: .at(160)) == TimeSpan(seconds: 160))
        // What ran between the last writing and the restart is lost.
        #expect(clock.total(at: .at(50, boot: "boot-2")) == TimeSpan(seconds: 150))
        clock = clock.advanced(to: .at(50, boot: "boot-2"))
        #expect(clock.total(at: .at(60, boot: "boot-2")) == TimeSpan(seconds: 160))
        #expect(clock.total(at: .at(10, boot: "boot-2")) == TimeSpan(seconds: 150))
    }
}
