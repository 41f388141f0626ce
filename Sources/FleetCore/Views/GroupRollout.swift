/// How far a group has come with what is declared for it.
package struct GroupRollout: Sendable {
    package let group: GroupName
    package let baseline: BaselineName
    package let declared: Declaration
    /// When it was declared, by the committer's clock; nil where that is not known.
    package let since: Timestamp?
    /// The waves in their order; the whole group as one where it has none.
    package let steps: [Step]
    package let gate: Gate
    /// Holds of the fleet and of the group.
    package let holds: [Reason]
    /// Why the next of its nodes does not move though the gate is open: window, freeze, waves.
    package let refusals: [Reason]
    package let events: [RolloutEvent]
    package let estimate: RolloutEstimate
    /// What nodes need a person for, what only a person can do first.
    package let needs: [RolloutNeed]
    /// How the group's budget slows it down; nil without one, or where nobody waits.
    package let budget: BudgetOutlook?
    /// Why it is urgent now, so that no window holds it; nil where it is not.
    package var urgency: Urgency?

    /// The nodes that one wave adds.
    package struct Step: Sendable {
        /// The wave's share, cumulative, as the group's file says it; empty without waves.
        package let title: String
        package let nodes: [NodeProgress]

        package init(title: String, nodes: [NodeProgress]) {
            self.title = title
            self.nodes = nodes
        }
    }

    package enum Gate: Sendable {
        case none
        case broken(String)
        case answer(GateAnswer, GateRule)
    }

    package init(
        group: GroupName, baseline: BaselineName, declared: Declaration, since: Timestamp?, steps: [Step],
        gate: Gate, holds: [Reason], refusals: [Reason], events: [RolloutEvent], estimate: RolloutEstimate,
        needs: [RolloutNeed] = [], budget: BudgetOutlook? = nil
    ) {
        self.group = group
        self.baseline = baseline
        self.declared = declared
        self.since = since
        self.steps = steps
        self.gate = gate
        self.holds = holds
        self.refusals = refusals
        self.events = events
        self.estimate = estimate
        self.needs = needs
        self.budget = budget
    }

    /// Whether every node of the group is healthy on what is declared.
    package var isDone: Bool { steps.allSatisfy { $0.nodes.allSatisfy { $0.standing == .healthy } } }

    package var counts: [ProgressStanding: Int] { steps.flatMap(\.nodes).counts }

    /// Whether it cannot come to its end unless a person does something.
    package var needsPerson: Bool { needs.contains(where: \.step.isOnlyWay) }

    /// Whether something of it still goes on without a person, as far as anybody can tell.
    package var movesByItself: Bool {
        if case .notBefore = estimate { return true }
        return steps.contains { step in
            step.nodes.contains { [.soaking, .changing].contains($0.standing) && !$0.needsPerson }
        }
    }
}

/// What nodes of a rollout need a person for.
package struct RolloutNeed: Hashable, Sendable {
    package let step: PersonStep
    package let nodes: [NodeName]

    package init(_ step: PersonStep, nodes: [NodeName]) {
        self.step = step
        self.nodes = nodes
    }

    /// Such as `store-3, store-7 and 4 more: failed: revert the commit …`.
    package var words: String {
        let named = nodes.prefix(Self.namedNodes).map(\.description).joined(separator: ", ")
        let more = nodes.count - Self.namedNodes
        return "\(named)\(more > 0 ? " and \(more) more" : "") (\(step.state)): \(step.step)"
    }

    private static let namedNodes = 5

    /// Nodes that need the same, in the order of their names; what only a person can do first.
    package static func grouped(_ all: [(node: NodeName, step: PersonStep)]) -> [RolloutNeed] {
        Dictionary(grouping: all, by: \.step)
            .map { RolloutNeed($0.key, nodes: $0.value.map(\.node).sorted()) }
            .sorted { left, right in
                if left.step.isOnlyWay != right.step.isOnlyWay { return left.step.isOnlyWay }
                return (right.nodes.count, left.step.state, left.step.step)
                    < (left.nodes.count, right.step.state, right.step.step)
            }
    }
}

/// The next thing that a rollout waits for.
package struct RolloutEvent: Hashable, Sendable {
    package let text: String
    /// The earliest moment; nil where nobody can tell.
    package let at: Timestamp?

    package init(_ text: String, at: Timestamp? = nil) {
        self.text = text
        self.at = at
    }
}

/// When a group will have come to the end of its rollout.
package enum RolloutEstimate: Hashable, Sendable {
    case done
    /// Not before this moment, if all goes well: what a change itself takes is not in it.
    case notBefore(Timestamp)
    /// Nobody can tell, and why.
    case open(String)
}

/// What a group's rollout is made of.
package struct GroupRolloutFacts: Sendable {
    /// What the fleet repository says to any one of its nodes.
    package let membership: Membership
    package let declared: Declaration
    package let since: Timestamp?
    /// The longest soak that gates or waves ask of the group's nodes.
    package let soak: TimeSpan
    /// Holds of the fleet and of the group.
    package let holds: [Reason]
    /// The group's nodes, as far as they have reported.
    package let nodes: [CanaryEvidence]
    /// The rules of the zones that the group's windows and freezes name.
    package let zones: [ZoneName: Result<ZoneRules, ZoneError>]
    /// Who has places of the group's budget, by the values of its label.
    package let places: [LabelValue: BudgetPlaces]
    /// Nodes whose report may be older than what a person has done about them since.
    package let outdated: Set<NodeName>

    package init(
        membership: Membership, declared: Declaration, since: Timestamp?, soak: TimeSpan, holds: [Reason],
        nodes: [CanaryEvidence], zones: [ZoneName: Result<ZoneRules, ZoneError>] = [:],
        places: [LabelValue: BudgetPlaces] = [:], outdated: Set<NodeName> = []
    ) {
        self.places = places
        self.outdated = outdated
        self.membership = membership
        self.declared = declared
        self.since = since
        self.soak = soak
        self.holds = holds
        self.nodes = nodes
        self.zones = zones
    }

    /// As it is for what is declared.
    var group: Group { membership.group(for: declared) }

    /// Why what is declared is urgent; nil where it is not.
    var urgency: Urgency? { membership.urgent[declared] }

    /// The nodes by the waves that add them, in the waves' order; all as one without waves.
    fileprivate var steps: [(title: String, nodes: [CanaryEvidence])] {
        guard let waves = group.waves, let plan = membership.wavePlan(for: declared) else {
            return [("", nodes)]
        }
        let known = Dictionary(nodes.map { ($0.node, $0) }) { first, _ in first }
        return waves.steps.enumerated().map { index, share in
            ("\(share)", plan.wave(index).compactMap { known[$0] })
        }
    }

    /// The evidence with the witnesses of all waves.
    fileprivate func adding(wavesTo evidence: Evidence) -> Evidence {
        guard let plan = membership.wavePlan(for: declared) else { return evidence }
        let known = Dictionary(nodes.map { ($0.node, $0) }) { first, _ in first }
        let waves = (0..<plan.count).map { index in
            plan.witnesses(of: index) { known[$0]?.isHeld ?? false }.compactMap { known[$0] }
        }
        return evidence.adding(waves: [declared: waves])
    }

    /// The evidence with those that have left the waves before a node.
    private func adding(leaversOf member: Membership, to evidence: Evidence) -> Evidence {
        guard var waves = evidence.waves[declared] else { return evidence }
        let gone = (evidence.groups[group.name] ?? []).filter { $0.departedFrom != nil }
        for (index, names) in member.waveLeavers(for: declared).waves.enumerated() where index < waves.count {
            waves[index] += gone.filter { names.contains($0.node) }
        }
        return evidence.adding(waves: [declared: waves])
    }

    /// Whether a node goes back to the declared one at once: the branch took off what it has, that alone, and
    /// the declared one is proven there.
    fileprivate func isReturning(_ node: CanaryEvidence) -> Bool {
        guard let report = node.report, let admitted = report.baseline.admitted else { return false }
        return membership.stack.withdrawal(of: admitted)?.count == 1
            && report.proven.contains { $0.declaration == declared }
    }

    /// Why a node of the group does not move though its gate is open.
    fileprivate func refusals(of node: NodeName, on evidence: Evidence, at now: Instant) -> [Reason] {
        let member = Membership(
            fleet: membership.fleet, group: group, node: NodeRecord(name: node, group: group.name, key: ""),
            stack: membership.stack, versions: [:], peers: membership.peers,
            knownPlans: membership.wavePlan(for: declared).map { [declared: $0] } ?? [:],
            proceed: membership.proceed, leavers: membership.leavers,
            leaversUnknown: membership.leaversUnknown)
        let evidence = adding(leaversOf: member, to: evidence)
        var left: Declaration?
        if case .report(let report, id: _)? = nodes.first(where: { $0.node == node })?.testimony {
            left = report.baseline.admitted
        }
        let waves = WaveRule(member, declaration: declared, leaving: left)
        return TimeRules(group, zones: zones, passesWindows: urgency != nil, at: now).refusals(for: nil)
            + (waves?.answer(on: evidence).refusals ?? [])
    }
}

extension GroupRollout {
    /// - Parameters:
    ///   - evidence: the nodes of all groups that the gate looks at.
    ///   - before: the estimates of those groups, as far as they are on the way to this declaration.
    package init(
        _ facts: GroupRolloutFacts, evidence: Evidence, before: [GroupName: RolloutEstimate], now: Instant
    ) {
        group = facts.group.name
        baseline = facts.group.baseline
        declared = facts.declared
        since = facts.since
        let evidence = facts.adding(wavesTo: evidence)
        steps = facts.steps.map { step in
            Step(
                title: step.title,
                nodes: step.nodes.map { node in
                    let progress = NodeProgress(
                        node, on: facts.declared, soak: facts.soak, in: evidence,
                        isOutdated: facts.outdated.contains(node.node), now: now.wall)
                    guard progress.standing == .waiting, facts.isReturning(node) else { return progress }
                    return NodeProgress(node: node.node, standing: .changing)
                })
        }
        switch facts.group.gate {
        case .none: gate = .none
        case .broken(let message): gate = .broken(message)
        case .rule(let rule):
            gate = .answer(rule.answer(for: facts.declared, on: evidence, applied: []), rule)
        }
        holds = facts.holds
        let next = steps.lazy.flatMap(\.nodes).first { $0.standing == .waiting && !$0.needsPerson }
        refusals = next.map { facts.refusals(of: $0.node, on: evidence, at: now) } ?? []
        let outlook = RolloutOutlook(
            facts: facts, steps: steps, gate: gate, refusals: refusals, evidence: evidence, before: before,
            now: now.wall)
        events = outlook.events
        estimate = outlook.estimate
        needs = outlook.needs
        budget = outlook.budget
        urgency = facts.urgency
    }

    /// The groups of `all` in the order of their gates: those that others look at first.
    package static func ordered(_ all: [Group]) -> [Group] {
        var after: [GroupName: [GroupName]] = [:]
        for group in all {
            guard case .rule(let rule) = group.gate else { continue }
            after[group.name] = rule.after
        }
        var depths: [GroupName: Int] = [:]
        func depth(_ group: GroupName, _ way: Set<GroupName>) -> Int {
            if let known = depths[group] { return known }
            let looked = (after[group] ?? []).filter { !way.contains($0) }
            let depth = looked.map { depth($0, way.union([$0])) + 1 }.max() ?? 0
            depths[group] = depth
            return depth
        }
        let ranked = all.map { (depth: depth($0.name, [$0.name]), group: $0) }
        return ranked.sorted { ($0.depth, $0.group.name) < ($1.depth, $1.group.name) }.map(\.group)
    }
}
