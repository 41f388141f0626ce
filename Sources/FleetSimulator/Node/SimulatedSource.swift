internal import FleetCore
internal import FleetReconciler

/// The fleet repository through a node's line and clone, authenticated by the rules of design §6.
struct SimulatedSource: FleetSource {
    let simulation: Simulation
    let node: SimulatedNode

    func fetch(_ memory: NodeState) async -> Answers {
        let obstacle = fetchTip()
        return Answers(conditions: obstacle.map { [$0] } ?? [], isAnswered: obstacle == nil)
    }

    /// Takes the tip over the line.
    ///
    /// - Returns: why it did not come; nil if it is there.
    private func fetchTip() -> Reason? {
        guard simulation.hasLink(node) else { return Reason(.remoteAway, "the line is down") }
        let tip = simulation.server.tip(of: simulation.repository, for: node.name, lots: simulation.lots)
        guard node.clone.tip !== tip else { return nil }
        guard !simulation.isDiskFull(node) else { return Reason(.noSpace, "no space for what is new") }
        guard node.power.step() else { return Reason(.remoteAway, "no power") }
        node.clone.tip = tip
        return nil
    }

    func follow(_ memory: NodeState) throws(SourceError) -> Following {
        var following = advance(memory)
        simulation.mutation?.following?(&following, node.clone.tip)
        // A rehearsal has a calendar of its own, and nobody's clock is wrong in it.
        guard simulation.rehearsal == nil else { return following }
        following.markDate = simulation.repository.commit(following.mark).map {
            Timestamp(seconds: SimulatedClock.beginning + $0.time)
        }
        return following
    }

    /// Verify first, then move the mark: to the last authentic commit before the first that is not.
    private func advance(_ memory: NodeState) -> Following {
        let repository = simulation.repository
        var state = Following(
            mark: memory.mark, followed: memory.followed, introduction: memory.introduction,
            stacks: memory.stacks, mayAdmit: true, conditions: [], holdsAt: memory.mark)
        guard let tip = node.clone.tip else { return state }
        let isIntroduced = memory.introduction == repository.introduction.id
        if isIntroduced, tip.id == memory.mark, memory.followed == memory.mark { return state }
        let start = (isIntroduced ? repository.commit(memory.mark) : nil) ?? repository.introduction
        guard tip.contains(start) else {
            if start.contains(tip) {
                state.conditions.append(Reason(.remoteBehind, "the remote is older than the mark"))
            } else {
                state.refuse(Reason(.untrusted, "the mark is not on the tip's first-parent chain"))
            }
            // What this node could not read at the mark it does not admit because the remote is old.
            if state.followed != state.mark { state.mayAdmit = false }
            return state
        }
        if !isIntroduced {
            state.stacks = [:]
            state.followed = nil
            state.introduction = repository.introduction.id
            take(repository.introduction, &state)
        }
        var verified: [SimulatedCommit] = []
        for commit in chain(from: tip, backTo: start) {
            guard let parent = commit.parent, parent.content.trust.contains(commit.signer) else {
                state.refuse(
                    Reason(.untrusted, "\(commit.id.short) is signed by \(commit.signer.name)"))
                break
            }
            take(commit, &state)
            verified.append(commit)
        }
        chooseFollowed(&state, verified: verified)
        return state
    }

    private func take(_ commit: SimulatedCommit, _ state: inout Following) {
        commit.grow(&state.stacks)
        state.mark = commit.id
        state.holdsAt = commit.id
    }

    private func chain(from tip: SimulatedCommit, backTo start: SimulatedCommit) -> [SimulatedCommit] {
        var newestFirst: [SimulatedCommit] = []
        var commit: SimulatedCommit? = tip
        while let current = commit, current !== start {
            newestFirst.append(current)
            commit = current.parent
        }
        return newestFirst.reversed()
    }

    /// The followed commit: the newest authentic one that this node can read.
    private func chooseFollowed(_ state: inout Following, verified: [SimulatedCommit]) {
        var candidates = [state.mark].compactMap(\.self) + verified.reversed().dropFirst().map(\.id)
        if let introduction = state.introduction, state.followed == nil { candidates.append(introduction) }
        for candidate in candidates where candidate != state.followed {
            guard let commit = simulation.repository.commit(candidate) else { continue }
            if let reason = unreadable(commit) {
                if candidate == state.mark { state.refuse(reason) }
                continue
            }
            state.followed = candidate
            return
        }
    }

    /// Why this node cannot read a commit; nil if it can, or is not in the fleet there.
    private func unreadable(_ commit: SimulatedCommit) -> Reason? {
        guard node.agent >= commit.content.fleet.agent else {
            return Reason(.newerAgentNeeded, "needs agent \(commit.content.fleet.agent)")
        }
        guard let record = commit.content.nodes[node.name] else { return nil }
        guard commit.view(of: record.group) != nil else {
            return Reason(.unreadable, "the baseline of '\(record.group)' has an error")
        }
        return nil
    }

    func read(_ following: Following, memory: NodeState) throws(SourceError) -> Desired {
        var desired = desired(following, memory: memory)
        simulation.mutation?.desired?(&desired, simulation.repository)
        return desired
    }

    private func desired(_ following: Following, memory: NodeState) -> Desired {
        // A clone that was made anew from an older remote lacks what the node remembers.
        guard let followed = simulation.repository.commit(following.followed), node.clone.tip != nil else {
            return Desired(
                commit: following.followed, standing: .unknown, mayAdmit: false,
                conditions: following.conditions)
        }
        let holds = holds(at: following.holdsAt ?? followed.id)
        guard let record = followed.content.nodes[node.name], let view = followed.view(of: record.group)
        else {
            return Desired(
                commit: followed.id, standing: .absent(awaited: "\(node.name).yaml"),
                mayAdmit: following.mayAdmit, holds: holds, conditions: following.conditions)
        }
        let stack = following.stacks[view.group.baseline] ?? DeclarationStack()
        for layer in stack.layers { _ = followed.wavePlan(of: record.group, to: layer.declaration) }
        var membership = Membership(
            fleet: followed.content.fleet, group: view.group, node: record, stack: stack,
            versions: versions(view, at: followed, following: following, memory: memory), soaks: view.soaks,
            peers: view.peers, knownPlans: followed.wavePlans[record.group] ?? [:],
            proceed: followed.content.proceeds[record.group],
            leavers: leavers(of: view.group, in: stack, memory: memory, at: followed))
        for declaration in membership.versions.keys {
            membership.declaredAt[declaration] = simulation.repository.commit(declaration.commit).map {
                Timestamp(seconds: SimulatedClock.beginning + $0.time)
            }
        }
        return Desired(
            commit: followed.id, standing: .member(membership), mayAdmit: following.mayAdmit, holds: holds,
            conditions: following.conditions)
    }

    /// Who has left a group that moves in waves since each declaration.
    private func leavers(
        of group: Group, in stack: DeclarationStack, memory: NodeState, at followed: SimulatedCommit
    ) -> [Declaration: Set<NodeName>] {
        guard group.movesInWaves else { return [:] }
        var leavers: [Declaration: Set<NodeName>] = [:]
        let open = stack.ahead(of: memory.base?.declaration)
        for departed in simulation.departed(from: group.name, since: open, at: followed) {
            for declaration in departed.declarations {
                leavers[declaration, default: []].insert(departed.record.name)
            }
        }
        return leavers
    }

    private func holds(at id: CommitID) -> [Reason] {
        var reasons: [Reason] = []
        if node.troubles.heldUntil > simulation.time {
            reasons.append(Reason(.localHold, "held by a file on the node"))
        }
        guard let content = simulation.repository.commit(id)?.content else { return reasons }
        if let hold = content.fleet.hold { reasons.append(Reason(.fleetHold, hold)) }
        guard let record = content.nodes[node.name] else { return reasons }
        if let hold = content.groups[record.group]?.hold { reasons.append(Reason(.groupHold, hold)) }
        if let hold = record.hold { reasons.append(Reason(.nodeHold, hold)) }
        return reasons
    }

    private func versions(
        _ view: GroupView, at followed: SimulatedCommit, following: Following, memory: NodeState
    ) -> [Declaration: DeclaredBaseline] {
        let name = view.group.baseline
        let stack = following.stacks[name] ?? DeclarationStack()
        var versions: [Declaration: DeclaredBaseline] = [:]
        if let declared = stack.declared, view.digest == declared.digest {
            versions[declared] = DeclaredBaseline(
                baseline: view.baseline, sources: nil, readAt: followed.id)
        }
        for admission in [memory.admitted, memory.previous].compactMap(\.self)
        where versions[admission.declaration] == nil {
            versions[admission.declaration] = version(
                admission.baseline, of: admission.declaration,
                at: [
                    following.stacks[admission.baseline]?.coveredAt(admission.declaration), admission.readAt,
                ])
        }
        let base = memory.base
        for declaration in stack.ahead(of: base?.declaration) where versions[declaration] == nil {
            versions[declaration] = version(
                name, of: declaration, at: [stack.coveredAt(declaration), followed.id])
        }
        return versions
    }

    /// What a declaration says, at the newest of `commits` where it can be read.
    private func version(
        _ name: BaselineName, of declaration: Declaration, at commits: [CommitID?]
    ) -> DeclaredBaseline? {
        for id in (commits + [declaration.commit]).compactMap(\.self) {
            guard let commit = simulation.repository.commit(id), commit.digests[name] == declaration.digest,
                let baseline = commit.content.baselines[name]
            else { continue }
            return DeclaredBaseline(baseline: baseline, sources: nil, readAt: id)
        }
        return nil
    }
}

extension Following {
    /// Notes why nothing new may be admitted now.
    fileprivate mutating func refuse(_ reason: Reason) {
        mayAdmit = false
        conditions.append(reason)
    }
}

extension DeclarationStack {
    /// The newest commit at which a declaration was on top, as far as the stack remembers; nil while it is.
    fileprivate func coveredAt(_ declaration: Declaration) -> CommitID? {
        layers.first { $0.declaration == declaration }?.coveredAt ?? withdrawal(of: declaration)?.coveredAt
    }
}
