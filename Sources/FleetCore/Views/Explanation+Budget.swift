/// What a budget says to the node that is explained, counted on the ledger as it is now.
package struct BudgetFinding: Sendable {
    package let declared: Declaration
    /// Who has the places; nil where the node cannot claim.
    package let places: BudgetPlaces?
    package let answer: BudgetAnswer

    /// - Parameter claimants: all that the node's ledger has, each node once.
    package init?(
        _ membership: Membership, lastReport sequence: Int, claimants: (LedgerName) -> [Claimant],
        heartbeat: TimeSpan, now: Timestamp
    ) {
        guard let budget = membership.group.budget, let declared = membership.stack.declared else {
            return nil
        }
        self.declared = declared
        switch membership.ledger(of: budget) {
        case .failure(let reason):
            places = nil
            answer = .full(reason)
        case .success(let ledger):
            let claimants = claimants(ledger)
            places = BudgetPlaces(
                budget, in: ledger, claimants: claimants.filter { $0.node != membership.node.name },
                heartbeat: heartbeat, now: now)
            answer = budget.answer(
                to: membership.node.name, for: declared, lastReport: sequence, in: ledger,
                claimants: claimants)
        }
    }
}

extension Explanation {
    /// Puts the group's budget in its place among the rules: it is asked last of all, and where all else says
    /// yes and it has no room, it is what holds the node back.
    ///
    /// - Parameter progress: how far the node has come with what it has admitted.
    package mutating func note(
        _ finding: BudgetFinding, progress: Admission.Progress?, now: Timestamp
    ) {
        let hasIt = admitted == finding.declared
        // Going back and repairing drift need no claim; who has begun has one.
        guard rule != .rollback, !(hasIt && progress != .provisional) else { return }
        places = finding.places
        guard case .full(let reason) = finding.answer else {
            let places = finding.places.map { ": \($0.summary)" } ?? ""
            insert(Condition(.time, .met, "the budget has a place for it\(places)"))
            return
        }
        insert(Condition(.time, .notMet, "the budget has a place for it: \(reason.message)"))
        let ways = missingPlaces(finding, reason, now)
        guard next == finding.declared, [.enforce, .admit].contains(rule) else {
            missing += ways
            return
        }
        rule = .time
        reasons = reasons.filter { $0.code != .budget } + [reason]
        missing = ways + missing
    }

    /// Puts a condition after those of its own rule and of the rules before it.
    private mutating func insert(_ condition: Condition) {
        let place = conditions.firstIndex { $0.rule.rawValue > condition.rule.rawValue }
        conditions.insert(condition, at: place ?? conditions.endIndex)
    }

    private func missingPlaces(_ finding: BudgetFinding, _ reason: Reason, _ now: Timestamp) -> [Missing] {
        guard let places = finding.places else { return [Missing(reason.message)] }
        let ledger = "\(places.ledger.label) '\(places.ledger.value)'"
        let all = [
            Missing(
                "a place of the budget: at \(ledger) \(places.holders.count) of \(places.limit) are taken")
        ]
        return all
            + places.holders.map { holder in
                let end = "plimsoll claims --end \(holder.node) --reason TEXT"
                let way =
                    switch holder.state {
                    case .inChange: "a report that it is well, or has not begun; '\(end)' if none will come"
                    case .failed: "mend it, or '\(end)'"
                    case .silent, .ended: "nothing is heard of it: see to it, or '\(end)'"
                    }
                return Missing("\(holder.words(now: now)): \(way)")
            }
    }
}
