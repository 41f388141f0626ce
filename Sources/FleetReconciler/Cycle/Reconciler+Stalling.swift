internal import FleetCore
internal import Logging

/// The package manager is waited for, however long it takes; past its deadline the node says so.
extension Reconciler {
    /// Carries a plan out.
    mutating func apply(
        _ plan: Plan, of intent: Intent, desired: Desired, at now: Instant
    ) async throws(PackageError) -> ManagerOutput {
        let logger = self.logger
        return try await packages.apply(plan, patience: settings.patience) { progress in
            logger.debug("\(progress.message)", metadata: ["percent": "\(progress.percent)"])
        } stalled: { manager in
            await tell(manager, intent: intent, desired: desired, at: now)
        }
    }

    /// Ends what the manager left half done.
    mutating func repair(
        for intent: Intent, desired: Desired, at now: Instant
    ) async throws(PackageError) {
        try await packages.repair(patience: settings.patience) { manager in
            await tell(manager, intent: intent, desired: desired, at: now)
        }
    }

    /// The manager that holds a lock, if that has been at work for longer than its deadline: it outlives the
    /// agent that started it.
    func stalledManager(behind code: Reason.Code) -> StalledManager? {
        guard code == .packagesLocked, let manager = packages.managerAtWork(),
            manager.duration >= settings.patience.deadline
        else { return nil }
        return manager
    }

    /// Reports that the manager is stalled: at once, and then with each heartbeat. What goes wrong with the
    /// report changes nothing: the manager is waited for all the same.
    private mutating func tell(
        _ manager: StalledManager, intent: Intent, desired: Desired, at now: Instant
    ) async {
        logger.warning("\(manager.reason.message)")
        guard case .member(let membership) = desired.standing, let commit = desired.commit else { return }
        let later = settings.readAgain(now)
        let observation = CycleObservation(
            inventory: try? await packages.inventory(),
            facts: (try? await packages.facts()) ?? SystemFacts(id: "", version: "", kernel: ""),
            reboot: rebootStatement(), checks: intent.checksBefore, phase: .stalled,
            reasons: [manager.reason], findings: manager.findings)
        let decision = Decision(
            action: .settle(intent), admitted: memory.admitted, previous: memory.previous, reasons: [])
        var report = report(
            membership, commit: commit, decision: decision, observation: observation, at: later)
        report.transaction = TransactionStatement(
            started: intent.started, duration: manager.duration, result: .begun, changes: intent.planned,
            log: nil)
        do throws(CycleError) {
            _ = try await publish(ReportDraft(report), membership: membership, at: later)
        } catch {
            logger.error("\(error.message)")
        }
    }
}

extension Act {
    /// Notes that a manager which an earlier cycle has started works on past its deadline.
    mutating func note(_ manager: StalledManager?) {
        guard let manager, stalled == nil else { return }
        reasons.append(manager.reason)
        stalled = manager
    }
}
