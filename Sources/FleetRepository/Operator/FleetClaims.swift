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
        let remote: RemoteURL

        /// Those that count against the budget.
        package var unavailable: [Entry] { claims.filter(\.claimant.isUnavailable) }
    }

    package struct Entry: Sendable {
        package let id: CommitID
        package let claimant: Claimant

        /// What has become of the claim, for people: one of which nothing was heard for two heartbeats is
        /// silent. It counts all the same.
        ///
        /// - Parameter now: compared with the times in reports, which decide nothing else.
        package func state(heartbeat: TimeSpan, now: Timestamp) -> Claimant.State {
            guard claimant.state == .inChange else { return claimant.state }
            var last = claimant.claim.time.seconds
            if case .report(let report) = claimant.testimony { last = max(last, report.time.seconds) }
            return TimeSpan(seconds: now.seconds - last) > heartbeat * 2 ? .silent : .inChange
        }
    }
}

extension FleetClone {
    /// Reads all ledgers, with the newest reports of those who have claimed.
    ///
    /// - Parameter introduction: nil leaves the history unauthenticated from its first commit on.
    /// - Throws: ``OperatorError``, ``FleetReadError``.
    package func claims(from introduction: CommitID?) throws -> FleetClaims {
        // The ledgers before the reports: a report that ends a claim is never missed.
        let before = try roll(at: audit(from: introduction).last)
        var found: [(name: LedgerName, tip: CommitID, remote: RemoteURL)] = []
        for (remote, groups) in try statusRemotes(of: before) {
            found += try fetchLedgers(from: remote, of: groups)
        }
        let status = try self.status(from: introduction)
        let testimonies = Dictionary(
            status.nodes.map { ($0.node, Claimant.Testimony($0.testimony)) }
        ) { first, _ in first }
        let chain = Set(status.history.chain)
        var authorities = try ClaimAuthorities(
            clone, followed: status.commit, fleet: status.fleet.name,
            isOnChain: { commit throws(GitError) in chain.contains(commit) })
        var ledgers: [FleetClaims.Ledger] = []
        for (name, tip, remote) in found {
            guard let book = try ClaimBook(name, tip: tip, in: clone, authorities: &authorities) else {
                throw OperatorError(
                    .failure, "'\(name.reference)' is longer than \(ClaimBook.longest) commits")
            }
            let budget = try self.budget(of: name.group, at: status.commit)
            let label = budget?.per ?? book.entries.last?.claim.ledger.label ?? name.label
            ledgers.append(
                FleetClaims.Ledger(
                    name: LedgerName(group: name.group, label: label, value: name.value), budget: budget,
                    tip: tip,
                    claims: book.entries.map { entry in
                        let testimony = testimonies[entry.claim.node] ?? .rejected("it is not listed")
                        return FleetClaims.Entry(
                            id: entry.id, claimant: Claimant(entry, testimony: testimony))
                    }, unbelieved: book.unbelieved, remote: remote))
        }
        return FleetClaims(
            fleet: status.fleet, commit: status.commit, history: status.history,
            ledgers: ledgers.sorted { ($0.name.group, $0.name.value) < ($1.name.group, $1.name.value) })
    }

    /// Where the groups of a fleet have their ledgers.
    private func statusRemotes(of roll: FleetRoll) throws -> [RemoteURL: Set<GroupName>] {
        var remotes: [RemoteURL: Set<GroupName>] = [:]
        for group in roll.groups {
            let remote = try StatusRemote(fleet: roll.fleet, group: group, fallback: fleetRemote).url
            remotes[remote, default: []].insert(group)
        }
        return remotes
    }

    /// Fetches the ledgers that a remote lists for these groups.
    private func fetchLedgers(
        from remote: RemoteURL, of groups: Set<GroupName>
    ) throws -> [(name: LedgerName, tip: CommitID, remote: RemoteURL)] {
        let names = try network.list(remote).compactMap { LedgerName(reference: $0.name) }
            .filter { groups.contains($0.group) }
        guard !names.isEmpty else { return [] }
        let refspecs = names.compactMap {
            FetchRefspec(source: $0.reference, destination: FleetReferences.ledger($0))
        }
        let listed = try network.fetch(
            refspecs, from: remote, into: clone.repository.folder,
            byteLimit: refspecs.count * LedgerPush.byteLimit
        ).listed
        return names.compactMap { name in
            listed.first { $0.name == name.reference }.map { (name, $0.id, remote) }
        }
    }

    /// The budget of a group at a commit; nil without one, or where its file cannot be read.
    private func budget(of group: GroupName, at commit: CommitID) throws -> Budget? {
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
