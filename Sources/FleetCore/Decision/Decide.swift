/// Decides what a node does, from the most forbidding rule to the least.
///
/// A pure function: the same facts give the same decision on every machine, today and in an audit years
/// later. Deciding again on the same facts after acting yields rest.
///
/// - Parameters:
///   - desired: what the repository wants, at the followed commit.
///   - actual: what is the case on the node.
///   - evidence: what the node knows of the nodes that its gate looks at.
///   - memory: what the node remembers.
///   - now: the reading of the clocks for this cycle.
package func decide(
    desired: Desired, actual: Actual, evidence: Evidence, memory: NodeState, now: Instant
) -> Decision {
    // Rule 0: half a transaction is worse than anything that could forbid ending it.
    if let intent = memory.intent {
        var enforced: DeclaredBaseline?
        if case .member(let membership) = desired.standing {
            enforced = memory.admitted.flatMap { membership.versions[$0.declaration] }
        }
        return Decision(
            action: .settle(intent), admitted: memory.admitted, previous: memory.previous, enforced: enforced,
            reasons: [Reason(.interrupted, "a transaction was interrupted; it is finished or undone first")])
    }
    // Rule 2, for nodes that are not (or no longer) members.
    switch desired.standing {
    case .unknown:
        return Decision(
            action: .rest, admitted: memory.admitted, previous: memory.previous,
            reasons: desired.holds + desired.conditions)
    case .absent(let awaited):
        return decideAbsent(awaited: awaited, desired: desired, memory: memory)
    case .member(let membership):
        let deliberation = Deliberation(
            desired: desired, membership: membership.judged(at: now), actual: actual, evidence: evidence,
            memory: memory, now: now)
        return deliberation.decision
    }
}

/// What would be changed for the declared baseline, so that its packages can be downloaded while the node
/// waits.
///
/// - Returns: nil where nothing is to be downloaded: the node may not admit anything (its history is not
///   authentic, the tip not readable), is on hold, or ends a transaction; what is declared has failed here,
///   is reached or differs in nothing; or the group downloads only what is admitted.
package func earlyRequest(
    desired: Desired, actual: Actual, memory: NodeState, now: Instant
) -> ChangeRequest? {
    guard memory.intent == nil, desired.mayAdmit, desired.holds.isEmpty,
        case .member(let membership) = desired.standing, membership.group.prefetch == .declared,
        let declared = membership.stack.declared,
        memory.finalFailure(of: declared, under: membership.retry) == nil,
        !memory.hasReached(declared),
        case .success(let packages) = actual.inventory
    else { return nil }
    let deliberation = Deliberation(
        desired: desired, membership: membership, actual: actual, evidence: .none, memory: memory, now: now)
    let request = deliberation.prospect(in: InventoryIndex(packages))?.request
    return request?.isEmpty == true ? nil : request
}

/// Rule 2: not in the fleet yet → wait; removed from it by an authentic commit → let go.
private func decideAbsent(awaited: String, desired: Desired, memory: NodeState) -> Decision {
    let wasMember = memory.admitted != nil || memory.previous != nil || memory.report.sequence > 0
    guard wasMember else {
        let reason = Reason(.notEnrolled, "not in the fleet yet: '\(awaited)' is awaited")
        return Decision(
            action: .rest, admitted: nil, previous: nil,
            reasons: desired.holds + [reason] + desired.conditions)
    }
    let reason = Reason(.removedFromFleet, "removed from the fleet; nothing is changed here any more")
    let isHeld = !desired.holds.isEmpty
    return Decision(
        action: isHeld ? .rest : .letGo, admitted: isHeld ? memory.admitted : nil,
        previous: isHeld ? memory.previous : nil, reasons: desired.holds + [reason] + desired.conditions)
}

/// The rules for a member of the fleet.
private struct Deliberation {
    let desired: Desired
    let membership: Membership
    let actual: Actual
    let evidence: Evidence
    let memory: NodeState
    let now: Instant

    var decision: Decision {
        let inventory: InventoryIndex
        switch actual.inventory {
        case .failure(let reason):
            // What is installed cannot be told, so nothing is changed and nothing admitted.
            return Decision(
                action: .rest, admitted: memory.admitted, previous: memory.previous,
                enforced: memory.admitted.flatMap { membership.versions[$0.declaration] },
                reasons: desired.holds + desired.conditions + [reason])
        case .success(let packages): inventory = InventoryIndex(packages)
        }
        // Rule 1: a person's stop.
        guard desired.holds.isEmpty else {
            let admitted = memory.admitted
            return Decision(
                action: .rest, admitted: admitted, previous: memory.previous,
                assessment: admitted.map { assess($0, in: inventory).assessment } ?? prospect(in: inventory),
                enforced: admitted.flatMap { membership.versions[$0.declaration] },
                reasons: desired.holds + desired.conditions)
        }
        let choice = Choice(
            desired: desired, membership: membership, facts: actual.facts, evidence: evidence,
            memory: memory, zones: actual.zones, reboot: actual.reboot, now: now,
            applied: { $0.applied(in: inventory, placed: memory.changes.placed, exceptions: exceptions) },
            leavesOut: {
                $0.leavesOut(
                    in: inventory, newer: $1.baseline.newer, placed: memory.changes.placed,
                    exceptions: exceptions)
            },
            changes: {
                $0.changes(in: inventory, placed: memory.changes.placed, exceptions: exceptions)
            })
        return enforce(choice.outcome, in: inventory)
    }

    /// Enforces what was chosen: its drift is removed, unless a try has just come to nothing.
    private func enforce(_ outcome: Choice.Outcome, in inventory: InventoryIndex) -> Decision {
        var reasons = desired.conditions + outcome.reasons
        guard let admitted = outcome.admitted else {
            return Decision(
                action: .rest, admitted: nil, previous: outcome.previous, assessment: prospect(in: inventory),
                reasons: reasons, lacking: outcome.lacking)
        }
        let (assessment, declared, leftKernels) = assess(admitted, in: inventory)
        let cleanup = kernelCleanup(after: outcome, declared, leftKernels, in: inventory)
        reasons += assessment.leftOutReasons
        var action = Action.rest
        if let mismatch = declared?.baseline.mismatch(with: actual.facts) {
            reasons.append(mismatch)
        } else if declared == nil, !assessment.request.isEmpty {
            // Without its sources and checks it would be another change than the one that was admitted.
            let what = "\(admitted.declaration) cannot be read in the clone any more"
            reasons.append(Reason(.packageUnavailable, "\(what); nothing is changed towards it"))
        } else if let request = assessment.request.isEmpty ? cleanup : assessment.request {
            let time = membership.timeRules(
                towards: admitted.declaration, attended: memory.attended, zones: actual.zones, at: now)
            let refusals = time.refusals(
                toChangeTowards: admitted,
                for: WindowNeed(
                    changes: request.count, durations: memory.durations,
                    reboot: declared?.baseline.reboot ?? .never))
            if !refusals.isEmpty {
                // What is as declared waits for nothing: a kernel too many is no drift.
                if !assessment.request.isEmpty { reasons += refusals.filter { !reasons.contains($0) } }
            } else if let backOff = memory.backOff, backOff.declaration == admitted.declaration,
                memory.running.total(at: now) < backOff.until
            {
                reasons.append(backOff.reason)
            } else {
                action = .converge(request)
            }
        }
        return Decision(
            action: action, admitted: admitted, previous: outcome.previous, assessment: assessment,
            enforced: declared, reasons: reasons, lacking: outcome.lacking, leftKernels: leftKernels)
    }

    /// The admitted baseline compared with what is installed, and besides what going back to it returns.
    private func assess(
        _ admission: Admission, in inventory: InventoryIndex
    ) -> (assessment: Assessment, declared: DeclaredBaseline?, leftKernels: Set<String>) {
        let declared = membership.versions[admission.declaration]
        let all = memory.changes.returns(
            leaving: membership.stack.left(behind: admission.declaration, of: memory.changes),
            for: admission.form, in: inventory
        )
        let leftKernels = Set(
            all.filter { $0.to == nil }.compactMap { KernelPart($0.id.name) }.filter { $0.kind == .image }
                .map(\.release))
        let returns = all.filter { change in
            guard let version = change.to else { return !kernels.protects(change.id.name) }
            return change.from != nil || admission.form.kernels == nil
                || !KernelStock(inventory.inventory).isTooOld(
                    change.id.name, version, limit: admission.form.kernels, besides: leftKernels)
        }
        let assessment = Assessment(
            of: admission.form, in: inventory, newer: declared?.baseline.newer ?? .keep,
            placed: memory.changes.placed, exceptions: exceptions, sources: declared?.sources,
            returns: returns)
        return (assessment, declared, leftKernels)
    }

    /// What removes the kernels that are too many, once the boot into a newer one is proven and nothing of
    /// them is needed for going back any more.
    private func kernelCleanup(
        after outcome: Choice.Outcome, _ declared: DeclaredBaseline?, _ leftKernels: Set<String>,
        in inventory: InventoryIndex
    ) -> ChangeRequest? {
        guard let admitted = outcome.admitted, let declared, admitted.progress == .reached,
            outcome.previous == nil, memory.unsettled == nil, leftKernels.isEmpty, !actual.reboot.isRequired
        else { return nil }
        let spare = memory.spareKernels(
            for: admitted.form, running: actual.facts.kernel, in: inventory)
        guard !spare.isEmpty else { return nil }
        return ChangeRequest(
            pins: [], targets: [:], removals: Dictionary(uniqueKeysWithValues: spare.map { ($0, true) }),
            sources: declared.sources)
    }

    /// What is declared compared with what is installed: where nothing is admitted yet, people see what is to
    /// come.
    func prospect(in inventory: InventoryIndex) -> Assessment? {
        guard let declared = membership.stack.declared.flatMap({ membership.versions[$0] }),
            declared.baseline.mismatch(with: actual.facts) == nil
        else { return nil }
        return Assessment(
            of: CanonicalForm(declared.baseline), in: inventory, newer: declared.baseline.newer,
            placed: memory.changes.placed, exceptions: exceptions, sources: declared.sources)
    }

    /// A kernel that is taken back goes once another one runs.
    private var kernels: KernelGuard {
        KernelGuard(running: actual.facts.kernel, proven: memory.wellKernels)
    }

    private var exceptions: Set<EntryKey> { membership.node.exceptedEntries(at: now) }
}

extension Assessment {
    /// Why the node proves nothing for others: what is left out here.
    fileprivate var leftOutReasons: [Reason] {
        let codes: [(state: EntryState, code: Reason.Code, words: String)] = [
            (.excepted, .excepted, "excepted by the node's file"), (.held, .heldByHand, "held by hand"),
            (.newer, .newerKept, "newer than declared and kept"),
        ]
        return codes.compactMap { state, code, words in
            let keys = leftOut.filter { $0.state == state }.map(\.key)
            guard let first = keys.first else { return nil }
            let more = keys.count > 1 ? " and \(keys.count - 1) more" : ""
            return Reason(code, count: keys.count, "\(first)\(more): \(words)")
        }
    }
}

extension DeclarationStack {
    /// The declarations whose changes going to `target` leaves behind: those the branch went back from, and
    /// those above it.
    fileprivate func left(behind target: Declaration, of changes: ChangeLog) -> Set<Declaration> {
        let above = layers.reversed().prefix { $0.declaration != target }.map(\.declaration)
        let isInStack = contains(target)
        return Set(
            changes.chapters.map(\.declaration).filter { declaration in
                declaration != target
                    && (withdrawal(of: declaration) != nil || isInStack && above.contains(declaration))
            })
    }
}

extension Baseline {
    /// Why this baseline must not be applied to a system with these facts; nil if it may.
    package func mismatch(with facts: SystemFacts) -> Reason? {
        guard let system, system.id != facts.id || (system.version.map { $0 != facts.version } ?? false)
        else {
            return nil
        }
        let wanted = [system.id, system.version].compactMap { $0 }.joined(separator: " ")
        let found = facts.id.isEmpty ? "an unknown system" : "\(facts.id) \(facts.version)"
        return Reason(.systemMismatch, "the baseline '\(name)' is for \(wanted); this is \(found)")
    }
}
