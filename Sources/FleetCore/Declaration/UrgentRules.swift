/// What a group does otherwise while its baseline is urgent, besides passing its windows over.
package struct UrgentRules: Hashable, Sendable {
    /// The soak of its gate; nil leaves it as it is.
    package let soak: TimeSpan?
    package let waves: UrgentWaves

    package init(soak: TimeSpan? = nil, waves: UrgentWaves = .asUsual) {
        self.soak = soak
        self.waves = waves
    }
}

/// The waves of a group while its baseline is urgent.
package enum UrgentWaves: Hashable, Sendable {
    case asUsual
    /// All nodes at once.
    case none
    case these(Waves)
}

extension Group {
    /// The group as it is while its baseline is urgent. Freezes, holds and the budget stay as they are.
    package var whenUrgent: Group {
        guard let urgent else { return self }
        var group = self
        if case .rule(let rule) = gate, let soak = urgent.soak {
            group.gate = .rule(
                GateRule(
                    after: rule.after, healthy: rule.healthy, soak: soak, failures: rule.failures,
                    silence: rule.silence, allowsUncovered: rule.allowsUncovered, diversity: rule.diversity))
        }
        switch urgent.waves {
        case .asUsual: break
        case .none: group.waves = nil
        case .these(let waves): group.waves = waves
        }
        return group
    }

    /// Whether it moves in waves, at least while its baseline is urgent.
    package var movesInWaves: Bool { waves != nil || whenUrgent.waves != nil }

    /// The soaks of its own waves.
    package var waveSoaks: [TimeSpan] { [waves?.soak, whenUrgent.waves?.soak].compactMap(\.self) }

    /// The soaks that its gate asks of others; none where it asks nobody.
    package var gateSoaks: [TimeSpan] {
        [gate, whenUrgent.gate].compactMap { gate in
            guard case .rule(let rule) = gate else { return nil }
            return rule.soak
        }
    }
}

extension Urgency {
    /// Whether it still holds: up to the end of its last day in UTC. A clock that is not known to be right
    /// says nothing, so that nothing is hurried by it.
    package func holds(at now: Instant) -> Bool { now.isWallKnown && now.wall.day <= until }
}

extension Membership {
    /// The same, with those of its declarations that are urgent now.
    ///
    /// What a declaration is about does not change by that, so neither does its digest: urgency that is added
    /// to what is declared already takes effect at once.
    package func judged(at now: Instant) -> Membership {
        var judged = self
        judged.urgent = versions.compactMapValues { version in
            version.baseline.urgent.flatMap { $0.holds(at: now) ? $0 : nil }
        }
        return judged
    }

    /// The group, as it is for a declaration.
    package func group(for declaration: Declaration) -> Group {
        urgent[declaration] == nil ? group : group.whenUrgent
    }
}

extension Desired {
    /// The same, with those declarations that are urgent now.
    package func judged(at now: Instant) -> Desired {
        guard case .member(let membership) = standing else { return self }
        return Desired(
            commit: commit, standing: .member(membership.judged(at: now)), mayAdmit: mayAdmit, holds: holds,
            conditions: conditions)
    }
}
