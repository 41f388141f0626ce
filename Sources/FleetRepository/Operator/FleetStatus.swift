package import FleetCore

/// What all nodes of a fleet say of themselves, as far as it is to be believed.
package struct FleetStatus: Sendable {
    package let fleet: Fleet
    /// The commit whose list of nodes this is: the last authentic one.
    package let commit: CommitID
    package let history: HistoryAudit
    /// In the order of groups, then names.
    package let nodes: [NodeStatus]

    package init(fleet: Fleet, commit: CommitID, history: HistoryAudit, nodes: [NodeStatus]) {
        self.fleet = fleet
        self.commit = commit
        self.history = history
        self.nodes = nodes
    }
}

/// What a node says of itself.
package struct NodeStatus: Sendable {
    package let node: NodeName
    package let group: GroupName
    package let testimony: Testimony
    /// The newest report as the remote lists it, to be believed or not.
    let latest: CommitID?
    /// The fleet commit that the report names, where that is not in the fleet's authentic history.
    let fork: CommitID?

    /// The newest report of a node, by whether it is to be believed.
    package enum Testimony: Sendable {
        /// The node has never reported.
        case none
        /// Its own signature, and all else as it should be; with the id that the report has in the node's
        /// chain.
        case verified(Report, id: CommitID)
        /// Not to be believed; nothing of what it says is shown.
        case rejected(String)
    }

    package var report: Report? {
        guard case .verified(let report, id: _) = testimony else { return nil }
        return report
    }

    /// The phase; `unknown` where nothing is to be believed.
    package var phase: Phase { report?.phase ?? .unknown }

    /// How many of the entries that apply are installed as declared; nil if no baseline was admitted, or
    /// nothing is known.
    package var entries: (installed: Int, applying: Int)? {
        guard let report, report.baseline.admitted != nil else { return nil }
        let applying = report.packages.counts.values.reduce(0) { $0.addingClamped($1) }
        return (report.packages.counts[.installed] ?? 0, applying)
    }

    /// Whether the node has what is declared, wholly. What is not known is not compliant.
    package var isCompliant: Bool {
        guard let report, let entries, report.baseline.declared == report.baseline.admitted else {
            return false
        }
        return entries.installed == entries.applying
    }
}

extension NodeStatus {
    /// What a person does about the node now; nil where nothing asks for one.
    ///
    /// - Parameter now: compared with the time that the report names.
    package func person(heartbeat: TimeSpan, now: Timestamp) -> PersonStep? {
        switch testimony {
        case .none: return .neverReported
        case .rejected: return fork == nil ? .notBelieved : .fork
        case .verified(let report, id: _):
            let isSilent = TimeSpan(seconds: now.seconds - report.time.seconds) >= heartbeat * 2
            return PersonStep(report) ?? (isSilent ? .silent : nil)
        }
    }
}

extension Int {
    /// The sum, or the largest number where it would be larger: counts come from other machines.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension FleetStatus {
    /// The whole fleet in numbers.
    package struct Summary: Hashable, Sendable {
        /// All nodes that the fleet repository lists.
        package var nodes = 0
        /// Nodes of which any report was found, to be believed or not.
        package var reporting = 0
        /// Nodes whose newest report is to be believed.
        package var verified = 0
        package var converged = 0
        /// Nodes that wholly have what is declared for them.
        package var compliant = 0
        /// Entries installed as declared, of those that apply, on nodes whose report is to be believed.
        package var installedEntries = 0
        package var applyingEntries = 0
    }

    package var summary: Summary {
        var summary = Summary()
        for node in nodes {
            summary.nodes += 1
            if case .none = node.testimony { continue }
            summary.reporting += 1
            guard node.report != nil else { continue }
            summary.verified += 1
            if node.phase == .converged { summary.converged += 1 }
            if node.isCompliant { summary.compliant += 1 }
            guard let entries = node.entries else { continue }
            summary.installedEntries = summary.installedEntries.addingClamped(entries.installed)
            summary.applyingEntries = summary.applyingEntries.addingClamped(entries.applying)
        }
        return summary
    }
}

extension MergePlan {
    /// Notes what the nodes of each group say that they have.
    package mutating func note(_ status: FleetStatus) {
        let nodes = Dictionary(grouping: status.nodes, by: \.group)
        for index in groups.indices {
            var present = Present()
            for node in nodes[groups[index].name] ?? [] {
                if let admitted = node.report?.baseline.admitted {
                    present.admitted[admitted, default: 0] += 1
                } else {
                    present.unknown += 1
                }
            }
            groups[index].present = present
        }
    }
}

extension FleetClone {
    /// Reads what the fleet's nodes say of themselves.
    ///
    /// - Parameter introduction: nil leaves the history unauthenticated from its first commit on, as
    ///   ``HistoryAudit/isPinned`` says.
    /// - Throws: ``OperatorError``, ``FleetReadError``.
    package func status(from introduction: CommitID?) throws -> FleetStatus {
        try read(from: introduction).status
    }

    /// What a fleet says of itself.
    struct Reading {
        let status: FleetStatus
        let roll: FleetRoll
        let listings: [GroupName: ReportListing]
        /// The ledgers of groups that have a budget; empty unless they were asked for.
        let ledgers: [FoundLedger]
    }

    /// What the nodes say, with the roll that it was read by.
    ///
    /// - Parameter withLedgers: whether the ledgers of groups with a budget are fetched, too: before the
    ///   reports, so that no report that ends a claim is missed.
    func read(from introduction: CommitID?, withLedgers: Bool = false) throws -> Reading {
        let before = try roll(at: audit(from: introduction).ground)
        let budgeted =
            withLedgers ? try before.groups.filter { try budget(of: $0, at: before.commit) != nil } : []
        let ledgers = budgeted.isEmpty ? [] : try fetchLedgers(of: before, groups: budgeted)
        let listings = try fetchReports(of: before.fleet, groups: before.groups, withChains: false)
        // After the reports, so that no commit that one of them names is missing here.
        try fetchAgain()
        let history = try audit(from: introduction)
        let roll = history.ground == before.commit ? before : try self.roll(at: history.ground)
        let chain = Set(history.chain)
        let nodes = roll.nodes.map { member in
            let found = listings[member.group]?.nodes[member.name]
            let (testimony, fork) = testimony(of: member, fleet: roll.fleet, listed: found, chain: chain)
            return NodeStatus(
                node: member.name, group: member.group, testimony: testimony, latest: found?.latest,
                fork: fork)
        }
        let status = FleetStatus(fleet: roll.fleet, commit: roll.commit, history: history, nodes: nodes)
        return Reading(status: status, roll: roll, listings: listings, ledgers: ledgers)
    }

    /// Whether a node's newest report is to be believed.
    func testimony(
        of member: FleetRoll.Member, fleet: Fleet, listed: (status: CommitID?, latest: CommitID?)?,
        chain: Set<CommitID>
    ) -> (NodeStatus.Testimony, fork: CommitID?) {
        guard let listed, let latest = listed.latest ?? listed.status else { return (.none, nil) }
        guard let key = member.key else {
            return (.rejected("the node's key in the fleet repository cannot be read"), nil)
        }
        guard listed.latest != nil else {
            return (.rejected("there is no latest/\(member.name) beside its chain"), nil)
        }
        do throws(ReportRejection) {
            let commit = try ReportCommit(
                reading: latest, in: clone.repository, key: key, fleet: fleet.name, node: member.name,
                withReceipt: false)
            let tip = try commit.chain(listed: listed.status)
            let followed = commit.report.commit
            guard chain.contains(followed) else {
                let why = "it follows commit \(followed.short), which is not in the fleet's authentic history"
                return (.rejected(why), followed)
            }
            return (.verified(commit.report, id: tip), nil)
        } catch {
            return (.rejected(error.message), nil)
        }
    }
}

extension ReportCommit {
    /// The chain that a newest report stands for.
    ///
    /// - Parameter listed: the tip of `status/<node>`, as the remote lists it.
    /// - Throws: ``ReportRejection`` if the two do not agree.
    func chain(listed: CommitID?) throws(ReportRejection) -> CommitID {
        guard parents.isEmpty, let chainTip else {
            throw ReportRejection(
                id, .disagreement, "latest/\(report.node) is not the form of a newest report")
        }
        guard chainTip == listed else {
            throw ReportRejection(
                id, .disagreement, "status/\(report.node) and latest/\(report.node) do not agree")
        }
        return chainTip
    }
}
