internal import FleetCore
internal import Logging

extension Reconciler {
    /// Writes the node's report if it is due, and sends what the remote does not have yet.
    mutating func publish(
        _ desired: Desired, decision: Decision, observation: CycleObservation, at now: Instant
    ) async throws(CycleError) -> ReportOutcome {
        guard case .member(let membership) = desired.standing, let commit = desired.commit else {
            return .nobody
        }
        let draft = ReportDraft(
            report(membership, commit: commit, decision: decision, observation: observation, at: now))
        return try await publish(draft, membership: membership, at: now)
    }

    /// Announces that a change begins: the one report that is sent before a cycle's end. A push that fails
    /// never delays patching.
    mutating func announce(
        _ intent: Intent, desired: Desired, decision: Decision, at now: Instant
    ) async throws(CycleError) {
        guard case .member(let membership) = desired.standing, let commit = desired.commit else { return }
        let observation = CycleObservation(
            inventory: try? await packages.inventory(),
            facts: (try? await packages.facts()) ?? SystemFacts(id: "", version: "", kernel: ""),
            reboot: rebootStatement(), checks: intent.checksBefore, phase: .converging,
            reasons: decision.reasons, reboots: nil)
        var report = report(membership, commit: commit, decision: decision, observation: observation, at: now)
        report.transaction = TransactionStatement(
            started: intent.started, duration: .zero, result: .begun, changes: intent.planned, log: nil)
        _ = try await publish(ReportDraft(report), membership: membership, at: now)
    }

    mutating func publish(
        _ draft: ReportDraft, membership: Membership, at now: Instant
    ) async throws(CycleError) -> ReportOutcome {
        // By the old key it would stand in the chain for ever as what nobody may believe.
        if let keyObstacle { return .queued(memory.report.id, keyObstacle) }
        let running = memory.running.total(at: now)
        let endsClaim = memory.intent == nil && memory.claim?.isWaiting(for: memory.report) ?? false
        let isDue = draft.isDue(
            after: memory.report, soaks: membership.soaks, heartbeat: membership.fleet.heartbeat,
            running: running)
        // What the remote of before has, the present one may not: the whole chain goes there.
        if let known = memory.report.place, let place = status.destination, known != place {
            memory.report.isPushed = false
        }
        guard isDue || endsClaim else {
            guard !memory.report.isPushed, let id = memory.report.id else { return .notDue }
            return try await send(id, at: now)
        }
        if memory.report.sequence == 0, memory.report.id == nil { try await takeUpRemoteChain(at: now) }
        do throws(StatusError) {
            try await writeOrRegainChain(draft, at: now)
        } catch {
            logger.error("\(error.message)")
            return .queued(memory.report.id, error.message)
        }
        try save(at: now)
        guard let id = memory.report.id else { return .queued(nil, "no report was written") }
        return try await send(id, at: now)
    }

    /// Writes a report; if the one before it was lost with the clone, once more with the chain that the
    /// remote has.
    private mutating func writeOrRegainChain(
        _ draft: ReportDraft, at now: Instant
    ) async throws(StatusError) {
        do throws(StatusError) {
            return try await write(draft, at: now)
        } catch {
            guard error.code == .previousLost else { throw error }
            logger.info("\(error.message)")
            resumeLostChain(with: try await status.remoteChain())
        }
        try await write(draft, at: now)
    }

    /// Writes a report as the next of this node's chain. Number and commit are in the memory, which is
    /// durable before the push.
    private mutating func write(_ draft: ReportDraft, at now: Instant) async throws(StatusError) {
        var report = draft.report
        report.sequence = memory.report.sequence + 1
        report.previous = memory.report.id
        let id = try status.write(report, receipt: memory.admitted?.receipt)
        memory.report.sequence = report.sequence
        memory.report.id = id
        memory.report.key = status.key
        memory.report.dueKey = draft.dueKey
        memory.report.proven = report.proven
        memory.report.at = memory.running.total(at: now)
        memory.report.isPushed = false
        memory.report.saysConflict = report.reasons.contains { $0.code == .identityConflict }
    }

    private mutating func send(_ id: CommitID, at now: Instant) async throws(CycleError) -> ReportOutcome {
        switch await status.push(id) {
        case .pushed:
            memory.report.isPushed = true
            memory.report.place = status.destination
            memory.report.isKept = false
            memory.report.sent = memory.report.sequence
            let isOver = memory.intent == nil && memory.claim?.isWaiting(for: memory.report) == false
            if isOver { memory.claim = nil }
            // Said once for all to hear. Where two machines really share a key, each push of one is the next
            // conflict of the other.
            if memory.report.saysConflict { memory.identityConflict = false }
            try save(at: now)
            return .sent(id)
        case .kept:
            // Not again in each quiet cycle: that writes nothing.
            guard !memory.report.isKept || memory.report.sent != memory.report.sequence else {
                return .kept(id)
            }
            memory.report.isKept = true
            // Somebody may have taken it from here: its number is never given again.
            memory.report.sent = memory.report.sequence
            try save(at: now)
            return .kept(id)
        case .diverged:
            try await resolveDivergence(at: now)
            return .queued(
                memory.report.id, "the remote's chain is not this node's; it is taken up in the next report")
        case .refused(let message):
            logger.error("the remote refused the report: \(message)")
            return .queued(id, message)
        case .unreachable(let message):
            logger.info("the report waits: \(message)")
            return .queued(id, message)
        case .lost:
            do throws(StatusError) {
                resumeLostChain(with: try await status.remoteChain())
            } catch {
                return .queued(id, error.message)
            }
            try save(at: now)
            return .queued(id, "the report was lost with the clone; the next one stands for it")
        }
    }

    /// A new key, or a node whose state was made anew, continues the chain that the remote has for its name.
    private mutating func takeUpRemoteChain(at now: Instant) async throws(CycleError) {
        do throws(StatusError) {
            if let chain = try await status.remoteChain() { takeUp(chain) }
        } catch {
            // It is looked at again when the push diverges.
            logger.info("the remote's chain cannot be read: \(error.message)")
        }
    }

    /// The remote has what this node has not written, or not here.
    ///
    /// A later report by this very key: this machine was restored or cloned. It continues that chain, drops
    /// its own proofs and says so.
    private mutating func resolveDivergence(at now: Instant) async throws(CycleError) {
        do throws(StatusError) {
            guard let chain = try await status.remoteChain() else { return }
            let isConflict = chain.isOwn || isLater(chain)
            takeUp(chain)
            if isConflict { noteIdentityConflict(with: chain) }
        } catch {
            logger.info("the remote's chain cannot be read: \(error.message)")
            return
        }
        try save(at: now)
    }

    /// The clone was made anew, and the node's own chain went with the old one: it is fetched back.
    private mutating func resumeLostChain(with chain: RemoteChain?) {
        let isConflict = chain.map(isLater) ?? false
        takeUp(chain)
        if isConflict, let chain { noteIdentityConflict(with: chain) }
    }

    /// Whether this node's key has reported what this machine has never written.
    private func isLater(_ chain: RemoteChain) -> Bool {
        chain.ownSequence ?? 0 > memory.report.sequence
    }

    /// Makes the remote's chain the one that the next report continues.
    ///
    /// Each number is that of the report before and one more. What was numbered here and never reached the
    /// remote is not in the chain, and nobody has seen its number; what was sent is never numbered below.
    private mutating func takeUp(_ chain: RemoteChain?) {
        memory.report.id = chain?.tip
        memory.report.sequence = max(memory.report.sent, chain?.ownSequence ?? 0)
        memory.report.dueKey = nil
    }

    private mutating func noteIdentityConflict(with chain: RemoteChain) {
        logger.error(
            "another machine has reported with this node's key", metadata: ["report": "\(chain.tip)"])
        memory.proven = []
        memory.wellness = nil
        memory.identityConflict = true
    }

    func report(
        _ membership: Membership, commit: CommitID, decision: Decision, observation: CycleObservation,
        at now: Instant
    ) -> Report {
        let assessment = decision.assessment
        let findings = findings(decision: decision, observation: observation, at: now)
        let entries =
            assessment?.findings(
                awaiting: observation.reboot, memory.restarts, in: observation.inventory) ?? []
        var report = Report(
            fleet: membership.fleet.name, node: membership.node.name, group: membership.group.name,
            sequence: 1,
            previous: nil, time: now.wall, bootID: now.bootID, commit: commit,
            baseline: BaselineStatement(
                name: membership.group.baseline, declared: membership.stack.declared,
                admitted: decision.admitted?.declaration),
            phase: observation.phase, reasons: observation.reasons, proven: memory.proven,
            failed: memory.failed.map(\.failure),
            packages: PackageStatement(
                counts: entries.counts, findings: entries.filter { $0.state != .installed },
                notApplicable: assessment?.notApplicable ?? []),
            checks: observation.checks, transaction: memory.transaction,
            findings: observation.findings + findings.told,
            reboot: observation.reboot,
            system: SystemStatement(
                facts: observation.facts, architectures: observation.inventory?.architectures ?? []))
        report.retries = memory.retries
        report.findingsOmitted = findings.omitted
        return report
    }

    /// What a person should know of the machine: first what is rare.
    private func findings(
        decision: Decision, observation: CycleObservation, at now: Instant
    ) -> (told: [Finding], omitted: Int) {
        var findings = memory.findings?.found ?? []
        findings += memory.findings?.keyFindings(at: now) ?? []
        let cut = max(0, findings.count - Report.mostFindings)
        findings.removeLast(cut)
        let installed = observation.inventory?.findings(
            entries: decision.admitted?.form.entries,
            unlisted: decision.enforced?.baseline.unlisted ?? .ignore,
            limit: Report.mostFindings - findings.count)
        return (findings + (installed?.told ?? []), cut + (installed?.omitted ?? 0))
    }
}
