/// A gate's answer for one declaration.
package struct GateAnswer: Hashable, Sendable {
    package let verdict: Verdict
    /// Why it is not open; empty for an open gate.
    package let reasons: [Reason]
    /// How each node that the gate looks at stands, for the receipt: by group, then by name.
    package let witnesses: [Witness]

    package enum Verdict: String, Sendable {
        /// The evidence suffices.
        case open
        /// More has failed than the rule allows.
        case closed
        /// The evidence does not suffice yet.
        case waiting
    }

    /// What one node contributed to an answer.
    package struct Witness: Hashable, Sendable {
        package let group: GroupName
        package let node: NodeName
        package let standing: Standing
        package let isHeld: Bool
        /// The commit of its report; nil if there is none that is believed.
        package let report: CommitID?
        package let sequence: Int?
        /// How long it has been well on the declaration.
        package let healthyFor: TimeSpan?
    }
}

extension GateRule {
    /// Asks the gate for `declaration`.
    ///
    /// In each `after` group: more failed nodes than `failures` → closed; healthy nodes at least as many as
    /// required, and at least one required → open. Anything else, above all no evidence, waits. Nodes on hold
    /// leave the share, never the failures.
    ///
    /// - Parameter applied: the declaration's entries that apply to this node; one that applies to no healthy
    ///   canary makes the gate wait.
    package func answer(
        for declaration: Declaration, on evidence: Evidence, applied: [EntryKey]
    ) -> GateAnswer {
        var closing: [Reason] = []
        var waiting: [Reason] = []
        var witnesses: [GateAnswer.Witness] = []
        for group in after.sorted() {
            let count = GroupCount(of: group, rule: self, declaration: declaration, evidence: evidence)
            witnesses += count.witnesses
            if failures.isExceeded(by: count.failed.count, of: count.total) {
                closing.append(count.failedReason(allowed: failures))
            } else if count.required < 1 || count.healthy.count < count.required {
                waiting += count.waitingReasons(soak: soak)
            }
        }
        if after.isEmpty { waiting.append(Reason(.gateBroken, "the gate names no group")) }
        guard closing.isEmpty else {
            return GateAnswer(verdict: .closed, reasons: closing, witnesses: witnesses)
        }
        if waiting.isEmpty, !allowsUncovered {
            let uncovered = uncovered(
                applied, declaration: declaration, evidence: evidence, witnesses: witnesses)
            if let reason = Self.reason(forUncovered: uncovered) { waiting.append(reason) }
        }
        return GateAnswer(verdict: waiting.isEmpty ? .open : .waiting, reasons: waiting, witnesses: witnesses)
    }

    /// The entries that apply here and to no healthy canary.
    ///
    /// A canary that has moved on since vouches for an entry if what it has now names the entry too and it
    /// applies there.
    private func uncovered(
        _ applied: [EntryKey], declaration: Declaration, evidence: Evidence, witnesses: [GateAnswer.Witness]
    ) -> [EntryKey] {
        let healthy = Set(witnesses.filter { $0.standing == .healthy }.map(\.node))
        var covered: Set<EntryKey> = []
        for canary in evidence.groups.filter({ after.contains($0.key) }).values.joined() {
            guard healthy.contains(canary.node), case .report(let report, id: _) = canary.testimony,
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

/// The nodes of one `after` group, counted for one declaration.
private struct GroupCount {
    let group: GroupName
    let total: Int
    let required: Int
    let healthy: [CanaryEvidence]
    let failed: [CanaryEvidence]
    let witnesses: [GateAnswer.Witness]
    /// The nodes in the share that are not healthy.
    private let lacking: [(canary: CanaryEvidence, standing: Standing)]

    init(of group: GroupName, rule: GateRule, declaration: Declaration, evidence: Evidence) {
        let canaries = (evidence.groups[group] ?? []).sorted { $0.node < $1.node }
        let standings = canaries.map {
            (canary: $0, standing: $0.standing(to: declaration, soak: rule.soak, in: evidence))
        }
        let share = standings.filter {
            !$0.canary.isHeld && !$0.canary.leavesShare(of: declaration, by: rule.silence, in: evidence)
        }
        self.group = group
        total = canaries.count
        required = rule.healthy.required(of: share.count)
        healthy = share.filter { $0.standing == .healthy }.map(\.canary)
        failed = standings.filter { $0.standing == .failed }.map(\.canary)
        lacking = share.filter { $0.standing != .healthy }
        witnesses = standings.map {
            Self.witness(of: group, $0.canary, $0.standing, declaration: declaration)
        }
    }

    private static func witness(
        of group: GroupName, _ canary: CanaryEvidence, _ standing: Standing, declaration: Declaration
    ) -> GateAnswer.Witness {
        guard case .report(let report, id: let id) = canary.testimony else {
            return GateAnswer.Witness(
                group: group, node: canary.node, standing: standing, isHeld: canary.isHeld, report: nil,
                sequence: nil,
                healthyFor: nil)
        }
        return GateAnswer.Witness(
            group: group, node: canary.node, standing: standing, isHeld: canary.isHeld, report: id,
            sequence: report.sequence,
            healthyFor: report.proven.first { $0.declaration == declaration }?.healthyFor)
    }

    func failedReason(allowed: Quota) -> Reason {
        let names = failed.map(\.node.description).joined(separator: ", ")
        return Reason(
            .canaryFailed, count: failed.count,
            "\(failed.count) of \(total) in '\(group)' failed (\(names)), allowed are \(allowed)")
    }

    func waitingReasons(soak: TimeSpan) -> [Reason] {
        let summary = Reason(
            .tooFewHealthy, count: healthy.count,
            required < 1
                ? "no node of '\(group)' may vouch: the group is empty or wholly on hold"
                : "\(healthy.count) of \(required) required in '\(group)' are healthy")
        let details = Standing.allCases.compactMap { standing -> Reason? in
            let nodes = lacking.filter { $0.standing == standing }.map(\.canary)
            guard !nodes.isEmpty, let code = standing.reasonCode else { return nil }
            return Reason(code, count: nodes.count, message(nodes, standing, soak: soak))
        }
        return [summary] + details
    }

    private func message(_ nodes: [CanaryEvidence], _ standing: Standing, soak: TimeSpan) -> String {
        let names = nodes.prefix(3).map(\.node.description).joined(separator: ", ")
        let list = nodes.count > 3 ? "\(names) and \(nodes.count - 3) more" : names
        switch standing {
        case .soaking: return "soaking in '\(group)' (\(soak) needed): \(list)"
        case .behind: return "not there yet in '\(group)': \(list)"
        case .unfit:
            return "no evidence in '\(group)' (a check was bad before or an entry is left out there): \(list)"
        case .silent: return "silent in '\(group)': \(list)"
        case .failed: return "failed in '\(group)': \(list)"
        case .rejected: return "not believed in '\(group)': \(list)\(detail(nodes))"
        case .peerAhead: return "ahead of this node in '\(group)': \(list)"
        case .fork: return "on another history in '\(group)': \(list); somebody shows this fleet two branches"
        case .healthy: return ""
        }
    }

    private func detail(_ nodes: [CanaryEvidence]) -> String {
        guard case .rejected(let why)? = nodes.first?.testimony else { return "" }
        return " (\(why))"
    }
}

extension Standing {
    fileprivate var reasonCode: Reason.Code? {
        switch self {
        case .healthy: nil
        case .failed: .canaryFailed
        case .soaking: .canarySoaking
        case .behind: .canaryBehind
        case .unfit: .canaryUnfit
        case .silent: .canarySilent
        case .rejected: .canaryRejected
        case .peerAhead: .peerAhead
        case .fork: .fork
        }
    }
}

extension PackageStatement {
    /// The entries for which this node is no evidence: they do not apply there, or are left out.
    fileprivate var uncovered: Set<EntryKey> {
        let leftOut = findings.filter { [.excepted, .held, .newer].contains($0.state) }
        return Set(notApplicable).union(leftOut.map(\.key))
    }
}
