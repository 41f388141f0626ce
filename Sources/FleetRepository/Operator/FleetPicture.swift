package import FleetCore

/// A fleet as its repository and its reports show it, for whoever recomputes what the nodes decide.
///
/// Everything is judged as the nodes do it, but for one thing: nobody here has been watching, so that silence
/// is told by the wall clock, from the time that a report names to now.
package struct FleetPicture {
    package let status: FleetStatus
    let roll: FleetRoll
    /// Its clone lasts as long as the picture.
    let source: FleetClone
    let listings: [GroupName: ReportListing]
    /// The declarations of all baselines at the last authentic commit.
    let stacks: [BaselineName: DeclarationStack]
    let standings: [NodeName: NodeStatus]
    /// The place of each commit in the chain, oldest first.
    let places: [CommitID: Int]
    /// Who has claimed in the groups that have a budget.
    let ledgers: [FleetClaims.Ledger]

    init(_ source: FleetClone, from introduction: CommitID?) throws {
        self.source = source
        let reading = try source.read(from: introduction, withLedgers: true)
        (status, roll, listings) = (reading.status, reading.roll, reading.listings)
        ledgers = try source.ledgers(reading.ledgers, at: status)
        stacks = try DeclarationReader(clone: source.clone).stacks(along: status.history.commits)
        standings = Dictionary(status.nodes.map { ($0.node, $0) }) { first, _ in first }
        places = Dictionary(status.history.chain.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    var clone: Clone { source.clone }

    /// The node, as the status shows it.
    ///
    /// - Throws: ``OperatorError``: `usage` if the fleet does not list it.
    package func standing(of node: NodeName) throws(OperatorError) -> NodeStatus {
        if let found = standings[node] { return found }
        let hint = NearestWord.hint(for: node.description, in: standings.keys.map(\.description).sorted())
        throw OperatorError(
            .usage, "the fleet '\(status.fleet.name)' has no node '\(node)' at \(status.commit.short)\(hint)")
    }

    /// How many commits the last authentic one is ahead of `commit`; nil for one beside the chain.
    func distance(from commit: CommitID) -> Int? {
        guard let place = places[commit], let tip = places[status.commit] else { return nil }
        return tip - place
    }

    /// The declarations as they stood at a commit of the chain.
    func stacks(at commit: CommitID) throws(GitError) -> [BaselineName: DeclarationStack] {
        if commit == status.commit { return stacks }
        let commits = status.history.commits
        let end = commits.firstIndex { $0.id == commit }.map { $0 + 1 } ?? 0
        return try DeclarationReader(clone: clone).stacks(along: commits.prefix(end))
    }

    /// What a commit says to a node.
    func view(of node: NodeName, at commit: CommitID) throws(FleetReadError) -> NodeView {
        try FleetReader(CommitTree(clone: clone, commit: commit)).view(of: node)
    }

    /// When a declaration came to the branch, by the committer's clock.
    func time(of declaration: Declaration) -> Timestamp? {
        (try? clone.repository.commit(declaration.commit)).flatMap(\.self)
            .map { Timestamp(seconds: $0.committer.time) }
    }

    /// All that a ledger has, each node once; nobody where nobody has claimed yet.
    func claimants(in ledger: LedgerName) -> [Claimant] {
        ledgers.first { $0.name.reference == ledger.reference }?.claims.map(\.claimant) ?? []
    }

    /// What lies beside a node's newest report.
    func receipt(of node: NodeStatus) -> Receipt? {
        guard let latest = node.latest,
            let file = try? clone.repository.file(
                at: ReportCommit.receiptPath, in: latest, limitBytes: ReportCommit.receiptLimit),
            let json = try? JSONValue(parsing: file.bytes)
        else { return nil }
        return Receipt(json: json)
    }
}

extension FleetPicture {
    /// What a node that follows `commit` knows of `nodes`.
    ///
    /// - Parameter first: since when they are watched, for nodes that have never reported.
    func canaries(
        _ nodes: [NodeRecord], isGroupHeld: Bool, by commit: CommitID, since first: TimeSpan
    ) -> [CanaryEvidence] {
        nodes.map { node in
            let found = standings[node.name]
            let heard = found?.report.map { TimeSpan(seconds: $0.time.seconds) }
            return CanaryEvidence(
                node: node.name, isHeld: isGroupHeld || node.hold != nil,
                testimony: testimony(of: node, found: found, by: commit), lastNews: heard ?? first,
                labels: node.labels)
        }
    }

    /// What a node that follows `commit` knows of those that have left a group since a declaration.
    func departed(
        from group: GroupName, since declarations: [Declaration], by commit: CommitID
    ) throws(FleetReadError) -> [CanaryEvidence] {
        let finder = DepartedCanaries(clone: clone, followed: commit)
        return try departed(finder.names(from: group, since: declarations), by: commit)
    }

    /// What a node that follows `commit` knows of nodes that have left a group, in the order of their names.
    func departed(
        _ left: [NodeName: [Declaration]], by commit: CommitID
    ) throws(FleetReadError) -> [CanaryEvidence] {
        try DepartedCanaries(clone: clone, followed: commit).find(left).map { node in
            let record = node.record
            let found = standings[record.name] ?? status(of: record)
            return CanaryEvidence(
                node: record.name, isHeld: record.hold != nil,
                testimony: testimony(of: record, found: found, by: commit),
                lastNews: found.report.map { TimeSpan(seconds: $0.time.seconds) } ?? .zero,
                labels: record.labels, departedFrom: node.declarations)
        }
    }

    /// What a node says of itself that the fleet does not list any more.
    private func status(of record: NodeRecord) -> NodeStatus {
        let listed = listings[record.group]?.nodes[record.name]
        let member = FleetRoll.Member(
            name: record.name, group: record.group, key: try? SSHPublicKey(text: record.key), record: record,
            path: "")
        let (testimony, fork) = source.testimony(
            of: member, fleet: status.fleet, listed: listed, chain: Set(places.keys))
        return NodeStatus(
            node: record.name, group: record.group, testimony: testimony, latest: listed?.latest, fork: fork)
    }

    private func testimony(
        of node: NodeRecord, found: NodeStatus?, by commit: CommitID
    ) -> CanaryEvidence.Testimony {
        guard let found else { return .rejected("the fleet does not list it any more") }
        if let fork = found.fork { return .fork(fork) }
        switch found.testimony {
        case .none: return .none
        case .rejected(let why): return .rejected(why)
        case .verified(let report, let id):
            let place = places[report.commit] ?? 0
            return place > places[commit] ?? 0 ? .peerAhead(report.commit) : .report(report, id: id)
        }
    }

    /// The evidence of a reader without a running time of its own: the wall clock stands for it.
    func evidence(
        _ groups: [GroupName: [CanaryEvidence]], declarations: [Declaration],
        entries: [Declaration: Set<EntryKey>], now: Instant
    ) -> Evidence {
        var seen: [Declaration: TimeSpan] = [:]
        for declaration in declarations {
            seen[declaration] = time(of: declaration).map { TimeSpan(seconds: $0.seconds) }
        }
        return Evidence(
            groups: groups, watching: TimeSpan(seconds: now.wall.seconds), firstSeen: seen,
            heartbeat: status.fleet.heartbeat, entries: entries)
    }
}

extension FleetClone {
    /// Fetches what the repository and the nodes say, for recomputing.
    ///
    /// - Throws: ``OperatorError``, ``FleetReadError``, ``GitError``.
    package func picture(from introduction: CommitID?) throws -> FleetPicture {
        try FleetPicture(self, from: introduction)
    }
}
