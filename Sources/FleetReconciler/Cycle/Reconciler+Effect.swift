internal import FleetCore
internal import Logging

extension Reconciler {
    /// Whether something that is installed takes effect only after a reboot: by what the packages say, and by
    /// services that are renewed by nothing else, and by a kernel that was taken back.
    func rebootStatement() -> RebootStatement {
        packages.rebootRequirement().adding(memory.restarts).adding(memory.kernelReturn)
    }

    /// Looks for services that run old code, restarts those that the baseline lets the node restart, each
    /// once, and remembers the others. That one is restarted is durable before it is.
    ///
    /// - Parameter allowed: nil where nothing may be restarted now.
    mutating func renewServices(allowed: [UnitPattern]?, at now: Instant) async throws(CycleError) {
        guard var pending = memory.restarts else { return }
        guard var found = await outdatedServices() else { return }
        let due = found.map(\.unit).filter { unit in
            !pending.restarted.contains(unit) && !machine.isOwn(unit)
                && OutdatedService(unit: unit).treatment(allowed: allowed ?? []) == .restart
        }
        if !due.isEmpty {
            pending.services = found
            pending.restarted += due
            memory.restarts = pending
            try save(at: now)
            logger.notice("restarting services", metadata: ["units": "\(due.joined(separator: " "))"])
            for (unit, message) in await machine.restart(due).sorted(by: { $0.key < $1.key }) {
                logger.warning("'\(unit)' was not restarted: \(message)")
            }
            found = await outdatedServices() ?? found
        }
        pending.services = found.filter { $0.treatment(allowed: []) != .ignore }
        let next = pending.services.isEmpty ? nil : pending
        guard next != memory.restarts else { return }
        memory.restarts = next
        try save(at: now)
    }

    private func outdatedServices() async -> [OutdatedService]? {
        do throws(MachineError) {
            return try await machine.outdatedServices()
        } catch {
            // What cannot be told now is asked again in the next cycle; what was found before stands.
            logger.warning("\(error.message)")
            return nil
        }
    }

    /// The services that may be restarted now: what the enforced baseline lists, unless somebody holds the
    /// node or the calendar forbids it.
    func servicesToRestart(_ decision: Decision, desired: Desired, at now: Instant) async -> [UnitPattern]? {
        guard memory.intent == nil, desired.holds.isEmpty, let admitted = decision.admitted,
            let enforced = decision.enforced, case .member(let membership) = desired.standing
        else { return nil }
        let time = await timeRules(towards: admitted, membership, desired: desired, at: now)
        return time.refusals(toChangeTowards: admitted, for: nil).isEmpty ? enforced.baseline.restart : nil
    }

    /// The agent's own service comes last: when the cycle's report is out.
    mutating func renewOwnService(
        _ decision: Decision, desired: Desired, at now: Instant
    ) async throws(CycleError) {
        guard var pending = memory.restarts, memory.intent == nil,
            let unit = pending.services.map(\.unit).first(where: machine.isOwn),
            !pending.restarted.contains(unit),
            let allowed = await servicesToRestart(decision, desired: desired, at: now),
            OutdatedService(unit: unit).treatment(allowed: allowed) == .restart
        else { return }
        pending.restarted.append(unit)
        memory.restarts = pending
        try save(at: now)
        await machine.restartLater(unit)
    }

    /// Judges a transaction that waited for a reboot, once nothing waits for one any more: what was well
    /// before the change and is not after the reboot fails the declaration.
    ///
    /// Under a hold it waits: a failure would change packages.
    mutating func settleAfterReboot(
        desired: Desired, act: inout Act, at now: Instant
    ) async throws(CycleError) {
        guard memory.intent == nil, let unsettled = memory.unsettled else { return }
        guard memory.isUnsettled else {
            // Another declaration has come in its place.
            memory.unsettled = nil
            return try save(at: now)
        }
        guard desired.holds.isEmpty, !rebootStatement().isRequired,
            let inventory = try? await packages.inventory()
        else { return }
        let after = await packages.results(
            of: unsettled.intent.checks, settling: unsettled.intent.checksToSettle)
        act.checks = after
        let verdict = Verdict(
            intent: unsettled.intent, inventory: InventoryIndex(inventory), scriptFailures: [:], after: after)
        let isComingUp = now.bootID != unsettled.bootID && readAgain(now).sinceBoot < Self.timeToComeUp
        guard verdict.cause == nil || !isComingUp else { return }
        guard let cause = verdict.cause, verdict.isFinal else {
            // Packages that somebody has changed meanwhile are drift: the next decision finds it.
            memory.unsettled = nil
            memory.admitted?.badChecks = after.filter(\.isBad).map(\.name)
            memory.admitted?.progress = .reached
            memory.changes.close()
            memory.failed.removeAll { $0.failure.declaration == unsettled.declaration }
            try save(at: now)
            logger.notice("in effect after a reboot", metadata: ["boot": "\(now.bootID)"])
            return
        }
        memory.unsettled = nil
        memory.intent = unsettled.intent
        memory.transaction?.result = .failed
        try await fail(
            unsettled.intent, in: InventoryIndex(inventory), cause: cause, isFinal: true, desired: desired,
            act: &act, at: now)
    }

    /// How long services may take to come up after a boot before a bad check counts.
    private static var timeToComeUp: TimeSpan { TimeSpan(seconds: 300) }

    /// How many reboots were made for what is admitted.
    func rebootsMade(for admitted: Admission?, desired: Desired) -> Int {
        guard let admitted, case .member(let membership) = desired.standing else { return 0 }
        return memory.reboots(for: admitted.declaration, under: membership.retry.onNode(memory.retries))?
            .count ?? 0
    }

    /// Why the calendar forbids a reboot now: it needs an open window that still holds it, and no freeze.
    func rebootRefusals(
        _ admitted: Admission?, desired: Desired, at reading: Instant
    ) async -> [Reason] {
        guard case .member(let membership) = desired.standing, let admitted else { return [] }
        return await timeRules(towards: admitted, membership, desired: desired, at: reading)
            .refusals(for: .reboot)
    }

    /// Reboots the machine, after the report that announces it was sent, or could not be.
    ///
    /// Whoever has begun something on the node since the decision, and the calendar, are asked once more. The
    /// reboot counts from here on, whatever becomes of it.
    mutating func reboot(_ record: RebootRecord, desired: Desired, at now: Instant) async throws(CycleError) {
        let reading = readAgain(now)
        let refusals =
            await rebootRefusals(memory.admitted, desired: desired, at: reading)
            + settings.localHolds(reading)
        guard refusals.isEmpty else {
            logger.notice("does not reboot after all: \(refusals[0].message)")
            return
        }
        memory.note(record)
        try save(at: now)
        logger.notice("rebooting", metadata: ["count": "\(record.count)"])
        do throws(MachineError) {
            try await machine.reboot()
        } catch {
            logger.error("\(error.message)")
        }
    }
}
