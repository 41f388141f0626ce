internal import FleetCore
internal import Logging

extension Reconciler {
    /// Changes packages towards an admitted declaration.
    ///
    /// Everything is simulated and downloaded first, and what it replaces is kept; what stops before the
    /// first change is `blocked`, tried again with back-off, and never makes a declaration failed. Then the
    /// node claims its share of the group's budget, then the intent is durable, then the manager runs. To
    /// wait for the budget is no try.
    ///
    /// - Returns: whether a change began.
    mutating func converge(
        _ request: ChangeRequest, to admitted: Admission, decision: Decision, desired: Desired,
        act: inout Act, at now: Instant
    ) async throws(CycleError) -> Bool {
        var request = request.returning(to: admitted)
        request.debconf = decision.enforced?.baseline.debconf ?? []
        if let refusal = await budgetRefusal(for: admitted, desired: desired) {
            act.reasons.append(refusal)
            return false
        }
        let plan: Plan
        let automatic: [PackageID]
        do {
            plan = try await preparedPlan(request)
            automatic = try await packages.automaticMarks(of: plan.changes.map(\.id))
        } catch {
            try block(Reason(error.code.reasonCode, error.message), for: admitted, act: &act, at: now)
            return false
        }
        var refusal = plan.refusal
        if refusal == nil { refusal = await kernels().refusal(of: plan.changes) }
        if refusal == nil { refusal = await keepReplaced(by: plan, for: admitted, desired: desired) }
        if let refusal {
            try block(refusal, for: admitted, act: &act, at: now)
            return false
        }
        let changes = plan.changes.count
        guard
            try await claimInTime(
                for: admitted, changing: changes, desired: desired, act: &act, at: now)
        else { return false }
        let record = earlierFailure(of: admitted.declaration, desired: desired)
        let checks = checks(of: decision, desired: desired)
        let before = await results(before: record, checks: checks, of: admitted)
        var intent = Intent(
            kind: admitted.progress == .reached ? .repair : .converge, declaration: admitted.declaration,
            attempt: (record?.failure.attempts ?? 0) + 1, request: request, planned: plan.changes,
            automatic: automatic,
            checksBefore: before, started: now.wall)
        intent.checks = checks
        if case .member(let membership) = desired.standing {
            intent.attemptsAllowed = membership.group.attempts
            intent.retry = membership.retry.onNode(memory.retries)
        }
        memory.intent = intent
        memory.unsettled = nil
        memory.restarts?.restarted = []
        memory.wellness = nil
        try save(at: now)
        try await announce(intent, desired: desired, decision: decision, at: now)
        // Checks and a push on a bad line take minutes: a payment may have begun meanwhile.
        guard await isStillTime(for: admitted, changing: changes, desired: desired, act: &act, at: now) else {
            memory.intent = nil
            try save(at: now)
            return false
        }
        let began = settings.readAgain(now)
        let output: ManagerOutput
        do {
            output = try await apply(plan, of: intent, desired: desired, at: now)
        } catch {
            // The manager did not begin, so there is nothing to undo.
            memory.intent = nil
            try block(Reason(error.code.reasonCode, error.message), for: admitted, act: &act, at: now)
            return false
        }
        try await conclude(intent, output: output, since: began, desired: desired, act: &act, at: now)
        return true
    }

    /// Claims the node's share of its group's budget, if there is still time for the change.
    private mutating func claimInTime(
        for admitted: Admission, changing changes: Int, desired: Desired, act: inout Act, at now: Instant
    ) async throws(CycleError) -> Bool {
        guard await isStillTime(for: admitted, changing: changes, desired: desired, act: &act, at: now) else {
            return false
        }
        if let refusal = try await claimShare(for: admitted, desired: desired, at: now) {
            act.reasons.append(refusal)
            return false
        }
        // Claiming waits for the network, and for all who were first. If the time is over a report ends the
        // claim.
        return await isStillTime(for: admitted, changing: changes, desired: desired, act: &act, at: now)
    }

    /// Whether packages may still be changed, now that everything is downloaded, or claimed: by the calendar,
    /// and by those on the node who may have begun what must not be disturbed.
    ///
    /// - Parameter changes: how many packages the plan changes.
    func isStillTime(
        for admitted: Admission, changing changes: Int, desired: Desired, act: inout Act, at now: Instant
    ) async -> Bool {
        guard case .member(let membership) = desired.standing else { return true }
        let reading = readAgain(now)
        let time = await timeRules(towards: admitted, membership, desired: desired, at: reading)
        let version = membership.versions[admitted.declaration]
        let need = WindowNeed(
            changes: changes, durations: memory.durations, reboot: version?.baseline.reboot ?? .never)
        let refusals = time.refusals(toChangeTowards: admitted, for: need)
        act.holds = settings.localHolds(reading)
        act.reasons += refusals + act.holds
        act.isTooLate = !refusals.isEmpty || !act.holds.isEmpty
        return !act.isTooLate
    }

    /// When what is admitted may be changed, or brought into effect.
    func timeRules(
        towards admitted: Admission, _ membership: Membership, desired: Desired, at reading: Instant
    ) async -> TimeRules {
        membership.timeRules(
            towards: admitted.declaration, attended: memory.attended, zones: await zones(for: desired),
            at: reading)
    }

    /// The clocks as they are now, as far as this cycle may believe them.
    func readAgain(_ now: Instant) -> Instant {
        let later = settings.readAgain(now)
        return Instant(
            wall: later.wall, isWallKnown: now.isWallKnown && later.isWallKnown, bootID: later.bootID,
            sinceBoot: later.sinceBoot)
    }

    /// The kernels that no plan removes.
    func kernels() async -> KernelGuard {
        KernelGuard(running: (try? await packages.facts())?.kernel ?? "", proven: memory.wellKernels)
    }

    /// What failed before for a declaration; a changed `retry` makes it void, so that attempts are counted
    /// anew.
    private func earlierFailure(of declaration: Declaration, desired: Desired) -> FailureRecord? {
        guard case .member(let membership) = desired.standing else { return nil }
        return memory.failure(of: declaration, under: membership.retry)
    }

    /// A plan with everything that it needs downloaded.
    func preparedPlan(_ request: ChangeRequest) async throws(PackageError) -> Plan {
        let plan = try await packages.plan(request)
        if plan.refusals.isEmpty, !plan.changes.isEmpty { try await packages.download(plan) }
        return plan
    }

    /// What the checks found before the first change for a declaration: later attempts are judged by the
    /// same.
    private func results(
        before record: FailureRecord?, checks: [Check], of admitted: Admission
    ) async -> [CheckResult] {
        if let record { return record.checksBefore }
        if let unsettled = memory.unsettled, unsettled.declaration == admitted.declaration {
            return unsettled.intent.checksBefore
        }
        return await packages.results(of: checks)
    }

    /// The checks of the enforced baseline and of the group.
    func checks(of decision: Decision, desired: Desired) -> [Check] {
        guard case .member(let membership) = desired.standing else { return [] }
        var checks: [Check] = []
        for check in (decision.enforced?.baseline.checks ?? []) + membership.group.checks
        where !checks.contains(check) {
            checks.append(check)
        }
        return checks
    }

    /// Notes that a try came to nothing before it began, and when the next may be.
    mutating func block(
        _ reason: Reason, for admitted: Admission, act: inout Act, at now: Instant
    ) throws(CycleError) {
        logger.warning("\(reason.message)", metadata: ["reason": "\(reason.code.rawValue)"])
        act.reasons.append(reason)
        memory.backOff = BackOff(
            after: memory.backOff, declaration: admitted.declaration, reason: reason,
            interval: settings.interval, at: memory.running.total(at: now))
        try save(at: now)
    }
}

extension BackOff {
    /// The longest wait between two tries.
    private static let longest = TimeSpan(seconds: 3_600)

    /// The back-off after one more try that came to nothing: the first waits for one interval, each next
    /// twice as long.
    init(
        after last: BackOff?, declaration: Declaration, reason: Reason, interval: TimeSpan,
        at running: TimeSpan
    ) {
        let tries = last?.declaration == declaration ? (last?.tries ?? 0) + 1 : 1
        let wait = min(interval * (1 << Int64(min(tries - 1, 16))), max(Self.longest, interval))
        self.init(declaration: declaration, tries: tries, until: running + wait, reason: reason)
    }
}

extension Plan {
    /// Why this plan must not be carried out, with the lines that would permit it; nil for a good plan.
    var refusal: Reason? {
        if changes.isEmpty, !request.isEmpty {
            return Reason(
                .planImpossible, "the package manager sees nothing to do for what is not as declared")
        }
        guard let first = refusals.first else { return nil }
        let lines = refusals.map(\.line).filter { !$0.isEmpty }
        let remedy = lines.isEmpty ? "" : "; if it is meant, add: \(lines.joined(separator: " | "))"
        return Reason(.planRefused, count: refusals.count, "\(first.message)\(remedy)")
    }
}
