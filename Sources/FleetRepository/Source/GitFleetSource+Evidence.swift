package import FleetCore
package import FleetReconciler

extension GitFleetSource {
    package func evidence(
        of need: EvidenceNeed, for desired: Desired, memory: NodeState, at now: Instant
    ) async -> EvidenceReading {
        guard case .member(let membership) = desired.standing, let (commit, view) = view else {
            return EvidenceReading(evidence: .none, peers: memory.peers)
        }
        switch need {
        case .gate(let groups):
            return evidence(
                of: groups, membership: membership, view: view, by: commit, memory: memory, at: now)
        case .waves(let declaration):
            return waves(to: declaration, membership: membership, view: view, memory: memory, at: now)
        }
    }

    private func evidence(
        of groups: [GroupName], membership: Membership, view: NodeView, by commit: CommitID,
        memory: NodeState, at now: Instant
    ) -> EvidenceReading {
        let running = memory.running.total(at: now)
        var peers = PeerBook(memory.peers, running: running)
        var read: [GroupName: [CanaryEvidence]] = [:]
        var unasked: [GroupName: Evidence.Unasked] = [:]
        var condition: Reason?
        for group in view.canaries where groups.contains(group.name) {
            let listing = fetchReports(of: group, fleet: view.fleet)
            if case .failure(let reason) = listing { condition = reason }
            let isHeld = group.hold != nil
            let canaries = group.nodes.map { node in
                let testimony = self.testimony(
                    of: node, fleet: view.fleet.name, listed: try? listing.get(), mark: memory.mark,
                    peers: &peers)
                return CanaryEvidence(
                    node: node.name, isHeld: isHeld || node.hold != nil, testimony: testimony,
                    lastNews: peers.lastNews(of: node), failed: peers.failed(on: node.name),
                    labels: node.labels)
            }
            do throws(FleetReadError) {
                let open = membership.stack.ahead(of: memory.base?.declaration)
                let left = try DepartedCanaries(clone: clone, followed: commit).find(
                    from: group.name, since: open)
                let departed = departed(left, fleet: view.fleet, memory: memory, peers: &peers)
                read[group.name] = canaries + departed.evidence
                if let away = departed.unasked {
                    condition = condition ?? away.reason
                    unasked[group.name] = Evidence.Unasked(
                        away.reason.withholding(group.name), for: away.declarations)
                }
            } catch {
                // Who may have failed and left cannot be told: no answer of this group is complete.
                condition = Reason(.unreadable, "the nodes of '\(group.name)' cannot be read: \(error)")
            }
        }
        let entries = membership.versions.mapValues { Set($0.baseline.entries.map(\.key)) }
        let evidence = Evidence(
            groups: read, watching: running, firstSeen: memory.firstSeen,
            heartbeat: membership.fleet.heartbeat, entries: entries, unasked: unasked)
        prune(&peers, keeping: [], membership: membership, view: view, memory: memory)
        return EvidenceReading(evidence: evidence, peers: peers.entries, condition: condition)
    }

    /// Forgets what neither the gate nor the waves can ask for any more.
    ///
    /// - Parameter witnesses: those of the waves; empty while the gate is asked, then what is known of the
    ///   own group's nodes stays until they are asked.
    func prune(
        _ peers: inout PeerBook, keeping witnesses: [NodeRecord], membership: Membership, view: NodeView,
        memory: NodeState
    ) {
        let isWaiting = witnesses.isEmpty && membership.group.movesInWaves
        let own = isWaiting ? Set(membership.peers) : []
        let stacked = memory.stacks.values.flatMap { $0.layers.map(\.declaration) }
        var members: Set<NodeName>?
        peers.prune(
            keeping: view.canaries.flatMap(\.nodes) + witnesses, besides: own, declarations: Set(stacked)
        ) { node in
            if members == nil, let commit = self.view?.commit {
                members = try? FleetReader(CommitTree(clone: clone, commit: commit)).members()
            }
            // What cannot be told is not forgotten.
            return members?.contains(node) ?? true
        }
    }

    /// Fetches `latest/<node>` of a group's nodes, and what the remote lists beside them.
    func fetchReports(of group: CanaryGroup, fleet: Fleet) -> Result<[String: CommitID], Reason> {
        guard isWorking else { return .failure(Reason(.remoteAway, "the remote was not asked")) }
        let refspecs = group.nodes.compactMap {
            FetchRefspec(source: FleetReferences.latest($0.name), destination: FleetReferences.peer($0.name))
        }
        do {
            let remote = try StatusRemote(fleet: fleet, group: group.name, fallback: settings.remote).url
            let listed = try fetch(reports: refspecs, from: remote)
            return .success(Dictionary(listed.map { ($0.name, $0.id) }) { first, _ in first })
        } catch {
            return .failure(Reason(.remoteAway, error.description))
        }
    }

    /// Fetches under a byte limit; past it one reference after the other, so that a node which publishes
    /// rubbish spoils nothing but its own testimony.
    func fetch(
        reports refspecs: [FetchRefspec], from remote: RemoteURL
    ) throws(NetworkError) -> [GitReference] {
        do throws(NetworkError) {
            return try network.fetch(
                refspecs, from: remote, into: settings.cloneFolder,
                byteLimit: refspecs.count * Self.evidenceByteLimit
            ).listed
        } catch {
            guard error.kind == .tooLarge else { throw error }
        }
        for refspec in refspecs {
            do throws(NetworkError) {
                _ = try network.fetch(
                    [refspec], from: remote, into: settings.cloneFolder, byteLimit: Self.evidenceByteLimit)
            } catch {
                guard error.kind == .tooLarge else { throw error }
            }
        }
        return try network.list(remote)
    }

    /// For each node: a report, a receipt, and what Git adds to them.
    private static let evidenceByteLimit = 4 * Report.largestSize

    /// What a node's newest report says, if it is to be believed: this fetches and verifies, ``PeerBook``
    /// judges.
    ///
    /// - Parameter listed: the remote's references; nil if it could not be asked, then what was believed last
    ///   stands.
    func testimony(
        of node: NodeRecord, fleet: FleetName, listed: [String: CommitID]?, mark: CommitID?,
        peers: inout PeerBook
    ) -> CanaryEvidence.Testimony {
        do throws(GitError) {
            let judgement = try peers.judge(
                node,
                listed: listed.map {
                    ListedReport(
                        latest: $0[FleetReferences.latest(node.name)],
                        chain: $0[FleetReferences.status(node.name)])
                },
                kept: try clone.repository.reference(FleetReferences.peer(node.name)),
                reading: { commit throws(ReportRejection) in
                    try read(commit, of: node, fleet: fleet)
                },
                placing: { commit throws(GitError) in try place(of: commit, mark: mark) })
            if judgement.isForgotten, isWorking { forget(node.name) }
            return judgement.testimony
        } catch {
            return .rejected(error.description)
        }
    }

    private func read(
        _ latest: CommitID, of node: NodeRecord, fleet: FleetName
    ) throws(ReportRejection) -> LatestReport {
        guard let key = try? SSHPublicKey(text: node.key) else {
            throw ReportRejection(
                latest, .keyUnreadable, "its key in the fleet repository cannot be read")
        }
        return LatestReport(
            try ReportCommit(
                reading: latest, in: clone.repository, key: key, fleet: fleet, node: node.name))
    }

    /// What is not believed must not be believed later, when the remote cannot be asked.
    private func forget(_ node: NodeName) {
        _ = try? clone.repository.deleteReference(FleetReferences.peer(node))
    }

    /// Where a fleet commit that a report names lies to this node's own authentic chain.
    private func place(of commit: CommitID, mark: CommitID?) throws(GitError) -> ChainPlace {
        if let known = places[commit] { return known ? .onChain : .beside }
        guard let mark, try clone.repository.commit(commit) != nil else { return .ahead }
        let limit = ChainAuthenticator.longestStretch
        if case .reached = try clone.repository.firstParents(from: mark, backTo: commit, limit: limit) {
            places[commit] = true
            return .onChain
        }
        if case .reached = try clone.repository.firstParents(from: commit, backTo: mark, limit: limit) {
            return .ahead
        }
        places[commit] = false
        return .beside
    }
}

extension LatestReport {
    fileprivate init(_ commit: ReportCommit) {
        self.init(
            commit: commit.id, report: commit.report, chain: commit.chainTip,
            hasParents: !commit.parents.isEmpty)
    }
}
