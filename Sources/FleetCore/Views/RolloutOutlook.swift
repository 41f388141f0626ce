/// What a group's rollout waits for next, and when it may end.
struct RolloutOutlook {
    let facts: GroupRolloutFacts
    let steps: [GroupRollout.Step]
    let gate: GroupRollout.Gate
    let refusals: [Reason]
    let evidence: Evidence
    let before: [GroupName: RolloutEstimate]
    let now: Timestamp

    private var nodes: [NodeProgress] { steps.flatMap(\.nodes) }

    /// The nodes that still have to come to be healthy; failed ones do not by themselves.
    private var pending: [NodeProgress] {
        nodes.filter { [.soaking, .changing, .waiting, .held, .silent, .unknown].contains($0.standing) }
    }

    private var notAdmitted: [NodeProgress] { nodes.filter { $0.standing == .waiting } }

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
        guard !pending.isEmpty else { return .open("what failed has to be declared anew, or tried again") }
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
            let waves = steps.count { $0.nodes.contains { $0.standing == .waiting } }
            end = end + (facts.group.waves?.soak ?? .zero) * Int64(max(waves - 1, 0)) + facts.soak
        }
        let stuck: [ProgressStanding: String] = [
            .held: "is on hold", .silent: "is silent",
            .unknown: "has never reported, or its report is not believed",
        ]
        if let first = pending.first, let why = stuck[first.standing],
            pending.allSatisfy({ stuck[$0.standing] != nil })
        {
            return .open("\(first.node) \(why)")
        }
        return .notBefore(end)
    }

    /// A pause that nobody has ended before a step that has waiting nodes, however far that is.
    private var pause: Reason? {
        let last = steps.lastIndex { $0.nodes.contains { $0.standing == .waiting } }
        let waves = WaveRule(facts.membership, declaration: facts.declared, leaving: nil)
        return last.flatMap { waves?.pause(upTo: $0) }
    }

    /// When a refusal may end at the earliest; nil where a person must end it, or nobody can tell.
    private func time(of refusal: Reason) -> Timestamp? {
        guard refusal.code == .wave, let waves = facts.group.waves,
            let index = steps.firstIndex(where: { $0.nodes.contains { $0.standing == .waiting } })
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
            if refusals.isEmpty, facts.holds.isEmpty {
                let count = notAdmitted.count
                events.append(
                    RolloutEvent("\(count) node\(count == 1 ? "" : "s") may move in the next cycle"))
            }
        }
        return Array(events.prefix(3))
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
