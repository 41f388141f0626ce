internal import FleetCore
internal import FleetReconciler

extension GitFleetSource {
    /// The witnesses of a wave, as the followed commit lists them; without a record where a file is wrong.
    private typealias Step = [(name: NodeName, record: NodeRecord?)]

    /// Reads the witnesses of each wave that moves to a declaration before this node, and those that have
    /// left these waves since.
    func waves(
        to declaration: Declaration, membership: Membership, view: NodeView, memory: NodeState,
        at now: Instant
    ) -> EvidenceReading {
        let nothing = EvidenceReading(evidence: .none, peers: memory.peers)
        guard let plan = membership.wavePlan(for: declaration), let commit = self.view?.commit,
            let own = plan.wave(of: membership.node.name)
        else { return nothing }
        let group = membership.group.name
        let leavers = membership.waveLeavers(for: declaration)
        var steps: [Step] = []
        let left: [DepartedCanaries.Departed]
        do throws(FleetReadError) {
            let reader = FleetReader(CommitTree(clone: clone, commit: commit))
            for step in 0..<own { steps.append(try reader.witnesses(of: step, in: plan, group: group)) }
            let names = leavers.waves.joined().map { ($0, [declaration]) }
            left = try DepartedCanaries(clone: clone, followed: commit).find(
                Dictionary(names) { first, _ in first })
        } catch {
            var reading = nothing
            reading.condition = Reason(.unreadable, "the waves cannot be read: \(error)")
            return reading
        }
        let known = steps.joined().compactMap(\.record)
        let listing = fetchReports(of: CanaryGroup(name: group, hold: nil, nodes: known), fleet: view.fleet)
        var peers = PeerBook(memory.peers, running: memory.running.total(at: now))
        var read = steps.map { step in
            step.map { name, record in
                witness(name, record, listed: try? listing.get(), fleet: view.fleet, memory: memory, &peers)
            }
        }
        let departed = departed(left, fleet: view.fleet, memory: memory, peers: &peers)
        let found = Dictionary(departed.evidence.map { ($0.node, $0) }) { first, _ in first }
        for (index, wave) in leavers.waves.enumerated() {
            if index == read.count { read.append([]) }
            read[index] += wave.compactMap { found[$0] }
        }
        prune(&peers, keeping: known + left.map(\.record), membership: membership, view: view, memory: memory)
        var condition = departed.unasked?.reason
        if case .failure(let reason) = listing { condition = reason }
        let unasked = departed.unasked.map { [group: $0] } ?? [:]
        return EvidenceReading(
            evidence: Evidence.none.adding(waves: [declaration: read], unasked: unasked),
            peers: peers.entries, condition: condition)
    }

    private func witness(
        _ name: NodeName, _ record: NodeRecord?, listed: [String: CommitID]?, fleet: Fleet,
        memory: NodeState, _ peers: inout PeerBook
    ) -> CanaryEvidence {
        guard let record else {
            return CanaryEvidence(
                node: name, isHeld: false, testimony: .rejected("its file cannot be read"),
                lastNews: .zero, failed: peers.failed(on: name))
        }
        let testimony = self.testimony(
            of: record, fleet: fleet.name, listed: listed, mark: memory.mark, peers: &peers)
        return CanaryEvidence(
            node: name, isHeld: record.hold != nil, testimony: testimony,
            lastNews: peers.lastNews(of: record), failed: peers.failed(on: name))
    }
}

extension GitFleetSource {
    /// What is known of nodes that have left a group.
    struct DepartedReading {
        let evidence: [CanaryEvidence]
        /// Why some of them could not be asked: one that failed since may be among them.
        let unasked: Evidence.Unasked?
    }

    /// Reads the nodes that have left a group: each reports where its present group does.
    func departed(
        _ nodes: [DepartedCanaries.Departed], fleet: Fleet, memory: NodeState, peers: inout PeerBook
    ) -> DepartedReading {
        var listings: [GroupName: [String: CommitID]] = [:]
        var unasked: Reason?
        var declarations: Set<Declaration> = []
        let groups = Dictionary(grouping: nodes, by: \.record.group).sorted { $0.key < $1.key }
        for (name, members) in groups {
            let group = CanaryGroup(name: name, hold: nil, nodes: members.map(\.record))
            switch fetchReports(of: group, fleet: fleet) {
            case .success(let listed): listings[name] = listed
            case .failure(let reason):
                let names = members.prefix(3).map(\.record.name.description).joined(separator: ", ")
                let more = members.count > 3 ? " and \(members.count - 3) more" : ""
                // Who only looks has asked nobody at all, and shows what was believed last.
                guard isWorking else { continue }
                for member in members { declarations.formUnion(member.declarations) }
                guard unasked == nil else { continue }
                unasked = Reason(reason.code, "\(names)\(more) of '\(name)': \(reason.message)")
            }
        }
        let evidence = nodes.map { node in
            let testimony = self.testimony(
                of: node.record, fleet: fleet.name, listed: listings[node.record.group], mark: memory.mark,
                peers: &peers)
            return CanaryEvidence(
                node: node.record.name, isHeld: node.record.hold != nil, testimony: testimony,
                lastNews: peers.lastNews(of: node.record), failed: peers.failed(on: node.record.name),
                labels: node.record.labels, departedFrom: node.declarations)
        }
        return DepartedReading(
            evidence: evidence, unasked: unasked.map { Evidence.Unasked($0, for: declarations) })
    }
}

extension Reason {
    /// Why a group opens nothing while nodes that have left it cannot be asked.
    func withholding(_ group: GroupName) -> Reason {
        Reason(code, "whether one that has left '\(group)' failed cannot be told: \(message)")
    }
}
