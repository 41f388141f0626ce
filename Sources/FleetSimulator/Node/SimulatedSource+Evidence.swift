internal import FleetCore
internal import FleetReconciler

extension SimulatedSource {
    func evidence(
        of need: EvidenceNeed, for desired: Desired, memory: NodeState, at now: Instant
    ) async -> EvidenceReading {
        guard case .member(let membership) = desired.standing,
            let commit = simulation.repository.commit(desired.commit),
            let view = commit.view(of: membership.group.name)
        else { return EvidenceReading(evidence: .none, peers: memory.peers) }
        var reading: EvidenceReading
        switch need {
        case .gate(let groups):
            reading = evidence(
                of: groups, view: view, commit: commit, membership: membership, memory: memory, at: now)
        case .waves(let declaration):
            reading = waves(
                to: declaration, commit: commit, membership: membership, memory: memory, at: now)
        }
        simulation.mutation?.evidence?(&reading, membership, view.canaries)
        return reading
    }

    private func evidence(
        of groups: [GroupName], view: GroupView, commit: SimulatedCommit, membership: Membership,
        memory: NodeState, at now: Instant
    ) -> EvidenceReading {
        let running = memory.running.total(at: now)
        var peers = PeerBook(memory.peers, running: running)
        var read: [GroupName: [CanaryEvidence]] = [:]
        let open = membership.stack.ahead(of: memory.base?.declaration)
        for group in view.canaries where groups.contains(group.name) {
            node.reading.append(.group(group.name))
            let canaries = group.nodes.map {
                evidence(of: $0, isHeld: group.hold != nil || $0.hold != nil, memory: memory, peers: &peers)
            }
            let departed = simulation.departed(from: group.name, since: open, at: commit).map { departed in
                evidence(
                    of: departed.record, isHeld: departed.record.hold != nil, memory: memory, peers: &peers,
                    departedFrom: departed.declarations)
            }
            read[group.name] = canaries + departed
        }
        prune(&peers, keeping: [], view: view, commit: commit, memory: memory)
        let entries = membership.versions.mapValues { Set($0.baseline.entries.map(\.key)) }
        return EvidenceReading(
            evidence: Evidence(
                groups: read, watching: running, firstSeen: memory.firstSeen,
                heartbeat: membership.fleet.heartbeat, entries: entries),
            peers: peers.entries, condition: condition)
    }

    private func waves(
        to declaration: Declaration, commit: SimulatedCommit, membership: Membership, memory: NodeState,
        at now: Instant
    ) -> EvidenceReading {
        let group = membership.group.name
        guard let plan = membership.wavePlan(for: declaration), let own = plan.wave(of: membership.node.name)
        else { return EvidenceReading(evidence: .none, peers: memory.peers) }
        let moving = membership.group(for: declaration)
        let witnesses = (0..<own).map { commit.witnesses(of: $0, to: declaration, in: moving, plan: plan) }
        var peers = PeerBook(memory.peers, running: memory.running.total(at: now))
        var read = (0..<own).map { step in
            node.reading.append(.wave(group, declaration, step))
            return witnesses[step].map {
                evidence(of: $0, isHeld: $0.hold != nil, memory: memory, peers: &peers)
            }
        }
        for step in 0..<own { simulation.register(commit, group, declaration, step, witnesses[step]) }
        let leavers = membership.waveLeavers(for: declaration)
        let left = simulation.departed(from: group, since: [declaration], at: commit)
        for (index, wave) in leavers.waves.enumerated() {
            if index == read.count { read.append([]) }
            read[index] += left.filter { wave.contains($0.record.name) }.map {
                evidence(
                    of: $0.record, isHeld: $0.record.hold != nil, memory: memory, peers: &peers,
                    departedFrom: $0.declarations)
            }
        }
        if let view = commit.view(of: group) {
            let witnesses = witnesses.joined() + left.map(\.record)
            prune(&peers, keeping: witnesses, view: view, commit: commit, memory: memory)
        }
        return EvidenceReading(
            evidence: Evidence.none.adding(waves: [declaration: read]), peers: peers.entries,
            condition: condition)
    }

    /// Forgets what neither the gate nor the waves can ask for any more.
    private func prune(
        _ peers: inout PeerBook, keeping witnesses: [NodeRecord], view: GroupView, commit: SimulatedCommit,
        memory: NodeState
    ) {
        let isWaiting = witnesses.isEmpty && view.group.movesInWaves
        let stacked = memory.stacks.values.flatMap { $0.layers.map(\.declaration) }
        peers.prune(
            keeping: view.canaries.flatMap(\.nodes) + witnesses, besides: isWaiting ? view.peerSet : [],
            declarations: Set(stacked), isMember: { commit.content.nodes[$0] != nil })
    }

    private var condition: Reason? {
        simulation.hasLink(node) ? nil : Reason(.remoteAway, "the line is down")
    }

    private func evidence(
        of record: NodeRecord, isHeld: Bool, memory: NodeState, peers: inout PeerBook,
        departedFrom: Set<Declaration>? = nil
    ) -> CanaryEvidence {
        CanaryEvidence(
            node: record.name, isHeld: isHeld,
            testimony: testimony(of: record, mark: memory.mark, peers: &peers),
            lastNews: peers.lastNews(of: record), failed: peers.failed(on: record.name),
            labels: record.labels, departedFrom: departedFrom)
    }

    /// What a node's newest report says, if it is to be believed: the server shows, the real ``PeerBook``
    /// judges.
    private func testimony(
        of record: NodeRecord, mark: CommitID?, peers: inout PeerBook
    ) -> CanaryEvidence.Testimony {
        var listed: ListedReport?
        if simulation.hasLink(node) {
            let shown = simulation.server.shown(of: record.name)
            node.clone.peers[record.name] = shown?.latest
            listed = ListedReport(latest: shown?.latest.id, chain: shown?.status.id)
        }
        let kept = node.clone.peers[record.name]
        let judgement = peers.judge(
            record, listed: listed, kept: kept?.id,
            reading: { commit throws(ReportRejection) in try read(kept, at: commit, of: record) },
            placing: { place(of: $0, mark: mark) })
        if judgement.isForgotten { node.clone.peers[record.name] = nil }
        return judgement.testimony
    }

    /// Reads a report with its signature.
    private func read(
        _ stored: StoredReport?, at commit: CommitID, of record: NodeRecord
    ) throws(ReportRejection) -> LatestReport {
        guard let stored, let report = stored.report else {
            throw ReportRejection(commit, .missing, "there is no report in it")
        }
        if simulation.mutation?.believesAnyKey != true {
            guard stored.key == record.key else {
                throw ReportRejection(commit, .otherKey, "it is signed by another key")
            }
            guard stored.node == record.name else {
                throw ReportRejection(commit, .otherNode, "it is of '\(stored.node)'")
            }
        }
        return LatestReport(commit: commit, report: report, chain: stored.id)
    }

    /// Where the fleet commit that a report names lies to this node's own authentic chain.
    private func place(of id: CommitID, mark: CommitID?) -> ChainPlace {
        guard let mark = simulation.repository.commit(mark), let named = simulation.repository.commit(id)
        else { return .ahead }
        if mark.contains(named) { return .onChain }
        guard let tip = node.clone.tip, tip.contains(named), !named.contains(mark) else { return .ahead }
        return .beside
    }
}

/// Whose reports a node reads.
enum ReadKey: Hashable {
    case group(GroupName)
    case wave(GroupName, Declaration, Int)
}

extension SimulatedCommit {
    /// The witnesses of a wave, as this commit lists the group's nodes. Those of the usual waves are
    /// remembered, others, of a group as it is while its baseline is urgent, are not.
    func witnesses(
        of step: Int, to declaration: Declaration, in group: Group, plan: WavePlan
    ) -> [NodeRecord] {
        let key = ReadKey.wave(group.name, declaration, step)
        let isUsual = hasUsualSteps(group)
        if isUsual, let known = knownWitnesses[key] { return known }
        let names = plan.witnesses(of: step) { content.nodes[$0]?.hold != nil }
        let records = names.compactMap { content.nodes[$0] }
        if isUsual { knownWitnesses[key] = records }
        return records
    }

    private func hasUsualSteps(_ group: Group) -> Bool {
        group.waves?.steps == content.groups[group.name]?.waves?.steps
    }

    /// The order in which a group moves to a declaration, be it as usual or as while that is urgent; nil for
    /// one without waves.
    func wavePlan(of group: Group, to declaration: Declaration) -> WavePlan? {
        if hasUsualSteps(group) { return wavePlan(of: group.name, to: declaration) }
        return group.waves.map {
            WavePlan(digest: declaration.digest, nodes: roll(of: group.name).map(\.name), steps: $0.steps)
        }
    }

    /// The order in which a group moves to a declaration; nil for a group without waves.
    func wavePlan(of group: GroupName, to declaration: Declaration) -> WavePlan? {
        guard let steps = content.groups[group]?.waves?.steps else { return nil }
        if let plan = wavePlans[group]?[declaration] { return plan }
        let plan = WavePlan(digest: declaration.digest, nodes: roll(of: group).map(\.name), steps: steps)
        wavePlans[group, default: [:]][declaration] = plan
        return plan
    }
}

extension Simulation {
    /// Notes whose reports are read by those who look at a wave, so that they are woken.
    func register(
        _ commit: SimulatedCommit, _ group: GroupName, _ declaration: Declaration, _ step: Int,
        _ witnesses: [NodeRecord]
    ) {
        let key = ReadKey.wave(group, declaration, step)
        guard registered.insert(RegisteredWave(commit: commit.id, key: key)).inserted else { return }
        for record in witnesses {
            keysOf[record.name, default: []].insert(key)
        }
    }
}

/// A node that has left a group, and the declarations at whose commits it was in it.
struct DepartedCanary {
    let record: NodeRecord
    let declarations: Set<Declaration>
}

extension Simulation {
    /// The nodes that were in a group when a declaration came to the branch and are not now, in the order of
    /// their names.
    func departed(
        from group: GroupName, since declarations: [Declaration], at commit: SimulatedCommit
    ) -> [DepartedCanary] {
        var left: [NodeName: [Declaration]] = [:]
        for declaration in declarations {
            for node in leavers(of: group, since: declaration, at: commit) {
                left[node, default: []].append(declaration)
            }
        }
        return left.sorted { $0.key < $1.key }.compactMap { name, declarations in
            let then = declarations.lazy.compactMap { self.repository.commit($0.commit)?.content.nodes[name] }
            return (commit.content.nodes[name] ?? then.first).map {
                DepartedCanary(record: $0, declarations: Set(declarations))
            }
        }
    }
}

extension Simulation {
    /// The names of those that have left a group since a declaration came.
    private func leavers(
        of group: GroupName, since declaration: Declaration, at commit: SimulatedCommit
    ) -> [NodeName] {
        let key = DepartureKey(group: group, declaration: declaration)
        if let known = commit.knownLeavers[key] { return known }
        var left: [NodeName] = []
        if let then = repository.commit(declaration.commit), then !== commit {
            left = then.roll(of: group).map(\.name).filter { commit.content.nodes[$0]?.group != group }
        }
        commit.knownLeavers[key] = left
        return left
    }
}

/// Which nodes have left a group since a declaration is asked by many, and told once.
struct DepartureKey: Hashable {
    let group: GroupName
    let declaration: Declaration
}

/// A wave, as one commit lists its witnesses.
struct RegisteredWave: Hashable {
    let commit: CommitID
    let key: ReadKey
}
