package import FleetCore

/// An admission that a node has reported, recomputed.
package struct AdmissionAudit: Sendable {
    package let node: NodeName
    package let remote: String
    /// The first report that tells of it.
    package let report: CommitID
    package let sequence: Int
    package let group: GroupName
    package let baseline: BaselineName
    /// What was admitted.
    package let declaration: Declaration
    /// The fleet commit that was followed then; nil where there is no receipt.
    package let commit: CommitID?
    /// Why it could be admitted, as the receipt says; nil where there is none.
    package let basis: Receipt.Basis?
    package let isRollback: Bool
    package let verdict: ReceiptVerdict
}

/// Recomputes every admission from its receipt: gathers what history says, and asks the rules themselves.
///
/// What many receipts share (what a commit says to a group, the stacks of declarations, the reports of
/// canaries) is read once.
struct ReceiptAuditor {
    let clone: Clone
    let history: HistoryAudit
    private let nodes: [NodeName: [NodeAudit]]
    private var book: KeyBook
    /// Where each commit that a report may name lies on the chain.
    private let positions: [CommitID: Int]
    private let introducedAt: Int
    /// The stacks at each commit that a receipt names.
    private let stacks: [CommitID: [BaselineName: DeclarationStack]]
    private var views: [ViewKey: GroupView] = [:]
    private var rollouts: [PlanKey: Rollout] = [:]
    private var departed: [PlanKey: [GroupName: [ReceiptGround.Peer]]] = [:]
    private var chains: [NodeName: Set<CommitID>] = [:]
    private var reports: [CommitID: Report?] = [:]
    private var entries: [Declaration: Set<EntryKey>?] = [:]

    /// What decides what a commit says to a group.
    private struct ViewKey: Hashable {
        let fleet: ObjectID?
        let groups: ObjectID?
        let group: GroupName
    }

    private struct PlanKey: Hashable {
        let view: ViewKey
        let declaration: Declaration
        let isUrgent: Bool
    }

    /// How a group moves to a declaration: its order, and the witnesses of each wave.
    private struct Rollout {
        let plan: WavePlan
        let witnesses: [[ReceiptGround.Peer]]

        init(
            _ waves: Waves, _ peers: [NodeName], _ declaration: Declaration, _ book: KeyBook,
            _ commit: CommitID
        ) {
            let plan = WavePlan(digest: declaration.digest, nodes: peers, steps: waves.steps)
            self.plan = plan
            var peers: [NodeName: ReceiptGround.Peer] = [:]
            witnesses = (0..<plan.count).map { index in
                let names = plan.witnesses(of: index) { name in
                    let record = book.record(of: name, at: commit)
                    let isHeld = record?.hold != nil
                    peers[name] = ReceiptGround.Peer(name, isHeld: isHeld, labels: record?.labels ?? [:])
                    return isHeld
                }
                return names.compactMap { peers[$0] }
            }
        }
    }

    /// - Parameters:
    ///   - nodes: what became of checking all reports.
    ///   - book: the list of nodes along the chain.
    init(clone: Clone, history: HistoryAudit, nodes: [NodeAudit], book: KeyBook) throws(GitError) {
        self.clone = clone
        self.history = history
        self.nodes = Dictionary(grouping: nodes, by: \.node)
        self.book = book
        positions = Dictionary(history.chain.enumerated().map { ($1, $0) }) { first, _ in first }
        introducedAt = positions[history.introduction] ?? 0
        let wanted = Set(nodes.flatMap { $0.admissions.compactMap(\.commit) })
        stacks = try Self.stacks(at: wanted, along: history.commits, in: clone)
    }

    /// Grows the stacks along the chain, as every node does, and keeps them where somebody asks.
    private static func stacks(
        at wanted: Set<CommitID>, along chain: [VerifiedCommit], in clone: Clone
    ) throws(GitError) -> [CommitID: [BaselineName: DeclarationStack]] {
        let reader = DeclarationReader(clone: clone)
        var stacks: [BaselineName: DeclarationStack] = [:]
        var kept: [CommitID: [BaselineName: DeclarationStack]] = [:]
        for commit in chain {
            try reader.grow(&stacks, by: commit)
            if wanted.contains(commit.id) { kept[commit.id] = stacks }
        }
        return kept
    }

    /// Recomputes the admissions of one node.
    mutating func audit(_ node: NodeAudit) throws(GitError) -> [AdmissionAudit] {
        var audits: [AdmissionAudit] = []
        for admission in node.admissions {
            guard let bearer = report(admission.report) else { continue }
            guard admission.commit != nil, let receipt = receipt(admission.report) else {
                if let audit = Self.auditWithoutReceipt(bearer, admission.report, of: node) {
                    audits.append(audit)
                }
                continue
            }
            let ground = try ground(of: receipt, bearer: bearer, at: admission.report, of: node)
            audits.append(
                AdmissionAudit(
                    node: node.node, remote: node.remote, report: admission.report,
                    sequence: bearer.sequence, group: receipt.group, baseline: receipt.baseline,
                    declaration: receipt.declaration, commit: receipt.commit, basis: receipt.basis,
                    isRollback: receipt.isRollback, verdict: receipt.verdict(on: ground)))
        }
        return audits
    }

    private static func auditWithoutReceipt(
        _ bearer: Report, _ id: CommitID, of node: NodeAudit
    ) -> AdmissionAudit? {
        guard let admitted = bearer.baseline.admitted else { return nil }
        var verdict = ReceiptVerdict()
        verdict.note(.receiptMissing, "the report has no receipt of \(admitted), which it calls admitted")
        return AdmissionAudit(
            node: node.node, remote: node.remote, report: id, sequence: bearer.sequence, group: bearer.group,
            baseline: bearer.baseline.name, declaration: admitted, commit: nil, basis: nil,
            isRollback: false, verdict: verdict)
    }

    private mutating func ground(
        of receipt: Receipt, bearer: Report, at id: CommitID, of node: NodeAudit
    ) throws(GitError) -> ReceiptGround {
        let parent = try clone.repository.firstParent(of: id)
        let stack = stacks[receipt.commit]?[receipt.baseline] ?? DeclarationStack()
        var found: [CommitID: ReceiptGround.WitnessReport] = [:]
        var asked: Set<Declaration> = [receipt.declaration]
        for witness in receipt.witnesses + (receipt.wave?.witnesses ?? []) {
            guard let name = witness.report else { continue }
            let report = try witnessReport(name, of: witness, for: receipt)
            if case .found(let report, isByListedKey: _) = report, let admitted = report.baseline.admitted {
                asked.insert(admitted)
            }
            found[name] = report
        }
        var named: [Declaration: Set<EntryKey>] = [:]
        for declaration in asked {
            named[declaration] = entries(of: declaration, receipt.baseline)
        }
        return ReceiptGround(
            bearer: bearer, before: parent.flatMap { report($0) },
            place: try place(of: receipt, bearer: bearer), stack: stack,
            reports: found, proof: try proof(of: receipt, bearer: bearer, before: parent, of: node),
            entries: named)
    }
}

extension ReceiptAuditor {
    /// Where the receipt's commit lies, and what it says.
    private mutating func place(
        of receipt: Receipt, bearer: Report
    ) throws(GitError) -> ReceiptGround.Place {
        guard let position = positions[receipt.commit] else { return .beside }
        guard position >= introducedAt else { return .beforeIntroduction }
        if let followed = positions[bearer.commit], position > followed { return .afterBearer }
        guard let node = book.record(of: receipt.node, at: receipt.commit), node.group == receipt.group else {
            return .otherGroup(book.record(of: receipt.node, at: receipt.commit)?.group)
        }
        let key = ViewKey(
            fleet: try clone.repository.entry(at: Layout.fleet, in: receipt.commit)?.id,
            groups: try clone.repository.entry(at: Layout.groups, in: receipt.commit)?.id,
            group: receipt.group)
        var view: GroupView
        do throws(FleetReadError) {
            let reader = FleetReader(CommitTree(clone: clone, commit: receipt.commit))
            view = if let known = views[key] { known } else { try reader.view(ofGroup: receipt.group) }
        } catch {
            return error.place
        }
        views[key] = view
        let urgency = urgency(of: receipt)
        if urgency != nil { view = view.whenUrgent }
        let planKey = PlanKey(view: key, declaration: receipt.declaration, isUrgent: urgency != nil)
        let known = departed[planKey]
        let left = if let known { known } else { try departed(since: view, receipt) }
        departed[planKey] = left
        guard let waves = view.group.waves else {
            return .setting(
                ReceiptGround.Setting(view: view, node: node, departed: left, urgency: urgency))
        }
        let rollout =
            rollouts[planKey] ?? Rollout(waves, view.peers, receipt.declaration, book, receipt.commit)
        rollouts[planKey] = rollout
        let gone = left[receipt.group] ?? []
        let leavers = WaveLeavers(
            Set(gone.map(\.node)), from: view.peers, digest: receipt.declaration.digest, steps: waves.steps,
            before: node.name)
        let own = rollout.plan.wave(of: node.name) ?? 0
        return .setting(
            ReceiptGround.Setting(
                view: view, node: node, departed: left, plan: rollout.plan,
                waves: (0..<max(own, leavers.waves.count)).map { index in
                    (index < own ? rollout.witnesses[index] : [])
                        + gone.filter { leavers.wave(index).contains($0.node) }
                }, urgency: urgency))
    }

    /// Why a receipt's declaration was urgent, where the receipt says so and the baseline said so then.
    private func urgency(of receipt: Receipt) -> Urgency? {
        guard let claimed = receipt.urgent else { return nil }
        let stack = stacks[receipt.commit]?[receipt.baseline]
        let read = DeclarationReader(clone: clone).baseline(
            receipt.baseline, of: receipt.declaration,
            at: [receipt.commit, stack?.layers.first { $0.declaration == receipt.declaration }?.coveredAt])
        return read?.baseline.urgent == claimed ? claimed : nil
    }

    /// The nodes that have left a group since the receipt's declaration: one that the gate looks at, or the
    /// node's own if it moves in waves.
    private func departed(
        since view: GroupView, _ receipt: Receipt
    ) throws(GitError) -> [GroupName: [ReceiptGround.Peer]] {
        guard positions[receipt.declaration.commit] != nil else { return [:] }
        let finder = DepartedCanaries(clone: clone, followed: receipt.commit)
        var found: [GroupName: [ReceiptGround.Peer]] = [:]
        for group in view.canaries.map(\.name) + (view.group.waves == nil ? [] : [view.group.name]) {
            do throws(FleetReadError) {
                found[group] = try finder.find(from: group, since: [receipt.declaration]).map {
                    ReceiptGround.Peer(
                        $0.record.name, isHeld: $0.record.hold != nil, labels: $0.record.labels,
                        hasLeft: true)
                }
            } catch {
                throw GitError("read nodes", "\(group)", .notFound, error.description)
            }
        }
        return found
    }

    /// Looks up a report that a receipt names.
    private mutating func witnessReport(
        _ id: CommitID, of witness: GateAnswer.Witness, for receipt: Receipt
    ) throws(GitError) -> ReceiptGround.WitnessReport {
        let audits = nodes[witness.node] ?? []
        var listed = try book.key(of: witness.node, at: receipt.commit)
        if listed == .notListed {
            // Whoever has left the fleet since the declaration is read by the key that it had then.
            listed = try book.key(of: witness.node, at: receipt.declaration.commit)
        }
        guard try chain(of: witness.node).contains(id) else {
            if let report = sharedReport(id), report.node != witness.node { return .ofAnother(report.node) }
            guard case .key(let key) = listed, let number = witness.sequence,
                audits.contains(where: { $0.numbers[key] ?? 0 >= number })
            else { return .missing }
            return .beside
        }
        if let fault = audits.lazy.flatMap(\.faults).first(where: { $0.commit == id }) {
            return .notAuthentic(fault.message)
        }
        guard let report = sharedReport(id) else { return .missing }
        return .found(report, isByListedKey: listed == (try book.key(of: witness.node, at: report.commit)))
    }

    /// Whether the node had reported before, with the same key, that the declaration was proven there.
    private mutating func proof(
        of receipt: Receipt, bearer: Report, before parent: CommitID?, of node: NodeAudit
    ) throws(GitError) -> ReceiptGround.OwnProof {
        guard receipt.basis == .proven else { return .none }
        let key = try book.key(of: node.node, at: bearer.commit)
        let faulty = Set(node.faults.compactMap(\.commit))
        var next = parent
        while let current = next {
            if let report = report(current), !faulty.contains(current),
                report.proven.contains(where: { $0.declaration == receipt.declaration }),
                try book.key(of: node.node, at: report.commit) == key
            {
                return .before
            }
            next = try clone.repository.firstParent(of: current)
        }
        return bearer.proven.contains { $0.declaration == receipt.declaration } ? .withIt : .none
    }

    /// The entries of a declaration; nil if it cannot be read.
    private mutating func entries(
        of declaration: Declaration, _ baseline: BaselineName
    ) -> Set<EntryKey>? {
        if let known = entries[declaration] { return known }
        let read = DeclarationReader(clone: clone).baseline(baseline, of: declaration, at: [])
        let keys = read.map { Set($0.baseline.entries.map(\.key)) }
        entries.updateValue(keys, forKey: declaration)
        return keys
    }
}

extension ReceiptAuditor {
    /// All reports of a node's chains, believed or not.
    private mutating func chain(of node: NodeName) throws(GitError) -> Set<CommitID> {
        if let known = chains[node] { return known }
        var chain: Set<CommitID> = []
        for audit in nodes[node] ?? [] {
            var next = audit.tip
            while let current = next, chain.insert(current).inserted {
                // Where it breaks off, the audit of the chain says why.
                next = try? clone.repository.firstParent(of: current)
            }
        }
        chains[node] = chain
        return chain
    }

    /// What a commit has as its report; nil if it has none. Whether it is believed, the audit of its chain
    /// says.
    private func report(_ id: CommitID) -> Report? {
        let file = try? clone.repository.file(
            at: ReportCommit.reportPath, in: id, limitBytes: Report.largestSize)
        return file.flatMap { try? Report(parsing: $0.bytes) }
    }

    /// The same for a report that many receipts may name.
    private mutating func sharedReport(_ id: CommitID) -> Report? {
        if let known = reports[id] { return known }
        let report = report(id)
        reports.updateValue(report, forKey: id)
        return report
    }

    private func receipt(_ id: CommitID) -> Receipt? {
        let file = try? clone.repository.file(
            at: ReportCommit.receiptPath, in: id, limitBytes: ReportCommit.receiptLimit)
        return file.flatMap { try? JSONValue(parsing: $0.bytes) }.flatMap { Receipt(json: $0) }
    }
}

extension FleetReadError {
    /// What a commit that cannot be read means for a receipt that names it.
    fileprivate var place: ReceiptGround.Place {
        switch self {
        case .needsNewerAgent, .inaccessible: .unavailable(description)
        case .unreadable, .notInFleet: .unreadable(description)
        }
    }
}
