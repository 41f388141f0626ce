/// The choice of what is admitted: rules 3 to 8.
struct Choice {
    let desired: Desired
    let membership: Membership
    /// The system that a baseline must be for.
    let facts: SystemFacts
    let evidence: Evidence
    let memory: NodeState
    /// The rules of the zones by which windows and freezes are meant.
    let zones: [ZoneName: Result<ZoneRules, ZoneError>]
    /// Whether what is installed takes effect only after a reboot.
    let reboot: RebootStatement
    let now: Instant
    /// The entries of a baseline that apply to this node and are enforced on it.
    let applied: (DeclaredBaseline) -> [EntryKey]
    /// Whether entries of what was admitted are left out on this node, so that it can vouch for nothing.
    let leavesOut: (Admission, DeclaredBaseline) -> Bool
    /// How many packages a baseline would change on this node; nil where only the node can tell.
    let changes: (DeclaredBaseline) -> Int?

    /// What is admitted from now on.
    struct Outcome {
        let admitted: Admission?
        let previous: Admission?
        let reasons: [Reason]
        /// The rule that settled it.
        let rule: DecisionRule
        /// What was not read yet and would say more.
        var lacking: EvidenceNeed?
    }

    /// What is no longer open, or no longer declared, is given back as long as no package has changed for it.
    var base: Admission? { memory.base }

    var outcome: Outcome {
        guard desired.mayAdmit else { return stay([], by: .membership) }
        guard let declared = membership.stack.declared else {
            return stay(
                [Reason(.unreadable, "the baseline '\(membership.group.baseline)' was never readable")],
                by: .membership)
        }
        // Rule 3
        if let base, base.declaration == declared { return stay([], by: .enforce) }
        // Rule 4
        if let failure = failure(of: declared) {
            let reason = Reason(.declarationFailed, "\(declared) failed here: \(failure.reason)")
            return stay([reason], by: .failed)
        }
        // Rule 5
        if let base, base.baseline == membership.group.baseline,
            let withdrawal = membership.stack.withdrawal(of: base.declaration),
            let rollback = rollback(to: declared, withdrawal: withdrawal)
        {
            return rollback
        }
        if let unfinished = unfinishedSoak(before: declared) { return stay([unfinished], by: .gate) }
        // Rules 6 to 8
        return advance(to: declared)
    }

    /// Rule 5: the branch went back, so the node does at once, if it may have the declared one at all.
    private func rollback(to declared: Declaration, withdrawal: DeclarationStack.Withdrawal) -> Outcome? {
        let answer = ask(declared)
        let isProven = memory.proven.contains { $0.declaration == declared }
        guard let basis = isProven ? Receipt.Basis.proven : answer.basis else { return nil }
        // More than one declaration taken off by one commit is more often a stale branch than a wish: the
        // time rules apply.
        guard withdrawal.count > 1 else {
            return admit(declared, basis: basis, isRollback: true, answer: answer)
        }
        return admitInTime(declared, basis: basis, answer: answer)
    }

    /// Why the node ends the soak that it is in before it takes a newer declaration; nil if it need not, or
    /// if there is none that could end: the declaration was withdrawn or has failed, a check is bad, an entry
    /// is left out, or nothing goes on.
    private func unfinishedSoak(before declared: Declaration) -> Reason? {
        guard membership.group.supersede == .finish, let base, base.baseline == membership.group.baseline,
            let needed = membership.soaks.last, membership.stack.contains(base.declaration),
            failure(of: base.declaration) == nil, memory.unwell != base.declaration,
            memory.backOff?.declaration != base.declaration,
            let version = membership.versions[base.declaration],
            version.baseline.mismatch(with: facts) == nil
        else { return nil }
        let reached = memory.proven.first { $0.declaration == base.declaration }?.healthyFor ?? .zero
        guard reached < needed, !leavesOut(base, version) else { return nil }
        guard !reboot.isRequired else {
            let why = reboot.reason.map { " (\($0))" } ?? ""
            return Reason(
                .soakUnfinished,
                "\(base.declaration) takes effect here only after a reboot\(why), and no soak goes on before "
                    + "it: reboot this node, so that 'supersede: finish' can end the soak of \(needed) that "
                    + "other groups wait for before \(declared); or withdraw \(base.declaration), or say "
                    + "'supersede: newest'")
        }
        return Reason(
            .soakUnfinished,
            "\(base.declaration) has been well here for \(reached.rough) of the \(needed) that other groups "
                + "wait for; 'supersede: finish' ends this soak before \(declared)")
    }

    /// Rules 6 to 8: the newest declaration that is open, by the gate and by the time.
    private func advance(to declared: Declaration) -> Outcome {
        var refused: [Reason] = []
        for declaration in membership.stack.ahead(of: base?.declaration) where failure(of: declaration) == nil
        {
            let answer = ask(declaration)
            guard let basis = answer.basis else {
                if declaration == declared { refused = answer.reasons }
                continue
            }
            let admitted = admitInTime(declaration, basis: basis, answer: answer)
            return Outcome(
                admitted: admitted.admitted, previous: admitted.previous, reasons: refused + admitted.reasons,
                rule: admitted.rule, lacking: admitted.lacking)
        }
        return stay(refused, by: .gate)
    }

    /// Rules 7 and 8: a declaration whose gate is open is admitted when freeze, window and waves let it.
    private func admitInTime(_ declaration: Declaration, basis: Receipt.Basis, answer: Answer) -> Outcome {
        let refusals = timeRules(for: declaration).refusals(for: need(declaration))
        guard refusals.isEmpty else { return stay(refusals, by: .time) }
        guard let rule = WaveRule(membership, declaration: declaration, leaving: base?.declaration) else {
            return admit(declaration, basis: basis, isRollback: false, answer: answer)
        }
        let wave = rule.answer(on: evidence)
        guard wave.refusals.isEmpty else {
            var outcome = stay(wave.refusals, by: .time)
            if wave.isUnread { outcome.lacking = .waves(declaration) }
            return outcome
        }
        return admit(declaration, basis: basis, isRollback: false, answer: answer, wave: wave)
    }

    /// When packages may be changed towards a declaration.
    func timeRules(for declaration: Declaration) -> TimeRules {
        membership.timeRules(towards: declaration, attended: memory.attended, zones: zones, at: now)
    }

    /// How long what a declaration changes here needs a window.
    func need(_ declaration: Declaration) -> WindowNeed? {
        guard let version = membership.versions[declaration], let count = changes(version), count > 0 else {
            return nil
        }
        return WindowNeed(changes: count, durations: memory.durations, reboot: version.baseline.reboot)
    }

    /// Keeps what is admitted, or gives a provisional admission back.
    private func stay(_ reasons: [Reason], by rule: DecisionRule) -> Outcome {
        guard desired.mayAdmit else {
            return Outcome(
                admitted: memory.admitted, previous: memory.previous, reasons: reasons, rule: rule)
        }
        let isGivenBack = memory.admitted?.progress == .provisional
        return Outcome(
            admitted: base, previous: isGivenBack ? nil : memory.previous, reasons: reasons, rule: rule)
    }

    private func admit(
        _ declaration: Declaration, basis: Receipt.Basis, isRollback: Bool, answer: Answer,
        wave: WaveRule.Answer? = nil
    ) -> Outcome {
        let rule = isRollback ? DecisionRule.rollback : .admit
        if let admitted = memory.admitted, admitted.declaration == declaration,
            admitted.baseline == membership.group.baseline
        {
            // It is admitted already, provisionally: the receipt of the day it was admitted stays.
            return Outcome(
                admitted: admitted, previous: memory.previous, reasons: [], rule: rule)
        }
        guard let version = membership.versions[declaration], let commit = desired.commit else {
            return stay(
                [Reason(.unreadable, "\(declaration) cannot be read in the clone")], by: .membership)
        }
        if let mismatch = version.baseline.mismatch(with: facts) { return stay([mismatch], by: .gate) }
        let receipt = Receipt(
            fleet: membership.fleet.name, node: membership.node.name, group: membership.group.name,
            baseline: membership.group.baseline, declaration: declaration, previous: base?.declaration,
            commit: commit,
            basis: basis, isRollback: isRollback, rule: answer.rule, witnesses: answer.witnesses,
            wave: wave.flatMap { Receipt.Wave($0, of: membership.group(for: declaration)) },
            urgent: isRollback ? nil : membership.urgent[declaration], time: now.wall)
        // Something that was begun and not reached is nothing to go back to; what was there before it is.
        let previous = base?.progress == .begun ? memory.previous ?? base : base
        // Going back to that very one from what was begun: packages have changed, so there is nothing to give
        // back.
        let isReturn = previous?.declaration == declaration
        let admission = Admission(
            baseline: membership.group.baseline, declaration: declaration,
            form: CanonicalForm(version.baseline), readAt: version.readAt, receipt: receipt,
            progress: isReturn ? .begun : .provisional)
        return Outcome(
            admitted: admission, previous: isReturn ? nil : previous, reasons: [], rule: rule)
    }

    private func failure(of declaration: Declaration) -> Failure? {
        memory.finalFailure(of: declaration, under: membership.retry)
    }

    /// What the group's gate says of a declaration.
    struct Answer {
        /// nil while the gate is not open.
        let basis: Receipt.Basis?
        let rule: GateRule?
        let witnesses: [GateAnswer.Witness]
        let reasons: [Reason]
        /// What was counted in each group that the gate looks at.
        var shares: [GateAnswer.Share] = []
    }

    func ask(_ declaration: Declaration) -> Answer {
        if let mismatch = membership.versions[declaration]?.baseline.mismatch(with: facts) {
            return Answer(basis: nil, rule: nil, witnesses: [], reasons: [mismatch])
        }
        switch membership.group(for: declaration).gate {
        case .none: return Answer(basis: .noGate, rule: nil, witnesses: [], reasons: [])
        case .broken(let message):
            return Answer(basis: nil, rule: nil, witnesses: [], reasons: [Reason(.gateBroken, message)])
        case .rule(let rule):
            guard let version = membership.versions[declaration] else {
                let reason = Reason(.unreadable, "\(declaration) cannot be read in the clone")
                return Answer(basis: nil, rule: rule, witnesses: [], reasons: [reason])
            }
            let answer = rule.answer(for: declaration, on: evidence, applied: applied(version))
            return Answer(
                basis: answer.verdict == .open ? .gate : nil, rule: rule, witnesses: answer.witnesses,
                reasons: answer.reasons, shares: answer.shares)
        }
    }
}
