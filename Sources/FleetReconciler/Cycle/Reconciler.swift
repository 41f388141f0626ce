package import FleetCore
package import Logging

/// One node's cycle: fetch → authenticate → read → observe → decide → act → verify → report.
///
/// Sequential, idempotent, and safe to kill at any moment: whatever must survive is in the ``StateStore``
/// before the step that needs it. It knows the world by its ports alone, so it runs in memory as it does on a
/// machine.
package struct Reconciler<
    Source: FleetSource, Packages: PackageSystem, Machine: MachineControl, Status: StatusSink,
    Store: StateStore, Claims: ClaimLedger
> {
    let source: Source
    let packages: Packages
    let machine: Machine
    let status: Status
    let store: Store
    let claims: Claims
    let settings: CycleSettings
    let logger: Logger
    /// What the node remembers, as it is in the store.
    var memory = NodeState()
    /// Why the key that the fleet lists cannot be taken yet; what the old one signs nobody believes.
    var keyObstacle: String?
    /// What is wrong with remotes that another one made up for.
    var passedOver: [Reason] = []
    /// What the store has of other nodes.
    private var durable = Observed()

    package init(
        source: Source, packages: Packages, machine: Machine, status: Status, store: Store, claims: Claims,
        settings: CycleSettings, logger: Logger
    ) {
        self.source = source
        self.packages = packages
        self.machine = machine
        self.status = status
        self.store = store
        self.claims = claims
        self.settings = settings
        self.logger = logger
    }

    /// Runs one cycle.
    ///
    /// - Parameter reading: of the clocks, for the whole cycle.
    /// - Throws: ``CycleError`` if the node's own state or clone is of no use; everything else is part of the
    ///   outcome.
    package mutating func cycle(at reading: Instant) async throws(CycleError) -> CycleOutcome {
        try load()
        let answers = await source.fetch(memory)
        passedOver = answers.passedOver
        let following = try follow(at: reading)
        let now = reading.doubted(before: following.markDate)
        var desired = try read(following, answers: answers, at: now)
        try settleKey(desired, at: now)
        try noteStaleness(&desired, since: following.markDate, at: now)
        if noteFirstSeen(desired, at: now) { try save(at: now) }
        var evidence = await readEvidence(for: &desired, at: now)
        try rememberPeers(at: now)
        var act = Act(reasons: [])
        var decision = try await decideAndAct(&desired, evidence: &evidence, act: &act, at: now)
        try await attend(desired, decision: decision, at: now)
        try await settleUpdaters(desired, decision: decision, at: now)
        let observation = try await verify(desired, decision: &decision, act: act, at: now)
        let report = try await publish(desired, decision: decision, observation: observation, at: now)
        try await renewOwnService(decision, desired: desired, at: now)
        if let record = observation.reboots {
            try await reboot(record, desired: desired, at: now)
        } else {
            try await prefetch(desired, decision: decision, at: now)
        }
        return CycleOutcome(
            desired: desired, decision: decision, phase: observation.phase, reasons: observation.reasons,
            checks: observation.checks, report: report, followed: memory.followed, mark: memory.mark,
            passedOver: passedOver)
    }

    private mutating func load() throws(CycleError) {
        do {
            memory = try store.load() ?? NodeState()
        } catch {
            throw CycleError(.state, error.message)
        }
        durable = Observed(memory)
    }

    /// Authenticates and follows what the clone has. The mark is durable before anything is done because of
    /// it.
    private mutating func follow(at now: Instant) throws(CycleError) -> Following {
        let following: Following
        do {
            following = try source.follow(memory)
        } catch {
            throw CycleError(error)
        }
        var next = memory
        next.adopt(following, at: now)
        if next != memory {
            memory = next
            try save(at: now)
        }
        return following
    }

    func read(
        _ following: Following, answers: Answers, at now: Instant
    ) throws(CycleError) -> Desired {
        do {
            let desired = try source.read(following, memory: memory)
            return Desired(
                commit: desired.commit, standing: desired.standing, mayAdmit: desired.mayAdmit,
                holds: desired.holds + settings.localHolds(now),
                conditions: answers.conditions + desired.conditions
            ).judged(at: now)
        } catch {
            throw CycleError(error)
        }
    }

    /// Says that nothing new was heard of the branch for too long. Once said it is durable, for it must not
    /// come and go with what the clocks are known to be.
    private mutating func noteStaleness(
        _ desired: inout Desired, since markDate: Timestamp?, at now: Instant
    ) throws(CycleError) {
        guard let reason = memory.staleness(in: desired, since: markDate, at: now) else { return }
        desired.note(reason)
        guard memory.news?.isTooOld == false else { return }
        memory.news?.isTooOld = true
        try save(at: now)
    }

    /// Remembers when a declaration was first seen: silence counts only from before.
    ///
    /// - Returns: whether that is new, and must be durable before a gate is asked: forgotten and seen anew,
    ///   it would excuse canaries that the declaration has felled.
    mutating func noteFirstSeen(_ desired: Desired, at now: Instant) -> Bool {
        guard case .member(let membership) = desired.standing else { return false }
        let open = membership.stack.ahead(of: memory.admitted?.declaration)
        let running = memory.running.total(at: now)
        var seen = memory.firstSeen.filter { membership.stack.contains($0.key) }
        let sight = membership.firstSight(memory: memory, running: running)
        for declaration in open where seen[declaration] == nil { seen[declaration] = sight }
        guard seen != memory.firstSeen else { return false }
        memory.firstSeen = seen
        return true
    }

    /// Reads what the gate needs. What is to be remembered of other nodes is in the memory, and not durable
    /// yet.
    mutating func readEvidence(for desired: inout Desired, at now: Instant) async -> Evidence {
        guard case .member(let membership) = desired.standing else { return .none }
        let asked = membership.groupsToAsk(memory: memory, desired: desired)
        let running = memory.running.total(at: now)
        let watched = membership.groupsToWatch(memory: memory, running: running)
        let groups = asked.isEmpty ? watched : asked
        guard !groups.isEmpty else { return Evidence(unreadBy: memory, in: membership, at: now) }
        let reading = await source.evidence(of: .gate(groups), for: desired, memory: memory, at: now)
        desired.note(reading.condition)
        memory.peers = reading.peers
        if reading.condition == nil, !watched.isEmpty { memory.watchedAt = running }
        return reading.evidence
    }

    /// Decides, and once more with what the first decision found lacking: which witnesses must be read is
    /// known only when it is known which declaration the gate lets through.
    mutating func deliberate(
        _ desired: inout Desired, actual: Actual, evidence: inout Evidence, at now: Instant
    ) async -> Decision {
        let decision = decide(
            desired: desired, actual: actual, evidence: evidence, memory: memory, now: now)
        guard let need = decision.lacking else { return decision }
        let reading = await source.evidence(of: need, for: desired, memory: memory, at: now)
        desired.note(reading.condition)
        memory.peers = reading.peers
        evidence = evidence.adding(
            waves: reading.evidence.waves, unasked: reading.evidence.unasked)
        return decide(desired: desired, actual: actual, evidence: evidence, memory: memory, now: now)
    }

    /// Makes what was seen of other nodes durable, before anything is done because of it.
    mutating func rememberPeers(at now: Instant) throws(CycleError) {
        guard Observed(memory) != durable else { return }
        try save(at: now)
    }

    /// Writes the memory durably.
    mutating func save(at now: Instant) throws(CycleError) {
        memory.running = memory.running.advanced(to: now)
        do {
            try store.save(memory)
        } catch {
            throw CycleError(.state, error.message)
        }
        durable = Observed(memory)
    }
}

extension Desired {
    /// The same, with what holds the node by a file on it.
    func held(by localHolds: [Reason]) -> Desired {
        Desired(
            commit: commit, standing: standing, mayAdmit: mayAdmit, holds: holds + localHolds,
            conditions: conditions)
    }

    /// Adds what is wrong with the way to the repository, once.
    mutating func note(_ condition: Reason?) {
        guard let condition, !conditions.contains(condition) else { return }
        self = Desired(
            commit: commit, standing: standing, mayAdmit: mayAdmit, holds: holds,
            conditions: conditions + [condition])
    }
}

/// What is remembered of other nodes.
private struct Observed: Equatable {
    var peers: [PeerMemory] = []
    var watchedAt: TimeSpan?
}

extension Observed {
    init(_ memory: NodeState) { self.init(peers: memory.peers, watchedAt: memory.watchedAt) }
}
