internal import FleetCore

/// What a cycle found at its end.
struct CycleObservation {
    let inventory: Inventory?
    let facts: SystemFacts
    let reboot: RebootStatement
    let checks: [CheckResult]
    let phase: Phase
    let reasons: [Reason]
    /// The reboot that follows the report.
    var reboots: RebootRecord?
    var findings: [Finding] = []
}

extension Reconciler {
    /// Runs checks; right after a start of the machine each gets the time to settle that it has left.
    private func results(of checks: [Check], at now: Instant) async -> [CheckResult] {
        await packages.results(
            of: checks,
            settling: Set(checks.filter { $0.isRequired && now.sinceBoot < $0.settle }.map(\.name)))
    }

    /// Runs the checks, measures the soak, and puts the node's state into one word.
    mutating func verify(
        _ desired: Desired, decision: inout Decision, act: Act, at now: Instant
    ) async throws(CycleError) -> CycleObservation {
        let inventory = try? await packages.inventory()
        let facts = (try? await packages.facts()) ?? SystemFacts(id: "", version: "", kernel: "")
        if memory.restarts != nil {
            let allowed = await servicesToRestart(decision, desired: desired, at: now)
            try await renewServices(allowed: allowed, at: now)
        }
        var reboot = rebootStatement()
        let rule = RebootRule(
            desired: desired, decision: decision, memory: memory, statement: reboot, inventory: inventory,
            refusals: reboot.isRequired
                ? await rebootRefusals(decision.admitted, desired: desired, at: now) : [],
            obstacle: machine.rebootObstacle ?? memory.kernelReturn?.rebootObstacle, at: now)
        let answer = rule.answer
        let checks =
            if let known = act.checks { known } else {
                await results(of: self.checks(of: decision, desired: desired), at: now)
            }
        let health = Health(
            memory: memory, decision: decision, checks: checks, reboot: reboot, restarts: memory.restarts,
            interval: settings.interval, desired: desired, now: now)
        var next = memory
        health.apply(to: &next)
        if next.wellness?.isProven ?? false { next.note(wellKernel: facts.kernel) }
        if case .member = desired.standing, memory.intent == nil {
            next.findings = await packages.findings(
                after: memory.findings, sources: decision.enforced?.sources)
        }
        if next != memory {
            memory = next
            try save(at: now)
        }
        decision = decision.replacing(admitted: memory.admitted, previous: memory.previous)
        // What ended an attempt is said once: by the failure that it became.
        let isFailed = decision.reasons.contains { $0.code == .declarationFailed }
        var reasons = decision.reasons
        reasons += act.reasons.filter { reason in
            let isSaid = isFailed && [.checkFailed, .attemptFailed].contains(reason.code)
            return !isSaid && !decision.reasons.contains(reason)
        }
        reasons += health.reasons.filter { $0.code != .rebootRequired } + rule.reasons(for: answer)
        if memory.identityConflict {
            reasons.append(
                Reason(
                    .identityConflict,
                    "another machine has reported with this node's key, or this one was restored; "
                        + "if two machines share it, enrol one of them anew with a key of its own"))
        }
        let summary = PhaseSummary(
            desired: desired, decision: decision, memory: memory, reasons: reasons, health: health)
        var reboots: RebootRecord?
        if case .reboots(let record) = answer { reboots = record }
        reboot.count = reboots?.count ?? rebootsMade(for: decision.admitted, desired: desired)
        return CycleObservation(
            inventory: inventory, facts: facts, reboot: reboot, checks: checks, phase: summary.phase,
            reasons: reasons, reboots: reboots, findings: act.stalled?.findings ?? [])
    }
}
