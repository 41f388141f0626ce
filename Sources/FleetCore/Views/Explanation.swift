/// Why a node does, or does not do, what is declared: the decision once more, with each rule that it went
/// through, the evidence, and what is missing.
package struct Explanation: Hashable, Sendable {
    package let node: NodeName
    package let group: GroupName
    package let baseline: BaselineName
    package let declared: Declaration?
    /// What is admitted now; nil if nothing is, or it is not known.
    package let admitted: Declaration?
    /// What the decision admits: the admitted one, where nothing new may be.
    package let next: Declaration?
    /// The rule that settled it.
    package var rule: DecisionRule
    /// Why not more is done, as the node itself says it.
    package var reasons: [Reason]
    /// What the rules asked, in their order.
    package var conditions: [Condition]
    /// How the nodes that the gate looks at stand to the declared one.
    package let witnesses: [GateAnswer.Witness]
    /// How the witnesses of the waves before the node's own stand to it.
    package let waveWitnesses: [GateAnswer.Witness]
    package var missing: [Missing]
    /// Who has places of the budget that the node counts against; nil where it needs none, or where nothing
    /// is known of it.
    package var places: BudgetPlaces?

    /// One question of the rules, with its answer.
    package struct Condition: Hashable, Sendable {
        package let rule: DecisionRule
        package let mark: Mark
        /// What was asked, and what was found.
        package let text: String

        package init(_ rule: DecisionRule, _ mark: Mark, _ text: String) {
            self.rule = rule
            self.mark = mark
            self.text = text
        }
    }

    package enum Mark: String, Sendable, CaseIterable {
        case met
        case notMet
        /// Only the node could tell.
        case unknown
    }

    /// What must come before the declared one is admitted.
    package struct Missing: Hashable, Sendable {
        package let text: String
        /// The earliest moment at which it may be there; nil where nobody can tell.
        package let notBefore: Timestamp?

        package init(_ text: String, notBefore: Timestamp? = nil) {
            self.text = text
            self.notBefore = notBefore
        }
    }
}

/// Recomputes the decision of ``decide`` for a member of the fleet, as far as it is about what is admitted,
/// and says what it went by.
///
/// - Parameters:
///   - desired: what the repository wants of the node, whose standing has `membership`.
///   - position: where the node stands, from its own state or from its report.
///   - evidence: what the node, or whoever recomputes it, knows of the nodes that its gate looks at.
///   - zones: the rules of the zones that the group's windows and freezes name.
package func explain(
    desired: Desired, membership: Membership, position: Position, evidence: Evidence,
    zones: [ZoneName: Result<ZoneRules, ZoneError>] = [:], now: Instant
) -> Explanation {
    let membership = membership.judged(at: now)
    let choice = Choice(
        desired: desired, membership: membership, facts: position.facts, evidence: evidence,
        memory: position.memory, zones: zones, reboot: position.reboot, now: now,
        applied: { position.applied($0).keys },
        leavesOut: { position.leavesOut($0, $1) }, changes: { position.changes($0) })
    return Explaining(
        desired: desired, membership: membership, position: position, evidence: evidence, now: now,
        choice: choice, outcome: choice.outcome
    ).explanation
}

/// The making of an explanation.
struct Explaining {
    let desired: Desired
    let membership: Membership
    let position: Position
    let evidence: Evidence
    let now: Instant
    let choice: Choice
    let outcome: Choice.Outcome

    var declared: Declaration? { membership.stack.declared }

    /// Whether what is declared is admitted already.
    var isAdmitted: Bool { declared != nil && choice.base?.declaration == declared }

    /// What the gate says of the declared one; nil where it is not asked.
    var answer: Choice.Answer? {
        guard let declared, !isAdmitted else { return nil }
        return choice.ask(declared)
    }

    /// What the waves say of the declared one; nil for a group without waves.
    var wave: WaveRule.Answer? {
        guard let declared,
            let rule = WaveRule(membership, declaration: declared, leaving: choice.base?.declaration)
        else { return nil }
        return rule.answer(on: evidence)
    }

    /// Why nothing new is admitted now, by the time and by the waves.
    var timeRefusals: [Reason] {
        let rules =
            declared.map { choice.timeRules(for: $0) }
            ?? TimeRules(membership.group, zones: choice.zones, at: now)
        return rules.refusals(for: declared.flatMap { choice.need($0) }) + (wave?.refusals ?? [])
    }

    var holds: [Reason] { desired.holds + [position.localHold].compactMap(\.self) }

    var rule: DecisionRule {
        if position.isInterrupted { return .interrupted }
        return holds.isEmpty ? outcome.rule : .hold
    }

    private var isDeciding: Bool { rule != .interrupted && rule != .hold }

    private var reasons: [Reason] {
        switch rule {
        case .interrupted:
            [Reason(.interrupted, "a transaction was interrupted; it is finished or undone first")]
        case .hold: holds + desired.conditions
        default: desired.conditions + outcome.reasons
        }
    }

    var explanation: Explanation {
        let answer = answer
        let admitted = position.memory.admitted?.declaration
        return Explanation(
            node: membership.node.name, group: membership.group.name, baseline: membership.group.baseline,
            declared: declared, admitted: admitted,
            next: isDeciding ? outcome.admitted?.declaration : admitted, rule: rule, reasons: reasons,
            conditions: conditions(answer), witnesses: answer?.witnesses ?? [],
            waveWitnesses: answer == nil ? [] : wave?.witnesses ?? [], missing: missing(answer))
    }
}
