/// Where a node stands, as the rules see it: from its own state, or from what it has reported.
///
/// What a report does not tell is not made up: it is `uncertain`, or the node is not ``isKnown``.
package struct Position: Sendable {
    package let memory: NodeState
    package let facts: SystemFacts
    /// Whether anything is known of the node: its own state is, and so is a report that is believed.
    package let isKnown: Bool
    /// Whether a transaction was interrupted and is not ended.
    package let isInterrupted: Bool
    /// The hold by a file on the node that it has reported.
    package let localHold: Reason?
    /// Whether what is installed takes effect there only after a reboot.
    package let reboot: RebootStatement
    /// Which entries of a baseline apply to the node.
    package let applied: @Sendable (DeclaredBaseline) -> Applied
    /// Whether entries of what was admitted are left out there.
    let leavesOut: @Sendable (Admission, DeclaredBaseline) -> Bool
    /// How many packages a baseline would change on the node; nil where only the node can tell.
    let changes: @Sendable (DeclaredBaseline) -> Int?

    /// Entries that apply to a node and are enforced there.
    package struct Applied: Hashable, Sendable {
        package var keys: [EntryKey]
        /// Entries of which nobody but the node can tell whether they apply to it.
        package var uncertain: [EntryKey] = []
    }

    /// The node's own position: it knows all of it.
    package init(
        _ memory: NodeState, facts: SystemFacts, inventory: InventoryIndex, record: NodeRecord,
        reboot: RebootStatement = RebootStatement(), at now: Instant
    ) {
        self.memory = memory
        self.reboot = reboot
        self.facts = facts
        isKnown = true
        isInterrupted = memory.intent != nil
        localHold = nil
        let exceptions = record.exceptedEntries(at: now)
        let placed = memory.changes.placed
        applied = {
            Applied(keys: $0.applied(in: inventory, placed: placed, exceptions: exceptions))
        }
        leavesOut = {
            $0.leavesOut(
                in: inventory, newer: $1.baseline.newer, placed: placed, exceptions: exceptions)
        }
        changes = { $0.changes(in: inventory, placed: placed, exceptions: exceptions) }
    }
}

extension Position {
    /// The position that a report tells.
    ///
    /// - Parameters:
    ///   - receipt: the one that lies beside the report: it says what was admitted before.
    ///   - membership: what the fleet repository says to the node.
    package init(_ report: Report, receipt: Receipt?, in membership: Membership, at now: Instant) {
        var memory = NodeState()
        let progress = report.progress
        let receipt = receipt.flatMap { $0.declaration == report.baseline.admitted ? $0 : nil }
        memory.admitted = report.baseline.admitted.map {
            Admission(
                reported: $0, of: report, progress: progress,
                receipt: receipt ?? Receipt(reported: $0, in: report))
        }
        if progress != .reached, let before = receipt?.previous {
            memory.previous = Admission(
                reported: before, of: report, progress: .reached,
                receipt: Receipt(reported: before, in: report))
        }
        memory.proven = report.proven
        let bad: Set<Reason.Code> = [.checkFailed, .checkFailedBefore]
        if report.reasons.contains(where: { bad.contains($0.code) }) {
            memory.unwell = report.baseline.admitted
        }
        // A failure that `retry` has made void stays in the list, and is no reason any more.
        let counts = report.reasons.contains { $0.code == .declarationFailed }
        memory.failed = report.failed.map {
            FailureRecord(
                failure: $0,
                retry: counts ? membership.retry : RetryToken(group: "\u{0}void", node: nil),
                checksBefore: [])
        }
        self.memory = memory
        facts = report.system.facts
        isKnown = true
        isInterrupted = report.phase == .stalled || report.reasons.contains { $0.code == .interrupted }
        reboot = report.reboot
        localHold = report.reasons.first { $0.code == .localHold }
        let exceptions = membership.node.exceptedEntries(at: now)
        let known = report.baseline.admitted.flatMap { membership.versions[$0] }
        let packages = report.packages
        applied = { $0.applied(by: packages, comparedWith: known, exceptions: exceptions) }
        let isLeftOut = packages.findings.contains { [.excepted, .held, .newer].contains($0.state) }
        leavesOut = { _, _ in isLeftOut }
        changes = { _ in nil }
    }

    /// The position of a node of which nothing is known but what the fleet repository says.
    package init(unknownIn membership: Membership, at now: Instant) {
        memory = NodeState()
        let declared = membership.stack.declared.flatMap { membership.versions[$0] }
        facts = SystemFacts(
            id: declared?.baseline.system?.id ?? "", version: declared?.baseline.system?.version ?? "",
            kernel: "")
        isKnown = false
        isInterrupted = false
        reboot = RebootStatement()
        localHold = nil
        let exceptions = membership.node.exceptedEntries(at: now)
        applied = { $0.applied(by: PackageStatement(), comparedWith: nil, exceptions: exceptions) }
        leavesOut = { _, _ in false }
        changes = { _ in nil }
    }
}

extension DeclaredBaseline {
    /// The entries that apply to a node by its report, which speaks of the baseline `known`.
    fileprivate func applied(
        by packages: PackageStatement, comparedWith known: DeclaredBaseline?, exceptions: Set<EntryKey>
    ) -> Position.Applied {
        let named = Set(known?.baseline.entries.map(\.key) ?? [])
        let away = Set(packages.notApplicable)
        var applied = Position.Applied(keys: [])
        for entry in baseline.entries.sorted(by: { $0.key < $1.key }) where !exceptions.contains(entry.key) {
            if entry.appliesEverywhere {
                applied.keys.append(entry.key)
            } else if !named.contains(entry.key) || packages.notApplicableOmitted > 0 {
                applied.uncertain.append(entry.key)
            } else if !away.contains(entry.key) {
                applied.keys.append(entry.key)
            }
        }
        return applied
    }
}

extension Entry {
    /// Whether it applies to every node, whatever is installed there.
    fileprivate var appliesEverywhere: Bool {
        if case .package(_, .some) = key { return false }
        guard case .version(_, presence: .whereInstalled, _) = requirement else { return true }
        return false
    }
}

extension Report {
    /// How far the node has come with what it has admitted, as far as a report tells.
    package var progress: Admission.Progress {
        guard let admitted = baseline.admitted else { return .provisional }
        let reached: Set<Phase> = [.converged, .rebootRequired, .degraded]
        let isOther = admitted != baseline.declared
        if isOther || reached.contains(phase) || proven.contains(where: { $0.declaration == admitted }) {
            return .reached
        }
        return transaction?.result == .begun ? .begun : .provisional
    }
}

extension Admission {
    /// An admission as far as a report tells: what is enforced with it is the node's own knowledge.
    fileprivate init(
        reported declaration: Declaration, of report: Report, progress: Progress, receipt: Receipt
    ) {
        self.init(
            baseline: report.baseline.name, declaration: declaration,
            form: CanonicalForm(Baseline(name: report.baseline.name, entries: [])),
            readAt: declaration.commit, receipt: receipt, progress: progress)
    }
}

extension Receipt {
    fileprivate init(reported declaration: Declaration, in report: Report) {
        self.init(
            fleet: report.fleet, node: report.node, group: report.group, baseline: report.baseline.name,
            declaration: declaration, previous: nil, commit: report.commit, basis: .noGate,
            isRollback: false, rule: nil, witnesses: [], time: report.time)
    }
}
