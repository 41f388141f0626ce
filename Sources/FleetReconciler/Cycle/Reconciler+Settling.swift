internal import FleetCore
internal import Logging

extension Reconciler {
    /// Rule 0: ends a transaction that a crash or a power cut interrupted.
    ///
    /// What the manager left half done is repaired, then the same request is carried out to its end and
    /// judged as if nothing had happened. If that cannot begin, the intent stays open for the next cycle.
    /// Where no package has changed yet there is nothing to end, and who stops a change now is obeyed.
    mutating func settleInterrupted(
        _ intent: Intent, desired: Desired, act: inout Act, at now: Instant
    ) async throws(CycleError) {
        logger.warning(
            "settling an interrupted transaction", metadata: ["declaration": "\(intent.declaration)"])
        guard intent.kind != .undo else {
            try await undo(intent, desired: desired, act: &act, at: now)
            return
        }
        var intent = intent
        intent.interruptions += 1
        memory.intent = intent
        try save(at: now)
        guard intent.interruptions <= Self.bearableInterruptions || intent.kind == .repair else {
            // A patch that brings the machine down each time would otherwise be finished for ever.
            let cause = Reason(
                .attemptFailed, "it was interrupted \(intent.interruptions) times before it could end")
            let inventory: InventoryIndex
            do {
                // While apt is still at work, or unreadable what it did, nobody can tell what to undo.
                try await repair(for: intent, desired: desired, at: now)
                inventory = InventoryIndex(try await packages.inventory())
            } catch {
                act.reasons.append(Reason(error.code.reasonCode, error.message))
                act.note(stalledManager(behind: error.code.reasonCode))
                return
            }
            noteChanges(of: intent, in: inventory.inventory)
            try await fail(
                intent, in: inventory, cause: cause, isFinal: true, desired: desired, act: &act, at: now)
            return
        }
        var output = ManagerOutput(status: 0, log: "", failures: [:], duration: .zero)
        var isDropped = false
        do {
            try await repair(for: intent, desired: desired, at: now)
            if intent.hasNotBegun(in: InventoryIndex(try await packages.inventory())) {
                isDropped = await isStopped(intent, desired: desired, act: &act, at: now)
            }
            if !isDropped {
                let plan = try await preparedPlan(intent.request.withAutomatic(intent.automatic))
                let isSafe = await kernels().refusal(of: plan.changes) == nil
                if !plan.changes.isEmpty, plan.refusals.isEmpty, isSafe {
                    output = try await apply(plan, of: intent, desired: desired, at: now)
                }
            }
        } catch {
            if !error.code.isPassing {
                try await conclude(intent, output: output, desired: desired, act: &act, at: now)
                return
            }
            // Nobody's fault, and no interruption: it counts for nothing.
            memory.intent?.interruptions -= 1
            try save(at: now)
            act.reasons.append(Reason(error.code.reasonCode, error.message))
            act.note(stalledManager(behind: error.code.reasonCode))
            return
        }
        guard !isDropped else {
            memory.intent = nil
            return try save(at: now)
        }
        try await conclude(intent, output: output, desired: desired, act: &act, at: now)
    }

    /// Whether a hold, a window or a freeze forbids a change now.
    private func isStopped(
        _ intent: Intent, desired: Desired, act: inout Act, at now: Instant
    ) async -> Bool {
        guard desired.holds.isEmpty else { return true }
        guard let admitted = memory.admitted else { return false }
        let changes = intent.planned.count
        return !(await isStillTime(for: admitted, changing: changes, desired: desired, act: &act, at: now))
    }

    /// Judges a transaction by what is installed and by the checks, and settles it or turns it into its
    /// undoing.
    ///
    /// - Parameter began: when the manager began; nil where it was interrupted, so that nobody knows how long
    ///   it took.
    mutating func conclude(
        _ intent: Intent, output: ManagerOutput, since began: Instant? = nil, desired: Desired,
        act: inout Act, at now: Instant
    ) async throws(CycleError) {
        let inventory: InventoryIndex
        do {
            inventory = InventoryIndex(try await packages.inventory())
        } catch {
            // What was done cannot be told: the intent stays open.
            act.reasons.append(Reason(error.code.reasonCode, error.message))
            return
        }
        let changes = noteChanges(of: intent, in: inventory.inventory)
        memory.findings = nil
        memory.restarts = memory.restarts ?? PendingRestarts()
        try await renewServices(allowed: restartable(for: intent, desired: desired), at: now)
        let after = await packages.results(of: intent.checks, settling: intent.checksToSettle)
        act.checks = after
        let verdict = Verdict(
            intent: intent, inventory: inventory, scriptFailures: output.failures, after: after)
        memory.transaction = TransactionStatement(
            started: intent.started, duration: output.duration,
            result: verdict.cause == nil ? .succeeded : .failed,
            changes: changes, log: verdict.cause == nil ? nil : output.log)
        guard let cause = verdict.cause else {
            memory.intent = nil
            memory.backOff = nil
            memory.failed.removeAll { $0.failure.declaration == intent.declaration }
            // A repair excuses nothing: what turned bad since the declaration was reached stays its fault.
            if intent.kind == .converge {
                memory.admitted?.badChecks = after.filter(\.isBad).map(\.name)
            }
            if intent.kind == .converge, rebootStatement().isRequired {
                // Judged once more when it is in effect; until then it can be undone as if it had not ended.
                memory.unsettled = UnsettledTransaction(intent: intent, bootID: now.bootID)
                memory.admitted?.progress = .begun
            } else {
                memory.admitted?.progress = .reached
                memory.changes.close()
            }
            if let began, !changes.isEmpty {
                let ended = settings.readAgain(now)
                let took = began.bootID == ended.bootID ? ended.sinceBoot - began.sinceBoot : .zero
                memory.durations.record(
                    ChangeDurations.Measured(changes: changes.count, duration: max(took, output.duration)))
            }
            try save(at: now)
            logger.notice("converged", metadata: ["changes": "\(changes.count)"])
            return
        }
        try await fail(
            intent, in: inventory, cause: cause, isFinal: verdict.isFinal, desired: desired, act: &act,
            at: now)
    }

    /// How often a transaction may be interrupted before that is taken for its fault.
    private static var bearableInterruptions: Int { 5 }

    /// Remembers what a transaction has changed so far, so that it can be undone.
    @discardableResult
    private mutating func noteChanges(of intent: Intent, in inventory: Inventory) -> [PackageChange] {
        let changes = intent.planned.actual(in: InventoryIndex(inventory))
        memory.changes.record(changes, for: intent.declaration, isOpen: intent.kind == .converge)
        if memory.admitted?.progress == .provisional, !changes.isEmpty { memory.admitted?.progress = .begun }
        return changes
    }

    /// What the baseline that a transaction is for lets the node restart.
    private func restartable(for intent: Intent, desired: Desired) -> [UnitPattern] {
        guard case .member(let membership) = desired.standing else { return [] }
        return membership.versions[intent.declaration]?.baseline.restart ?? []
    }

    /// Records a failed change. If it is final, one durable write makes `previous` the admitted one, records
    /// the failure and turns the intent into its undoing; a crash in between can never finish the bad change.
    mutating func fail(
        _ intent: Intent, in inventory: InventoryIndex, cause: Reason, isFinal: Bool, desired: Desired,
        act: inout Act, at now: Instant
    ) async throws(CycleError) {
        act.reasons.append(cause)
        guard intent.kind == .converge else {
            // A repair fails nothing: the declaration was reached here before.
            memory.intent = nil
            if let admitted = memory.admitted { try block(cause, for: admitted, act: &act, at: now) }
            return
        }
        var membership: Membership?
        if case .member(let known) = desired.standing { membership = known }
        let isLast = isFinal || intent.attempt >= intent.attemptsAllowed
        let failure = Failure(
            declaration: intent.declaration, attempts: intent.attempt, isFinal: isLast, reason: cause.message)
        memory.failed.removeAll { $0.failure.declaration == intent.declaration }
        memory.failed.append(
            FailureRecord(failure: failure, retry: intent.retry, checksBefore: intent.checksBefore))
        logger.error("\(cause.message)", metadata: ["final": "\(isLast)", "attempt": "\(intent.attempt)"])
        guard isLast else {
            memory.intent = nil
            if let admitted = memory.admitted { try block(cause, for: admitted, act: &act, at: now) }
            return
        }
        let undoing = Intent(
            kind: .undo, declaration: intent.declaration, attempt: intent.attempt,
            request: undoRequest(of: intent, in: inventory, membership: membership), planned: [],
            automatic: intent.automatic,
            checksBefore: intent.checksBefore, started: intent.started, reason: cause.message)
        memory.admitted = memory.previous
        memory.previous = nil
        memory.wellness = nil
        memory.backOff = nil
        memory.intent = undoing
        memory.restarts?.restarted = []
        try save(at: now)
        try await undo(undoing, desired: desired, act: &act, at: now)
    }

    /// What undoes everything that was changed for a declaration, from its sources and from those of what is
    /// admitted again.
    private func undoRequest(
        of intent: Intent, in inventory: InventoryIndex, membership: Membership?
    ) -> ChangeRequest {
        var changes = memory.changes.changesToUndo(for: intent.declaration)
        // What has its version still, and is not whole any more, is put in order by the same way; but for
        // what was to keep its version: that was broken before, and may have no way back.
        changes += intent.planned.filter { change in
            inventory.package(change.id)?.state == .broken && change.from != change.to
                && !changes.contains { $0.id == change.id }
        }
        let before = memory.previous.flatMap { membership?.versions[$0.declaration] }
        var sources = intent.request.sources
        if let own = sources, memory.previous != nil {
            sources = before?.sources.map { lists in lists + own.filter { !lists.contains($0) } }
        }
        return .undoing(changes, automatic: intent.automatic, sources: sources)
    }

    /// Undoes a failed transaction by its record: each package to the version it had, what came in goes, what
    /// went comes back.
    ///
    /// Besides its own sources it may use those of the branch's declared baseline: an older version that no
    /// source has any more can be offered again by a commit. One that cannot begin is tried again with
    /// back-off, and at once after a commit.
    mutating func undo(
        _ intent: Intent, desired: Desired, act: inout Act, at now: Instant
    ) async throws(CycleError) {
        let running = memory.running.total(at: now)
        if let backOff = memory.backOff, backOff.declaration == intent.declaration,
            backOff.commit == desired.commit, running < backOff.until
        {
            if !act.reasons.contains(backOff.reason) { act.reasons.append(backOff.reason) }
            act.note(stalledManager(behind: backOff.reason.code))
            return
        }
        logger.notice("undoing", metadata: ["declaration": "\(intent.declaration)"])
        // The kernel that runs stays, and goes as drift when another one does.
        let kernels = await kernels()
        let output: ManagerOutput
        let undoing = kernels.sparing(intent.request)
        if let running = kernels.runningKernel(removedBy: intent.request) {
            try await leave(kernel: running, at: now)
        }
        switch await undone(intent, by: undoing, desired: desired, at: now) {
        case .success(let done): output = done
        case .failure(let reason): return try delay(intent, by: reason, desired: desired, act: &act, at: now)
        }
        act.checks = nil
        memory.findings = nil
        // What was restarted for the change runs the code that is taken back.
        memory.restarts = memory.restarts ?? PendingRestarts()
        try await renewServices(allowed: restartable(for: intent, desired: desired), at: now)
        memory.changes.forgetUndone(for: intent.declaration) {
            $0.from == nil && kernels.protects($0.id.name)
        }
        if var transaction = memory.transaction {
            transaction.result = .undone
            transaction.duration = transaction.duration + output.duration
            memory.transaction = transaction
        }
        memory.intent = nil
        memory.backOff = nil
        try save(at: now)
        logger.notice("undone", metadata: ["declaration": "\(intent.declaration)"])
    }
}

extension Reconciler {
    /// Puts back what a transaction has changed and is not back yet, or says why that is not to be had now.
    private mutating func undone(
        _ intent: Intent, by undoing: ChangeRequest, desired: Desired, at now: Instant
    ) async -> Result<ManagerOutput, Reason> {
        var output = ManagerOutput(status: 0, log: "", failures: [:], duration: .zero)
        do throws(PackageError) {
            try await repair(for: intent, desired: desired, at: now)
            let request = undoing.adding(sources: desired.declaredSources)
            let remaining = request.remaining(in: InventoryIndex(try await packages.inventory()))
            if !remaining.isEmpty {
                let plan = try await preparedPlan(remaining)
                if let refusal = plan.refusal {
                    return .failure(Reason(refusal.code, "cannot undo yet: \(refusal.message)"))
                }
                output = try await apply(plan, of: intent, desired: desired, at: now)
            }
            let left = undoing.remaining(in: InventoryIndex(try await packages.inventory()))
            guard !left.isEmpty else { return .success(output) }
            let names = (Array(left.targets.keys) + Array(left.removals.keys)).sorted().map(\.description)
            return .failure(
                Reason(
                    .attemptFailed, count: names.count,
                    "undoing has not ended: \(names.joined(separator: ", "))"))
        } catch {
            return .failure(Reason(error.code.reasonCode, "cannot undo yet: \(error.message)"))
        }
    }

    /// Notes that an undoing could not begin, or has not ended, and when it is tried again.
    private mutating func delay(
        _ intent: Intent, by reason: Reason, desired: Desired, act: inout Act, at now: Instant
    ) throws(CycleError) {
        logger.warning("\(reason.message)", metadata: ["reason": "\(reason.code.rawValue)"])
        act.reasons.append(reason)
        act.note(stalledManager(behind: reason.code))
        var backOff = BackOff(
            after: memory.backOff, declaration: intent.declaration, reason: reason,
            interval: settings.interval, at: memory.running.total(at: now))
        backOff.commit = desired.commit
        memory.backOff = backOff
        try save(at: now)
    }
}

extension PackageError.Code {
    /// Whether it may pass by itself, so that waiting helps.
    fileprivate var isPassing: Bool {
        switch self {
        case .locked, .sourceUnreachable, .noSpace, .unreadable: true
        // Nothing but another declaration can bring back what no source offers any more: the attempt has
        // failed.
        case .unavailable, .unsatisfiable, .digestMismatch, .broken: false
        }
    }
}

extension Intent {
    /// The checks that get their time to settle: what was bad before may stay so, and nothing waits for it.
    var checksToSettle: Set<String> {
        let bad = Set(checksBefore.filter(\.isBad).map(\.name))
        return Set(checks.filter(\.isRequired).map(\.name)).subtracting(bad)
    }

    /// Whether every package is as it was before, and none is half-way.
    fileprivate func hasNotBegun(in inventory: InventoryIndex) -> Bool {
        planned.actual(in: inventory).isEmpty
            && planned.allSatisfy { inventory.package($0.id).map { $0.state == .installed } ?? true }
    }
}

extension [PackageChange] {
    /// What has become of announced changes: from the versions before to those that are installed now.
    fileprivate func actual(in inventory: InventoryIndex) -> [PackageChange] {
        compactMap { change in
            let version = inventory.package(change.id)?.version
            return version == change.from
                ? nil : PackageChange(id: change.id, from: change.from, to: version)
        }
    }
}

extension Desired {
    /// The sources of the baseline that the branch declares now.
    fileprivate var declaredSources: [SourceList] {
        guard case .member(let membership) = standing, let declared = membership.stack.declared else {
            return []
        }
        return membership.versions[declared]?.sources ?? []
    }
}

extension ChangeRequest {
    /// This request with further sources, where it has sources of its own; the system's stay the system's.
    fileprivate func adding(sources others: [SourceList]) -> ChangeRequest {
        var request = self
        request.sources = sources.map { own in own + others.filter { !own.contains($0) } }
        return request
    }
}
