internal import FleetCore
internal import Logging

/// What was done in a cycle.
struct Act {
    /// What kept a change from beginning, or ended it badly.
    var reasons: [Reason]
    /// The checks' results after a change, which need not be run again in this cycle.
    var checks: [CheckResult]?
    /// Whether the time for a change was over before it began.
    var isTooLate = false
    /// Who has put a hold on the node since the decision.
    var holds: [Reason] = []
    /// A package manager that an earlier cycle has started, and that works on past its deadline.
    var stalled: StalledManager?
}

extension Reconciler {
    /// Decides and acts until there is nothing left to do in this cycle.
    ///
    /// An interrupted transaction is settled first, and a failed change is undone, before the next decision.
    /// Three rounds are enough for that; what is left after them belongs to the next cycle.
    mutating func decideAndAct(
        _ desired: inout Desired, evidence: inout Evidence, act: inout Act, at now: Instant
    ) async throws(CycleError) -> Decision {
        try await noteKernel(at: now)
        try await settleAfterReboot(desired: desired, act: &act, at: now)
        var decision = await deliberate(
            &desired, actual: await observe(for: desired), evidence: &evidence, at: now)
        try rememberPeers(at: now)
        for _ in 0..<3 {
            try adopt(decision, at: now)
            try await settleBootDefault(decision, at: now)
            switch decision.action {
            case .rest: return decision
            case .letGo:
                try letGo(at: now)
                return decision
            case .settle(let intent):
                try await settleInterrupted(intent, desired: desired, act: &act, at: now)
                if memory.intent != nil { return decision }
            case .converge(let request):
                guard let admitted = decision.admitted else { return decision }
                let couldBegin = try await converge(
                    request, to: admitted, decision: decision, desired: desired, act: &act, at: now)
                if !couldBegin {
                    desired = desired.held(by: act.holds)
                    return act.isTooLate ? decision.resting : decision
                }
            }
            decision = await deliberate(
                &desired, actual: await observe(for: desired), evidence: &evidence, at: now)
            try rememberPeers(at: now)
        }
        try adopt(decision, at: now)
        try await settleBootDefault(decision, at: now)
        return decision
    }

    func observe(for desired: Desired) async -> Actual {
        let facts = (try? await packages.facts()) ?? SystemFacts(id: "", version: "", kernel: "")
        let inventory: Result<Inventory, Reason>
        do {
            inventory = .success(try await packages.inventory())
        } catch {
            inventory = .failure(Reason(error.code.reasonCode, error.message))
        }
        return Actual(
            inventory: inventory, facts: facts, zones: await zones(for: desired),
            reboot: rebootStatement())
    }

    /// The rules of the zones by whose clocks the node's windows and freezes are meant.
    func zones(for desired: Desired) async -> [ZoneName: Result<ZoneRules, ZoneError>] {
        guard case .member(let membership) = desired.standing else { return [:] }
        return await packages.zones(of: membership.group)
    }

    /// Makes the decision's admission durable, before anything is done because of it.
    private mutating func adopt(_ decision: Decision, at now: Instant) throws(CycleError) {
        guard decision.admitted != memory.admitted || decision.previous != memory.previous else { return }
        if case .letGo = decision.action { return }
        memory.previous = decision.previous
        if memory.admitted?.declaration != decision.admitted?.declaration { memory.changes.close() }
        memory.admitted = decision.admitted
        if memory.backOff?.declaration != decision.admitted?.declaration { memory.backOff = nil }
        if let admitted = decision.admitted {
            logger.notice("admitted", metadata: ["declaration": "\(admitted.declaration)"])
        } else {
            logger.notice("admission given back")
        }
        try save(at: now)
    }

    /// Forgets what was admitted: the machine has another owner now.
    private mutating func letGo(at now: Instant) throws(CycleError) {
        var next = memory
        next.admitted = nil
        next.previous = nil
        next.wellness = nil
        next.backOff = nil
        next.claim = nil
        next.changes = ChangeLog()
        next.unsettled = nil
        next.restarts = nil
        next.reboots = []
        guard next != memory else { return }
        memory = next
        try save(at: now)
        logger.notice("removed from the fleet; let go")
    }
}

extension Reconciler {
    /// Notes that the node was there in a window of its group, where missed ones are counted.
    mutating func attend(
        _ desired: Desired, decision: Decision, at now: Instant
    ) async throws(CycleError) {
        guard case .member(let membership) = desired.standing else { return }
        let isDark = desired.conditions.contains { $0.code == .remoteAway && !passedOver.contains($0) }
        guard !isDark || membership.group.missed == .wait else { return }
        let isKept = decision.reasons.contains { [.window, .windowTooShort].contains($0.code) }
        let attended = membership.attendance(
            since: memory.attended, isKept: isKept, zones: await zones(for: desired), at: now)
        guard attended != memory.attended else { return }
        memory.attended = attended
        try save(at: now)
    }
}

extension PackageSystem {
    /// The rules of the zones that a group's windows and freezes name, or why the machine does not know them.
    func zones(of group: Group) async -> [ZoneName: Result<ZoneRules, ZoneError>] {
        var zones: [ZoneName: Result<ZoneRules, ZoneError>] = [:]
        for zone in group.zones {
            do throws(ZoneError) {
                zones[zone] = .success(try await rules(of: zone))
            } catch {
                zones[zone] = .failure(error)
            }
        }
        return zones
    }
}

extension PackageError.Code {
    /// The word for it in reports.
    var reasonCode: Reason.Code {
        switch self {
        case .locked: .packagesLocked
        case .unavailable: .packageUnavailable
        case .sourceUnreachable: .sourceUnreachable
        case .noSpace: .noSpace
        case .unsatisfiable: .planImpossible
        case .digestMismatch: .digestMismatch
        case .broken: .packagesBroken
        case .unreadable: .packagesUnreadable
        }
    }
}
