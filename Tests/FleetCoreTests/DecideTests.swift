import FleetCore
import FleetTesting
import Testing

/// The rules of a decision, each by a table, in their order.
struct DecideTests {
    static let a = Declaration("A", by: 1)
    static let b = Declaration("B", by: 2)
    static let c = Declaration("C", by: 3)

    /// A node in a situation.
    struct Situation {
        var membership: Membership
        var memory = NodeState()
        var installed: [String] = []
        var evidence = Evidence.none
        var holds: [Reason] = []
        var mayAdmit = true
        var facts = SystemFacts.debian12
        var now = Instant.at(1_000)

        init(_ membership: Membership, admitted: Declaration? = nil, installed: [String] = []) {
            self.membership = membership
            memory.admitted = admitted.map { .sample($0, in: membership) }
            self.installed = installed
        }

        var decision: Decision {
            decide(
                desired: Desired(
                    commit: .number(99), standing: .member(membership), mayAdmit: mayAdmit, holds: holds),
                actual: Actual(inventory: .success(.sample(installed)), facts: facts), evidence: evidence,
                memory: memory, now: now)
        }
    }

    static let gate = GateSetting.rule(.sample())

    /// Evidence on which the gate is open for these declarations.
    static func open(_ declarations: Declaration...) -> Evidence {
        let proven = Dictionary(uniqueKeysWithValues: declarations.map { ($0, Int64(14_400)) })
        return .sample(
            [Canary("canary-1", .sample(admitted: declarations[0], proven: proven))],
            entries: [declarations[0]: ["nginx"]])
    }

    private func targets(_ decision: Decision) -> [String: String]? {
        guard case .converge(let request) = decision.action else { return nil }
        return Dictionary(uniqueKeysWithValues: request.targets.map { ("\($0.key)", "\($0.value)") })
    }

    // MARK: Rule 0

    @Test func `rule 0: half a transaction is ended before any hold`() {
        var node = Situation(.sample("A B"), admitted: Self.b)
        let intent = Intent(
            kind: .converge, declaration: Self.b, attempt: 1, request: ChangeRequest(pins: [], targets: [:]),
            planned: [], automatic: [], checksBefore: [], started: Timestamp(seconds: 0))
        node.memory.intent = intent
        node.holds = [Reason(.fleetHold, "stop")]
        node.mayAdmit = false
        #expect(node.decision.action == .settle(intent))
        #expect(node.decision.admitted == node.memory.admitted)
    }

    // MARK: Rule 1

    @Test(arguments: [Reason.Code.fleetHold, .groupHold, .nodeHold, .localHold])
    func `rule 1: a hold at any level changes nothing, but still observes`(_ code: Reason.Code) {
        var node = Situation(.sample("A B"), admitted: Self.a, installed: [])
        node.holds = [Reason(code, "stop")]
        let decision = node.decision
        #expect(decision.action == .rest)
        #expect(decision.admitted?.declaration == Self.a)
        #expect(decision.assessment?.findings.map(\.state) == [.missing])
        #expect(decision.reasons.map(\.code) == [code])
    }

    @Test func `rule 1: a hold keeps a provisional admission as it is`() {
        var node = Situation(.sample("A B"), admitted: Self.b)
        node.memory.previous = node.memory.admitted
        node.memory.admitted?.progress = .provisional
        node.holds = [Reason(.nodeHold, "stop")]
        #expect(node.decision.admitted == node.memory.admitted)
        #expect(node.decision.previous == node.memory.previous)
    }

    // MARK: Rule 2

    private func decisionOutside(_ memory: NodeState, holds: [Reason] = []) -> Decision {
        decide(
            desired: Desired(
                commit: .number(9), standing: .absent(awaited: "groups/*/nodes/atm-1.yaml"), holds: holds),
            actual: Actual(inventory: .success(.sample([])), facts: .debian12), evidence: .none,
            memory: memory, now: .at(0))
    }

    @Test func `rule 2: a node that is not in the fleet yet says which file it waits for`() {
        let decision = decisionOutside(NodeState())
        #expect(decision.action == .rest)
        #expect(decision.reasons.map(\.code) == [.notEnrolled])
        #expect(decision.reasons.first?.message.contains("groups/*/nodes/atm-1.yaml") ?? false)
    }

    @Test func `rule 2: a node that was removed lets go, and stays so`() {
        var memory = Situation(.sample("A"), admitted: Self.a).memory
        memory.report.sequence = 4
        let decision = decisionOutside(memory)
        #expect(decision.action == .letGo)
        #expect(decision.admitted == nil)
        memory.admitted = nil
        #expect(decisionOutside(memory).admitted == nil)
        #expect(decisionOutside(memory).reasons.map(\.code) == [.removedFromFleet])
    }

    @Test func `rule 2: a held node does not even let go`() {
        let memory = Situation(.sample("A"), admitted: Self.a).memory
        let decision = decisionOutside(memory, holds: [Reason(.localHold, "stop")])
        #expect(decision.action == .rest)
        #expect(decision.admitted == memory.admitted)
    }

    @Test func `rule 2: below a bad tip drift is repaired and nothing admitted`() {
        var node = Situation(.sample("A B"), admitted: Self.a, installed: [])
        node.mayAdmit = false
        #expect(targets(node.decision) == ["nginx:amd64": "1"])
        #expect(node.decision.admitted?.declaration == Self.a)
        node.installed = ["nginx 1"]
        #expect(node.decision.action == .rest)
    }

    @Test func `rule 2: below a bad tip nothing is given back either`() {
        var node = Situation(.sample("A B"), admitted: Self.b)
        node.memory.admitted?.progress = .provisional
        node.mayAdmit = false
        #expect(node.decision.admitted == node.memory.admitted)
    }

    // MARK: Rule 3

    @Test func `rule 3: a node at rest on what is declared has no reasons`() {
        let node = Situation(.sample("A B"), admitted: Self.b, installed: ["nginx 2"])
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons == [])
    }

    @Test func `rule 3: drift of what was reached is repaired, without asking the gate`() {
        let node = Situation(.sample("A B", gate: Self.gate), admitted: Self.b, installed: ["nginx 1"])
        #expect(targets(node.decision) == ["nginx:amd64": "2"])
        #expect(node.decision.admitted == node.memory.admitted)
    }

    @Test func `rule 3: admitted on Saturday, download failed; on Tuesday all canaries fail it`() {
        var node = Situation(.sample("A B", gate: Self.gate), admitted: Self.a, installed: ["nginx 1"])
        let before = node.memory.admitted
        node.evidence = Self.open(Self.b)
        let saturday = node.decision
        #expect(saturday.admitted?.declaration == Self.b)
        node.memory.admitted = saturday.admitted
        node.memory.previous = saturday.previous
        node.evidence = .sample([.failed("canary-1", on: Self.b)])
        let tuesday = node.decision
        #expect(tuesday.action == .rest)
        #expect(tuesday.admitted == before)
        #expect(tuesday.previous == nil)
        #expect(tuesday.reasons.map(\.code) == [.canaryFailed])
    }

    @Test func `rule 3: what is provisional and no longer declared is given back`() {
        let membership = Membership.sample("A B A", gate: Self.gate)
        var node = Situation(membership, admitted: Self.a, installed: ["nginx 1"])
        node.memory.previous = node.memory.admitted
        node.memory.admitted = .sample(Self.b, in: membership, progress: .provisional)
        #expect(node.decision.admitted?.declaration == Self.a)
        #expect(node.decision.admitted?.progress == .reached)
        #expect(node.decision.action == .rest)
    }

    @Test func `rule 3: once the first package has changed, the rule that admitted it holds`() {
        let membership = Membership.sample("A B", gate: Self.gate)
        var node = Situation(membership, admitted: Self.a, installed: ["nginx 1"])
        node.memory.previous = node.memory.admitted
        node.memory.admitted = .sample(Self.b, in: membership, progress: .begun)
        node.evidence = .sample([.failed("canary-1", on: Self.b)])
        #expect(targets(node.decision) == ["nginx:amd64": "2"])
    }

    @Test func `rule 3: a provisional admission keeps the receipt of its day`() {
        var node = Situation(.sample("A B"), admitted: Self.a, installed: ["nginx 1"])
        let first = node.decision
        node.memory.admitted = first.admitted
        node.memory.previous = first.previous
        node.now = .at(900_000)
        #expect(node.decision.admitted == first.admitted)
        #expect(node.decision.previous == first.previous)
    }

    // MARK: Rule 4

    private func failure(
        of declaration: Declaration, isFinal: Bool = true, retry: String? = nil
    ) -> FailureRecord {
        FailureRecord(
            failure: Failure(declaration: declaration, attempts: 3, isFinal: isFinal, reason: "a script"),
            retry: RetryToken(group: retry, node: nil), checksBefore: [])
    }

    @Test func `rule 4: what failed here finally is not tried again`() {
        var node = Situation(.sample("A B"), admitted: Self.a, installed: ["nginx 1"])
        node.memory.failed = [failure(of: Self.b)]
        #expect(node.decision.action == .rest)
        #expect(node.decision.admitted?.declaration == Self.a)
        #expect(node.decision.reasons.map(\.code) == [.declarationFailed])
    }

    @Test func `rule 4: what failed, but not finally, is`() {
        var node = Situation(.sample("A B"), admitted: Self.a, installed: ["nginx 1"])
        node.memory.failed = [failure(of: Self.b, isFinal: false)]
        #expect(node.decision.admitted?.declaration == Self.b)
    }

    @Test func `rule 4: a changed retry text makes the failure void`() {
        var node = Situation(.sample("A B", retry: "2026-11-22"), admitted: Self.a, installed: ["nginx 1"])
        node.memory.failed = [failure(of: Self.b, retry: "2026-11-22")]
        #expect(node.decision.admitted?.declaration == Self.a)
        node.memory.failed = [failure(of: Self.b)]
        #expect(node.decision.admitted?.declaration == Self.b)
    }

    @Test func `rule 4: the revert's revert is another declaration`() {
        var node = Situation(.sample("A B A B"), admitted: Self.a, installed: ["nginx 1"])
        node.memory.failed = [failure(of: Self.b)]
        #expect(node.decision.admitted?.declaration == Declaration("B", by: 4))
    }

    // MARK: Rule 5

    static let saturdays = [Window(days: [.sat], start: 60, end: 300, zone: .utc)]
    static let december = [Freeze(from: .of("2026-12-20"), to: .of("2027-01-02"), reason: "holidays")]

    private func withdrawn(_ history: String) -> Situation {
        let membership = Membership.sample(
            history, gate: Self.gate, windows: Self.saturdays, freezes: Self.december)
        var node = Situation(membership, admitted: Self.c, installed: ["nginx 3"])
        // A Wednesday.
        node.now = .on("2026-12-23T12:00:00Z")
        return node
    }

    @Test func `rule 5: noon, bad nginx, revert: no window, no freeze where it is proven here`() {
        var node = withdrawn("A B C B")
        node.memory.proven = [Proof(declaration: Self.b, healthyFor: .zero)]
        // Plimsoll itself put the newer version there.
        node.memory.changes.record(
            [PackageChange(id: .of("nginx:amd64"), from: .of("2"), to: .of("3"))], for: Self.c)
        #expect(targets(node.decision) == ["nginx:amd64": "2"])
        #expect(node.decision.admitted?.declaration == Self.b)
        #expect(node.decision.admitted?.receipt.basis == .proven)
        #expect(node.decision.admitted?.receipt.isRollback ?? false)
        #expect(node.decision.previous?.declaration == Self.c)
    }

    @Test func `rule 5: or where its gate is open`() {
        var node = withdrawn("A B C B")
        node.evidence = Self.open(Self.b)
        #expect(node.decision.admitted?.declaration == Self.b)
        #expect(node.decision.admitted?.receipt.basis == .gate)
        #expect(node.decision.admitted?.receipt.isRollback ?? false)
    }

    @Test func `rule 5: neither proven nor open waits`() {
        let node = withdrawn("A B C B")
        #expect(node.decision.admitted?.declaration == Self.c)
        #expect(node.decision.reasons.map(\.code) == [.tooFewHealthy])
    }

    @Test func `rule 5: a stale branch that takes off several keeps to the window`() {
        var node = withdrawn("A B C A")
        node.memory.proven = [Proof(declaration: Self.a, healthyFor: .zero)]
        #expect(node.decision.admitted?.declaration == Self.c)
        #expect(node.decision.reasons.map(\.code) == [.freeze, .window])
        node.now = .on("2027-01-09T01:00:00Z")
        #expect(node.decision.admitted?.declaration == Self.a)
        #expect(node.decision.admitted?.receipt.isRollback == false)
    }

    @Test func `rule 5: the first try meets a dead mirror; the next cycle does not wait for the window`() {
        var node = withdrawn("A B C B")
        node.memory.proven = [Proof(declaration: Self.b, healthyFor: .zero)]
        let first = node.decision
        node.memory.admitted = first.admitted
        node.memory.previous = first.previous
        let second = node.decision
        #expect(second.admitted == first.admitted)
        #expect(second.previous == first.previous)
        #expect(second.action == first.action)
    }

    @Test func `rule 5: what the left declaration changed and the declared one does not name goes back`() {
        let packages = ["B": ["curl": "1"], "C": ["curl": "1", "nginx": "3"]]
        let membership = Membership.sample("A B C B", packages: packages)
        var node = Situation(membership, admitted: Self.c, installed: ["curl 1", "nginx 3", "libnew1 1"])
        node.memory.changes.record(
            [
                PackageChange(id: .of("nginx:amd64"), from: .of("2"), to: .of("3")),
                PackageChange(id: .of("libnew1:amd64"), from: nil, to: .of("1")),
            ], for: Self.c)
        let decision = node.decision
        #expect(targets(decision) == ["nginx:amd64": "2"])
        #expect(decision.assessment?.request.removals == [.of("libnew1:amd64"): false])
    }

    @Test func `rule 5: a group that takes up another baseline has withdrawn nothing`() {
        let membership = Membership.sample("A B C B", gate: Self.gate)
        var node = Situation(membership, installed: ["nginx 3"])
        let other = Admission.sample(Self.c, in: membership)
        node.memory.admitted = Admission(
            baseline: .of("other"), declaration: Self.c, form: other.form, readAt: other.readAt,
            receipt: other.receipt, progress: .reached)
        node.memory.proven = [Proof(declaration: Self.b, healthyFor: .zero)]
        #expect(node.decision.admitted?.baseline == .of("other"))
        #expect(node.decision.reasons.map(\.code) == [.tooFewHealthy])
    }

    @Test func `rule 5: begun and withdrawn, it goes back to what was before, and stays with that`() {
        let membership = Membership.sample("A B A", gate: Self.gate)
        var node = Situation(membership, installed: ["nginx 1"])
        node.memory.previous = .sample(Self.a, in: membership)
        node.memory.admitted = .sample(Self.b, in: membership, progress: .begun)
        node.memory.proven = [Proof(declaration: Self.a, healthyFor: .zero)]
        let first = node.decision
        #expect(first.admitted?.declaration == Self.a)
        #expect(first.admitted?.receipt.isRollback ?? false)
        node.memory.admitted = first.admitted
        node.memory.previous = first.previous
        #expect(node.decision.admitted == first.admitted)
        #expect(node.decision.previous == first.previous)
    }

    // MARK: Rules 6 to 8

    @Test func `rule 6: the newest open declaration between is taken`() {
        var node = Situation(.sample("A B C", gate: Self.gate), admitted: Self.a, installed: ["nginx 1"])
        node.evidence = Self.open(Self.b)
        #expect(node.decision.admitted?.declaration == Self.b)
        #expect(node.decision.reasons.map(\.code) == [.tooFewHealthy, .canaryBehind])
        node.evidence = Self.open(Self.c, Self.b)
        #expect(node.decision.admitted?.declaration == Self.c)
        #expect(node.decision.reasons == [])
    }

    @Test func `rule 6: one that failed here is passed over`() {
        var node = Situation(.sample("A B C", gate: Self.gate), admitted: Self.a, installed: ["nginx 1"])
        node.memory.failed = [failure(of: Self.b)]
        node.evidence = Self.open(Self.b)
        #expect(node.decision.admitted?.declaration == Self.a)
    }

    @Test func `rule 6: a dark node does not install what was soaked and reverted`() {
        var node = Situation(.sample("A B A C", gate: Self.gate), admitted: Self.a, installed: ["nginx 1"])
        node.evidence = Self.open(Self.b)
        #expect(node.decision.admitted?.declaration == Self.a)
        #expect(node.decision.action == .rest)
    }

    @Test func `rule 6: while the gate is shut, what is admitted is enforced`() {
        let node = Situation(.sample("A B", gate: Self.gate), admitted: Self.a, installed: [])
        #expect(targets(node.decision) == ["nginx:amd64": "1"])
        #expect(node.decision.reasons.map(\.code) == [.tooFewHealthy])
    }

    @Test func `rule 6: a broken gate waits and says why`() {
        let node = Situation(.sample("A B", gate: .broken("unknown group")), admitted: Self.a)
        #expect(node.decision.admitted?.declaration == Self.a)
        #expect(node.decision.reasons.map(\.code) == [.gateBroken])
    }

    @Test func `rule 6: without a gate a node moves at once`() {
        let node = Situation(.sample("A B"), admitted: Self.a, installed: ["nginx 1"])
        #expect(targets(node.decision) == ["nginx:amd64": "2"])
        #expect(node.decision.admitted?.receipt.basis == .noGate)
        #expect(node.decision.previous?.declaration == Self.a)
    }

    @Test func `rule 7 holds without a gate too`() {
        let membership = Membership.sample("A B", windows: Self.saturdays)
        let node = Situation(membership, admitted: Self.a, installed: ["nginx 1"])
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons.map(\.code) == [.window])
    }

    @Test func `rule 8: the receipt names the evidence`() throws {
        var node = Situation(.sample("A B", gate: Self.gate), admitted: Self.a, installed: ["nginx 1"])
        node.evidence = Self.open(Self.b)
        let receipt = try #require(node.decision.admitted?.receipt)
        #expect(receipt.basis == .gate)
        #expect(receipt.rule == .sample())
        #expect(receipt.commit == .number(99))
        #expect(receipt.previous == Self.a)
        #expect(receipt.witnesses.map(\.report) == [.number(0xabc)])
        #expect(receipt.witnesses.map(\.healthyFor) == [.of("4h")])
    }

    @Test func `what was begun and not reached is nothing to go back to`() {
        let membership = Membership.sample("A B C")
        var node = Situation(membership, installed: ["nginx 1"])
        node.memory.previous = .sample(Self.a, in: membership)
        node.memory.admitted = .sample(Self.b, in: membership, progress: .begun)
        #expect(node.decision.admitted?.declaration == Self.c)
        #expect(node.decision.previous?.declaration == Self.a)
    }

    // MARK: The machine

    @Test func `a baseline for another system is not admitted, and the admitted one is enforced`() {
        let other = SystemRequirement(id: "debian", version: "13")
        var node = Situation(.sample("A B", system: other), installed: [])
        #expect(node.decision.action == .rest)
        #expect(node.decision.admitted == nil)
        #expect(node.decision.reasons.map(\.code) == [.systemMismatch])
        node.facts = SystemFacts(id: "debian", version: "13", kernel: "")
        #expect(targets(node.decision) == ["nginx:amd64": "2"])
    }

    @Test func `a machine that became another system is not changed any more`() {
        let own = SystemRequirement(id: "debian", version: "11")
        let node = Situation(.sample("A", system: own), admitted: Self.a, installed: [])
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons.map(\.code) == [.systemMismatch])
    }

    @Test func `what is installed cannot be read: nothing is changed, nothing admitted`() {
        let node = Situation(.sample("A B"), admitted: Self.a)
        let decision = decide(
            desired: Desired(commit: .number(9), standing: .member(node.membership)),
            actual: Actual(inventory: .failure(Reason(.packagesUnreadable, "no")), facts: .debian12),
            evidence: .none, memory: node.memory, now: .at(0))
        #expect(decision.action == .rest)
        #expect(decision.admitted?.declaration == Self.a)
        #expect(decision.reasons.map(\.code) == [.packagesUnreadable])
    }

    @Test func `after a try that came to nothing it waits, by its running time`() {
        var node = Situation(.sample("A"), admitted: Self.a, installed: [])
        node.memory.running = RunningTime(bootID: "boot-1", sinceBoot: .zero, total: .zero)
        node.memory.backOff = BackOff(
            declaration: Self.a, tries: 1, until: TimeSpan(seconds: 1_001),
            reason: Reason(.packagesLocked, "locked"))
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons.map(\.code) == [.packagesLocked])
        node.now = .at(1_001)
        #expect(targets(node.decision) == ["nginx:amd64": "1"])
        node.now = .at(0)
        node.memory.backOff?.declaration = Self.b
        #expect(targets(node.decision) == ["nginx:amd64": "1"])
    }

    @Test func `an exception ends the day after its last, if the clock is known`() {
        let exception = EntryException(reason: "vendor", until: .of("2027-01-15"))
        var node = Situation(
            .sample("A", exceptions: ["nginx": exception]), admitted: Self.a, installed: [])
        node.now = .at(0)  // 2027-01-15T08:00:00Z
        #expect(node.decision.action == .rest)
        #expect(node.decision.reasons.map(\.code) == [.excepted])
        node.now = .at(86_400)
        #expect(targets(node.decision) == ["nginx:amd64": "1"])
        node.now = .at(86_400, isWallKnown: false)
        #expect(node.decision.action == .rest)
    }

    @Test func `no reports are read while no gate has to be asked`() {
        func asked(_ node: Situation) -> [GroupName] {
            node.membership.groupsToAsk(
                memory: node.memory,
                desired: Desired(
                    commit: .number(9), standing: .member(node.membership), mayAdmit: node.mayAdmit,
                    holds: node.holds))
        }
        var node = Situation(.sample("A B", gate: Self.gate), admitted: Self.a)
        #expect(asked(node) == [.of("canary")])
        node.holds = [Reason(.fleetHold, "stop")]
        #expect(asked(node) == [])
        node.holds = []
        node.memory.failed = [failure(of: Self.b)]
        #expect(asked(node) == [])
        #expect(asked(Situation(.sample("A B", gate: Self.gate), admitted: Self.b)) == [])
        #expect(asked(Situation(.sample("A B"), admitted: Self.a)) == [])
    }
}
