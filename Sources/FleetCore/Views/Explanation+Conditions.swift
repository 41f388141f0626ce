extension Explaining {
    /// Every question of the rules that this decision comes down to.
    func conditions(_ answer: Choice.Answer?) -> [Explanation.Condition] {
        var conditions = ownConditions
        guard let declared else { return conditions }
        guard let answer else { return conditions + reachedConditions(declared) }
        let failure = position.memory.finalFailure(of: declared, under: membership.retry)
        conditions.append(
            Explanation.Condition(
                .failed, position.isKnown ? (failure == nil ? .met : .notMet) : .unknown,
                "the declared one has not failed here finally"
                    + (failure.map { ": it has, \($0.reason)" } ?? "")))
        if let withdrawal { conditions.append(withdrawal) }
        conditions += gateConditions(answer, declared)
        conditions += timeConditions
        conditions += besides(answer).map { Explanation.Condition(outcome.rule, .notMet, $0.message) }
        if position.memory.admitted?.declaration == declared {
            conditions.append(
                Explanation.Condition(
                    .admit, .notMet,
                    "a package has changed for it: until then it is admitted provisionally, and given back "
                        + "if it is not open any more"))
        }
        return conditions
    }

    /// What settled it and is neither the gate's answer nor the time: a soak that is ended first, a system
    /// that the baseline is not for, what cannot be read.
    func besides(_ answer: Choice.Answer) -> [Reason] {
        guard [.membership, .gate, .time].contains(outcome.rule), desired.mayAdmit else { return [] }
        let told = answer.reasons + timeRefusals
        return outcome.reasons.filter { !told.contains($0) }
    }

    private var ownConditions: [Explanation.Condition] {
        let interruption: Explanation.Mark =
            position.isInterrupted ? .notMet : position.isKnown ? .met : .unknown
        let hold = holds.first.map { ": \($0.message)" } ?? ""
        let trouble = desired.conditions.first.map { ": \($0.message)" } ?? ""
        return [
            Explanation.Condition(.interrupted, interruption, "no transaction is interrupted"),
            Explanation.Condition(
                .hold, holds.isEmpty ? (position.isKnown ? .met : .unknown) : .notMet,
                "no hold of the fleet, the group, the node, or by a file on the node\(hold)"),
            Explanation.Condition(
                .membership, desired.mayAdmit && declared != nil ? .met : .notMet,
                "in the fleet, its history authentic and its tip readable\(trouble)"),
        ]
    }

    /// What is left to do where the declared one is admitted.
    private func reachedConditions(_ declared: Declaration) -> [Explanation.Condition] {
        let progress = position.memory.admitted?.progress
        let proof = position.memory.proven.first { $0.declaration == declared }
        return [
            Explanation.Condition(.enforce, .met, "the declared one is admitted"),
            Explanation.Condition(
                .enforce, progress == .reached ? .met : .notMet, "everything that applies is installed"),
            Explanation.Condition(
                .enforce, proof == nil ? .notMet : .met,
                proof.map { "proven here: well for \($0.healthyFor.rough)" }
                    ?? "proven here: in effect and well in two successive cycles"),
        ]
    }

    /// Rule 5, where the branch went back from what is admitted.
    private var withdrawal: Explanation.Condition? {
        guard let declared, let base = choice.base, base.baseline == membership.group.baseline,
            let withdrawal = membership.stack.withdrawal(of: base.declaration)
        else { return nil }
        let isProven = position.memory.proven.contains { $0.declaration == declared }
        let time = withdrawal.count == 1 ? "no window and no wave hold it" : "wave and window apply"
        return Explanation.Condition(
            .rollback, isProven ? .met : .notMet,
            "the branch went back from \(base.declaration); the declared one is "
                + (isProven ? "proven here; \(time)" : "not proven here, so its gate is asked"))
    }

    private func gateConditions(
        _ answer: Choice.Answer, _ declared: Declaration
    ) -> [Explanation.Condition] {
        switch membership.group(for: declared).gate {
        case .none: return [Explanation.Condition(.gate, .met, "the group has no gate")]
        case .broken(let message): return [Explanation.Condition(.gate, .notMet, "the gate: \(message)")]
        case .rule(let rule):
            guard !answer.shares.isEmpty else {
                return answer.reasons.map { Explanation.Condition(.gate, .notMet, $0.message) }
            }
            var conditions = answer.shares.flatMap { $0.conditions(under: rule) }
            // What the gate asks besides its groups, once these let the declaration pass.
            let besides = answer.reasons.filter { !Self.countedCodes.contains($0.code) }
            conditions += besides.map { Explanation.Condition(.gate, .notMet, $0.message) }
            if let coverage = coverage(answer, rule, declared) { conditions.append(coverage) }
            return conditions
        }
    }

    /// The codes that a group's counting says already.
    private static let countedCodes: Set<Reason.Code> = [
        .tooFewHealthy, .canaryFailed, .canarySoaking, .canaryBehind, .canaryUnfit, .canarySilent,
        .canaryRejected, .peerAhead, .fork,
    ]

    /// Whether a healthy canary has each entry, where only the node can tell what applies to it.
    private func coverage(
        _ answer: Choice.Answer, _ rule: GateRule, _ declared: Declaration
    ) -> Explanation.Condition? {
        guard !rule.allowsUncovered, answer.shares.allSatisfy(\.isOpen), let basis = answer.basis,
            basis == .gate, let version = membership.versions[declared]
        else { return nil }
        let applied = position.applied(version)
        let strict = rule.answer(for: declared, on: evidence, applied: applied.keys + applied.uncertain)
        let doubt = strict.reasons.first { $0.code == .uncovered }
        return Explanation.Condition(
            .gate, doubt == nil ? .met : .unknown,
            doubt.map { "if it applies here: \($0.message)" }
                ?? "each entry that applies here applies to a healthy canary")
    }

    /// Rule 7, one line for each thing that the group asks for.
    private var timeConditions: [Explanation.Condition] {
        let refusals = timeRefusals
        let urgency = declared.flatMap { membership.urgent[$0] }
        let group = declared.map { membership.group(for: $0) } ?? membership.group
        let asked: [(isAsked: Bool, codes: Set<Reason.Code>, text: String)] = [
            (!group.freezes.isEmpty, [.freeze, .clockUnknown], "no freeze"),
            (
                !group.windows.isEmpty && urgency == nil, [.window, .windowTooShort, .clockUnknown],
                "a window is open, for long enough"
            ),
            (
                group.waves != nil, [.wave, .wavePause, .waveFailed],
                wave.map { "step \($0.wave + 1) of the waves, which adds it, may move" }
                    ?? "its wave may move"
            ),
        ]
        var conditions = asked.filter(\.isAsked).map { item in
            let refusal = refusals.first { item.codes.contains($0.code) }
            return Explanation.Condition(
                .time, refusal == nil ? .met : .notMet,
                item.text + (refusal.map { ": \($0.message)" } ?? ""))
        }
        if let urgency, !group.windows.isEmpty {
            conditions.append(
                Explanation.Condition(
                    .time, .met, "no window is needed: urgent until \(urgency.until): \(urgency.reason)"))
        }
        if let declared, case .run(let enough) = group.missed, !group.windows.isEmpty, urgency == nil {
            let missed = membership.missedWindows(
                of: declared, attended: position.memory.attended, zones: choice.zones, at: now)
            if missed >= enough {
                let count = enough == 1 ? "a window" : "\(enough) windows in a row"
                conditions.append(
                    Explanation.Condition(.time, .met, "no window is needed: it has missed \(count)"))
            }
        }
        let known = asked.reduce(into: Set<Reason.Code>()) { $0.formUnion($1.codes) }
        conditions += refusals.filter { !known.contains($0.code) }
            .map { Explanation.Condition(.time, .notMet, $0.message) }
        return conditions
    }
}

extension GateAnswer.Share {
    fileprivate func conditions(under rule: GateRule) -> [Explanation.Condition] {
        let left = total > counted ? " (\(total - counted) of \(total) left out)" : ""
        return [
            Explanation.Condition(
                .gate, required >= 1 && healthy >= required ? .met : .notMet,
                "'\(group)': \(healthy) healthy of \(counted)\(left) for \(rule.soak), "
                    + "needed \(required) (\(rule.healthy))"),
            Explanation.Condition(
                .gate, isClosed ? .notMet : .met,
                "'\(group)': \(failed) failed of \(total), allowed \(rule.failures)"),
        ]
    }
}
