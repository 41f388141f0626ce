/// A gate's answer for one declaration.
package struct GateAnswer: Hashable, Sendable {
    package let verdict: Verdict
    /// Why it is not open; empty for an open gate.
    package let reasons: [Reason]
    /// How each node that the gate looks at stands, for the receipt: by group, then by name.
    package let witnesses: [Witness]
    /// What was counted in each group, in the order of names.
    package var shares: [Share] = []

    package enum Verdict: String, Sendable {
        /// The evidence suffices.
        case open
        /// More has failed than the rule allows.
        case closed
        /// The evidence does not suffice yet.
        case waiting
    }

    /// What was counted in one group, or in one wave.
    package struct Share: Hashable, Sendable {
        package let group: GroupName
        /// All its nodes: failures are counted among them.
        package let total: Int
        /// The nodes in the share: those neither on hold nor left out for their silence.
        package let counted: Int
        package let required: Int
        package let healthy: Int
        package let failed: Int
        /// Whether more have failed than the rule allows.
        package let isClosed: Bool

        /// Whether it lets the declaration pass by itself.
        package var isOpen: Bool { !isClosed && required >= 1 && healthy >= required }
    }

    /// What one node contributed to an answer.
    package struct Witness: Hashable, Sendable {
        package let group: GroupName
        package let node: NodeName
        package let standing: Standing
        package let isHeld: Bool
        /// Whether it has left the group since the declaration: then it counts for failures only.
        package let hasLeft: Bool
        /// The commit of its report; nil if there is none that is believed.
        package let report: CommitID?
        package let sequence: Int?
        /// How long it has been well on the declaration.
        package let healthyFor: TimeSpan?

        package init(
            group: GroupName, node: NodeName, standing: Standing, isHeld: Bool, hasLeft: Bool = false,
            report: CommitID?, sequence: Int?, healthyFor: TimeSpan?
        ) {
            self.group = group
            self.node = node
            self.standing = standing
            self.isHeld = isHeld
            self.hasLeft = hasLeft
            self.report = report
            self.sequence = sequence
            self.healthyFor = healthyFor
        }
    }
}

extension GateRule {
    /// Asks the gate for `declaration`.
    ///
    /// In each `after` group: more failed nodes than `failures` → closed; healthy nodes at least as many as
    /// required, at least one required, and as different as `diversity` asks → open. Anything else, above all
    /// no evidence, waits. Nodes on hold, and those that have left the group since, leave the share, never
    /// the failures.
    ///
    /// - Parameter applied: the declaration's entries that apply to this node; one that applies to no healthy
    ///   canary makes the gate wait.
    package func answer(
        for declaration: Declaration, on evidence: Evidence, applied: [EntryKey]
    ) -> GateAnswer {
        var closing: [Reason] = []
        var waiting: [Reason] = []
        var witnesses: [GateAnswer.Witness] = []
        var shares: [GateAnswer.Share] = []
        for group in after.sorted() {
            let count = GroupCount(
                of: group, nodes: evidence.groups[group] ?? [], thresholds: thresholds,
                declaration: declaration, evidence: evidence)
            witnesses += count.witnesses
            shares.append(count.share(failures: failures))
            if failures.isExceeded(by: count.failed.count, of: count.total) {
                closing.append(count.failedReason(allowed: failures))
            } else {
                if count.required < 1 || count.healthy.count < count.required {
                    waiting += count.waitingReasons(soak: soak)
                }
                if let reason = diversity.flatMap(count.reason(against:)) { waiting.append(reason) }
                if let reason = evidence.unasked(group, for: declaration) { waiting.append(reason) }
            }
        }
        if after.isEmpty { waiting.append(Reason(.gateBroken, "the gate names no group")) }
        guard closing.isEmpty else {
            return GateAnswer(
                verdict: .closed, reasons: closing, witnesses: witnesses, shares: shares)
        }
        if waiting.isEmpty, !allowsUncovered {
            let uncovered = uncovered(
                applied, declaration: declaration, evidence: evidence, witnesses: witnesses)
            if let reason = Self.reason(forUncovered: uncovered) { waiting.append(reason) }
        }
        return GateAnswer(
            verdict: waiting.isEmpty ? .open : .waiting, reasons: waiting, witnesses: witnesses,
            shares: shares)
    }

    /// The entries that apply here and to no healthy canary.
    ///
    /// A canary that has moved on since vouches for an entry if what it has now names the entry too and it
    /// applies there.
    private func uncovered(
        _ applied: [EntryKey], declaration: Declaration, evidence: Evidence, witnesses: [GateAnswer.Witness]
    ) -> [EntryKey] {
        let healthy = Set(witnesses.filter { $0.standing == .healthy && !$0.hasLeft }.map(\.node))
        var covered: Set<EntryKey> = []
        for canary in evidence.groups.filter({ after.contains($0.key) }).values.joined() {
            guard canary.departedFrom == nil, healthy.contains(canary.node),
                case .report(let report, id: _) = canary.testimony,
                let admitted = report.baseline.admitted, report.packages.notApplicableOmitted == 0
            else { continue }
            let named = admitted == declaration ? Set(applied) : evidence.entries[admitted] ?? []
            covered.formUnion(named.subtracting(report.packages.uncovered))
        }
        return applied.filter { !covered.contains($0) }
    }

    private static func reason(forUncovered entries: [EntryKey]) -> Reason? {
        guard let first = entries.first else { return nil }
        let more = entries.count > 1 ? " and \(entries.count - 1) more" : ""
        return Reason(
            .uncovered, count: entries.count,
            "no healthy canary has \(first)\(more); let a canary install it, "
                + "or say 'uncovered: allow' in the gate")
    }
}

extension PackageStatement {
    /// The entries for which this node is no evidence: they do not apply there, or are left out.
    fileprivate var uncovered: Set<EntryKey> {
        let leftOut = findings.filter { [.excepted, .held, .newer].contains($0.state) }
        return Set(notApplicable).union(leftOut.map(\.key))
    }
}
