package import FleetCore

/// Who has claimed against the budgets of a fleet, and what has become of it.
package struct FleetClaims: Sendable {
    package let fleet: Fleet
    /// The commit whose nodes, budgets and `trust/` count: the last authentic one.
    package let commit: CommitID
    package let history: HistoryAudit
    /// In the order of groups, then values.
    package let ledgers: [Ledger]

    package struct Ledger: Sendable {
        /// Its label is that of the budget; where there is none any more, that of the newest claim.
        package let name: LedgerName
        /// nil where the group has no budget now, or is gone.
        package let budget: Budget?
        package let tip: CommitID
        package let claims: [Entry]
        /// How many of its commits are not to be believed.
        package let unbelieved: Int
        /// How many of its oldest commits were not read; then nodes do not read it at all, and wait.
        package let unread: Int
        let remote: RemoteURL

        /// Those that count against the budget.
        package var unavailable: [Entry] { claims.filter(\.claimant.isUnavailable) }
    }

    package struct Entry: Sendable {
        package let id: CommitID
        package let claimant: Claimant

    }
}

extension FleetClone {
    /// Reads all ledgers, with the newest reports of those who have claimed.
    ///
    /// - Parameter introduction: nil leaves the history unauthenticated from its first commit on.
    /// - Throws: ``OperatorError``, ``FleetReadError``.
    package func claims(from introduction: CommitID?) throws -> FleetClaims {
        // The ledgers before the reports: a report that ends a claim is never missed.
        let before = try roll(at: audit(from: introduction).ground)
        let found = try fetchLedgers(of: before, groups: before.groups)
        let status = try self.status(from: introduction)
        return FleetClaims(
            fleet: status.fleet, commit: status.commit, history: status.history,
            ledgers: try ledgers(found, at: status))
    }

    /// A ledger as a remote lists it.
    struct FoundLedger {
        let name: LedgerName
        let tip: CommitID
        let remote: RemoteURL
    }

    /// Fetches the ledgers of these groups from where they are.
    func fetchLedgers(of roll: FleetRoll, groups: [GroupName]) throws -> [FoundLedger] {
        guard !roll.fleet.keepsReports || reportsElsewhere != nil else { return [] }
        var remotes: [RemoteURL: Set<GroupName>] = [:]
        for group in groups {
            let remote = try statusRemote(of: group, in: roll.fleet)
            remotes[remote, default: []].insert(group)
        }
        return try remotes.flatMap { try fetchLedgers(from: $0.key, of: $0.value) }
    }

    /// Reads ledgers, as far back as ``ClaimBook/longest`` allows, with what the nodes say of themselves.
    ///
    /// - Returns: in the order of groups, then values.
    func ledgers(_ found: [FoundLedger], at status: FleetStatus) throws -> [FleetClaims.Ledger] {
        let testimonies = Dictionary(
            status.nodes.map { ($0.node, Claimant.Testimony($0.testimony)) }
        ) { first, _ in first }
        let chain = try branchChain(besides: status.history.chain)
        var authorities = try ClaimAuthorities(
            clone, followed: status.commit, fleet: status.fleet.name,
            isOnChain: { commit throws(GitError) in chain.contains(commit) })
        var ledgers: [FleetClaims.Ledger] = []
        for ledger in found {
            let name = ledger.name
            let book = try ClaimBook(newestOf: name, tip: ledger.tip, in: clone, authorities: &authorities)
            let budget = try self.budget(of: name.group, at: status.commit)
            let label = budget?.per ?? book.entries.last?.claim.ledger.label ?? name.label
            ledgers.append(
                FleetClaims.Ledger(
                    name: LedgerName(group: name.group, label: label, value: name.value), budget: budget,
                    tip: ledger.tip,
                    claims: book.entries.map { entry in
                        // What the name's report says counts for the key that is listed, as for nodes.
                        let testimony = entry.member.flatMap { testimonies[$0.name] }
                        return FleetClaims.Entry(
                            id: entry.id,
                            claimant: Claimant(
                                entry, testimony: testimony ?? .rejected("its file cannot be read")))
                    }, unbelieved: book.unbelieved, unread: book.unread, remote: ledger.remote))
        }
        return ledgers.sorted { ($0.name.group, $0.name.value) < ($1.name.group, $1.name.value) }
    }

    /// The commits of the branch, authentic or not: a claim that names one of them counts for nodes, too, and
    /// frees nobody.
    private func branchChain(besides authentic: [CommitID]) throws(GitError) -> Set<CommitID> {
        var chain = Set(authentic)
        var next: CommitID? = tip
        while let current = next, chain.insert(current).inserted {
            next = try clone.repository.firstParent(of: current)
        }
        return chain
    }

    /// Fetches the ledgers that a remote lists for these groups.
    private func fetchLedgers(from remote: RemoteURL, of groups: Set<GroupName>) throws -> [FoundLedger] {
        let names = try network.list(remote).compactMap { LedgerName(reference: $0.name) }
            .filter { groups.contains($0.group) }
        guard !names.isEmpty else { return [] }
        let refspecs = names.compactMap {
            FetchRefspec(source: $0.reference, destination: FleetReferences.ledger($0))
        }
        let listed = try network.fetch(
            refspecs, from: remote, into: clone.repository.folder,
            byteLimit: refspecs.count * LedgerPush.byteLimit * Self.ledgerPatience
        ).listed
        return names.compactMap { name in
            listed.first { $0.name == name.reference }
                .map { FoundLedger(name: name, tip: $0.id, remote: remote) }
        }
    }

    /// How many times as long a ledger is fetched here as by nodes: a person must see what has become of one
    /// that nodes do not read any more.
    private static let ledgerPatience = 8

    /// The budget of a group at a commit; nil without one, or where its file cannot be read.
    func budget(of group: GroupName, at commit: CommitID) throws -> Budget? {
        let files = FleetFiles(tree: CommitTree(clone: clone, commit: commit))
        let fleet = try files.decoded(Layout.fleet) { FleetFile.decode($0) }.value
        let file = try files.decoded(Layout.group(group)) {
            GroupFile.decode($0, name: group, fleet: fleet)
        }
        return file.value?.keys.budget ?? nil
    }
}

extension LedgerName {
    /// The ledger that a reference of a status remote is; its label is not in the name.
    init?(reference: String) {
        guard reference.hasPrefix(LedgerName.prefix) else { return nil }
        let parts = reference.dropFirst(LedgerName.prefix.utf8.count)
            .split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let group = GroupName(parts[0]), let value = LabelValue(parts[1]) else {
            return nil
        }
        self.init(group: group, label: "label", value: value)
    }
}

extension Claimant.Testimony {
    init(_ testimony: NodeStatus.Testimony) {
        switch testimony {
        case .none: self = .none
        case .verified(let report, id: _): self = .report(report)
        case .rejected(let why): self = .rejected(why)
        }
    }
}
