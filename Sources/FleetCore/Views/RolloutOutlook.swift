/// What a group's rollout waits for next, and when it may end.
struct RolloutOutlook {
    let facts: GroupRolloutFacts
    let steps: [GroupRollout.Step]
    let gate: GroupRollout.Gate
    let refusals: [Reason]
    let evidence: Evidence
    let before: [GroupName: RolloutEstimate]
    let now: Timestamp
    /// How the group's budget slows it down; nil without one, or where nobody waits.
    let budget: BudgetOutlook?
    /// The same for the wave that moves now.
    private let budgetNow: BudgetOutlook?
    /// Nodes that wait for a place which nobody gives back but by a person.
    private let stuck: Set<NodeName>

    init(
        facts: GroupRolloutFacts, steps: [GroupRollout.Step], gate: GroupRollout.Gate, refusals: [Reason],
        evidence: Evidence, before: [GroupName: RolloutEstimate], now: Timestamp
    ) {
        self.facts = facts
        self.steps = steps
        self.gate = gate
        self.refusals = refusals
        self.evidence = evidence
        self.before = before
        self.now = now
        let waiting = steps.map { $0.nodes.filter { $0.standing == .waiting && !$0.needsPerson } }
        let budget = facts.outlook(for: waiting.flatMap(\.self))
        self.budget = budget
        budgetNow = facts.outlook(for: waiting.first { !$0.isEmpty } ?? [])
        stuck = Set((budget?.stuck ?? []) + (budget?.unlabelled ?? []))
    }

    private var nodes: [NodeProgress] { steps.flatMap(\.nodes) }

    /// The nodes that still have to come to be healthy, and may do so without a person.
    private var pending: [NodeProgress] {
        nodes.filter { node in
            [.soaking, .changing, .waiting, .held, .silent, .unknown].contains(node.standing)
                && !node.needsPerson && !stuck.contains(node.node)
        }
    }

    private var notAdmitted: [NodeProgress] { pending.filter { $0.standing == .waiting } }

    /// The nodes of the wave that moves now.
    private var movingNow: Int {
        let names = Set(notAdmitted.map(\.node))
        return steps.lazy.map { $0.nodes.count { names.contains($0.node) } }.first { $0 > 0 } ?? 0
    }

    /// When the gate may open at the earliest; now where it is open.
    private var opening: RolloutEstimate {
        switch gate {
        case .none: return .notBefore(now)
        case .broken: return .open("the gate is broken")
        case .answer(let answer, let rule):
            if answer.verdict == .open { return .notBefore(now) }
            if answer.shares.allSatisfy(\.isOpen), let reason = answer.reasons.first {
                return .open(reason.message)
            }
            var latest = now
            for share in answer.shares where !share.isOpen {
                if share.isClosed { return .open("the gate is closed: '\(share.group)' failed") }
                let ready = evidence.ready(share, for: facts.declared, soak: rule.soak, now: now)
                guard let ready else {
                    return .open("too few in '\(share.group)' can become healthy")
                }
                latest = max(latest, ready)
                guard isBehind(share) else { continue }
                // Its nodes have to be let through first, and to soak after that.
                switch before[share.group] {
                case .open(let why): return .open(why)
                case .notBefore(let end): latest = max(latest, end)
                case .done, nil: break
                }
            }
            return .notBefore(latest)
        }
    }

    /// Whether a group that the gate looks at needs nodes that have not admitted the declaration.
    private func isBehind(_ share: GateAnswer.Share) -> Bool {
        let standings = (evidence.groups[share.group] ?? []).filter { !$0.isHeld && $0.departedFrom == nil }
            .map {
                NodeProgress($0, on: facts.declared, soak: .zero, in: evidence, now: now).standing
            }
        let onIt = standings.count { $0 == .healthy || $0 == .soaking || $0 == .changing }
        return onIt < share.required
    }

    var estimate: RolloutEstimate {
        let isDone = nodes.allSatisfy { $0.standing == .healthy }
        guard !isDone else { return .done }
        guard !pending.isEmpty else { return .open("nothing of it goes on without a person") }
        var end = pending.compactMap(\.settles).max() ?? now
        if !notAdmitted.isEmpty {
            if let hold = facts.holds.first { return .open(hold.message) }
            switch opening {
            case .open(let why): return .open(why)
            case .notBefore(let opens): end = max(end, opens)
            case .done: break
            }
            for refusal in refusals {
                guard let until = time(of: refusal) else { return .open(refusal.message) }
                end = max(end, until)
            }
            if let pause { return .open(pause.message) }
            // Each further wave waits for the one before it to soak.
            let waves = steps.count { $0.nodes.contains { $0.standing == .waiting && !$0.needsPerson } }
            end = end + (facts.group.waves?.soak ?? .zero) * Int64(max(waves - 1, 0)) + facts.soak
        }
        let stuck: [ProgressStanding: String] = [
            .held: "is on hold", .silent: "is silent",
            .unknown: "has never reported, or its report is not believed",
        ]
        if let (node, person) = standingStill {
            return .open("\(node.node) (\(person.state)): \(person.step)")
        }
        if let first = pending.first, let why = stuck[first.standing],
            pending.allSatisfy({ stuck[$0.standing] != nil })
        {
            return .open("\(first.node) \(why)")
        }
        return .notBefore(end)
    }

    /// A node that has what is declared and whose soak does not run.
    private var standingStill: (NodeProgress, PersonStep)? {
        pending.lazy.filter { [.soaking, .changing].contains($0.standing) && $0.settles == nil }
            .compactMap { node in node.person.map { (node, $0) } }.first
    }

    /// A pause that nobody has ended before a step that has waiting nodes, however far that is.
    private var pause: Reason? {
        let last = steps.lastIndex { $0.nodes.contains { $0.standing == .waiting && !$0.needsPerson } }
        let waves = WaveRule(facts.membership, declaration: facts.declared, leaving: nil)
        return last.flatMap { waves?.pause(upTo: $0) }
    }

    /// When a refusal may end at the earliest; nil where a person must end it, or nobody can tell.
    private func time(of refusal: Reason) -> Timestamp? {
        guard refusal.code == .wave, let waves = facts.group.waves,
            let index = steps.firstIndex(where: {
                $0.nodes.contains { $0.standing == .waiting && !$0.needsPerson }
            })
        else { return refusal.until }
        return evidence.ready(
            waves: waves, before: index, of: facts.group.name, for: facts.declared, now: now)
    }

    /// The next events, the soonest first; at most three.
    var events: [RolloutEvent] {
        var events: [RolloutEvent] = []
        if let next = nodes.filter({ $0.settles != nil }).min(by: { Self.isSooner($0.settles, $1.settles) }) {
            events.append(event(next))
        }
        let returning = nodes.count { $0.standing == .changing && $0.settles == nil }
        if returning > 0 {
            let words = returning == 1 ? "1 node goes" : "\(returning) nodes go"
            events.append(RolloutEvent("\(words) back in the next cycle"))
        }
        guard !notAdmitted.isEmpty else { return events }
        for hold in facts.holds { events.append(RolloutEvent("a person lifts the hold: \(hold.message)")) }
        if case .answer(let answer, let rule) = gate, answer.verdict != .open {
            for share in answer.shares where !share.isOpen {
                events.append(event(share, rule))
            }
            if answer.shares.allSatisfy(\.isOpen) {
                events += answer.reasons.map { RolloutEvent($0.message) }
            }
        } else {
            events += refusals.map { RolloutEvent($0.wayOn, at: time(of: $0)) }
            if refusals.isEmpty, facts.holds.isEmpty { events += moves }
        }
        return Array(events.prefix(3))
    }

    /// Who may move now that nothing but the budget is left to ask.
    private var moves: [RolloutEvent] {
        var events: [RolloutEvent] = []
        let count = budgetNow?.movable ?? movingNow
        if count > 0 {
            events.append(RolloutEvent("\(count) node\(count == 1 ? "" : "s") may move in the next cycle"))
        }
        let full = (budgetNow?.full ?? []).filter { !$0.places.isStuck }
        guard let first = full.first else { return events }
        let others =
            full.count == 1 ? "" : full.count == 2 ? "; so is 1 other" : "; so are \(full.count - 1) others"
        events.append(
            RolloutEvent(
                "\(first.places.summary) (\(first.places.holderWords(now: now)))\(others); "
                    + "\(first.waiting) more wait\(first.waiting == 1 ? "s" : "") there for a report "
                    + "that gives a place back"))
        return events
    }

    /// What nodes need a person for.
    var needs: [RolloutNeed] {
        var needs = nodes.compactMap { node in node.person.map { (node: node.node, step: $0) } }
        if let budget {
            let label = PersonStep(
                "without a usable label '\(budget.budget.per)'",
                "give it the label in its file: the group's budget counts by it", isOnlyWay: true)
            needs += budget.unlabelled.map { (node: $0, step: label) }
            for value in budget.values where value.places.isStuck {
                let places = value.places
                let step = PersonStep(
                    "failed, with all places of \(places.ledger.label) '\(places.ledger.value)'",
                    "\(value.waiting) wait there: mend one, or end its claim by 'plimsoll claims --end NODE "
                        + "--reason TEXT'", isOnlyWay: true)
                needs += places.holders.map { (node: $0.node, step: step) }
            }
        }
        return RolloutNeed.grouped(needs)
    }

    private static func isSooner(_ left: Timestamp?, _ right: Timestamp?) -> Bool {
        guard let left, let right else { return left != nil }
        return left < right
    }

    private func event(_ node: NodeProgress) -> RolloutEvent {
        guard facts.soak > .zero else {
            return RolloutEvent("\(node.node) proves it, in two successive cycles", at: nil)
        }
        return RolloutEvent("\(node.node) reaches its soak of \(facts.soak)", at: node.settles)
    }

    private func event(_ share: GateAnswer.Share, _ rule: GateRule) -> RolloutEvent {
        guard !share.isClosed else {
            return RolloutEvent(
                "the gate is closed: \(share.failed) of '\(share.group)' failed; declare something else, "
                    + "or let them try again by 'retry'")
        }
        return RolloutEvent(
            "\(share.required) of '\(share.group)' healthy for \(rule.soak): the gate opens",
            at: evidence.ready(share, for: facts.declared, soak: rule.soak, now: now))
    }
}

extension GroupRolloutFacts {
    /// How the group's budget slows these nodes down; nil without one, or where there are none.
    fileprivate func outlook(for waiting: [NodeProgress]) -> BudgetOutlook? {
        guard let budget = group.budget, !waiting.isEmpty else { return nil }
        let labels = Dictionary(nodes.map { ($0.node, $0.labels) }) { first, _ in first }
        return BudgetOutlook(
            budget, group: group.name, waiting: waiting.map { ($0.node, labels[$0.node] ?? [:]) },
            places: places)
    }
}
