extension RolloutTime {
    /// What makes a rollout long, more than anything else on its way.
    package struct Cause: Hashable, Sendable {
        /// Whose file says it.
        package let group: GroupName
        package let key: Key
        /// How long it would take without it.
        package let without: TimeSpan
    }

    /// A key of a group's file.
    package enum Key: Sendable, CaseIterable {
        case soak
        case waves
        case window
    }

    /// The key of a group, or of one before it, without which its last step would come soonest; nil for a
    /// group that is behind a gate which cannot be asked.
    package static func cause(of name: GroupName, in all: [Group]) -> Cause? {
        let chain = groups(before: name, in: all)
        var best: Cause?
        for (index, group) in chain.enumerated() {
            for key in Key.allCases {
                guard let shorter = group.without(key) else { continue }
                var others = chain
                others[index] = shorter
                guard let time = RolloutTime(others).longest[name], time < best?.without ?? .longest else {
                    continue
                }
                best = Cause(group: group.name, key: key, without: time)
            }
        }
        return best
    }

    /// A group and those that its gate, and theirs, look at; the nearest first.
    private static func groups(before name: GroupName, in all: [Group]) -> [Group] {
        let named = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
        var found: [Group] = []
        var next = [name]
        while let name = next.popLast() {
            guard let group = named[name], !found.contains(where: { $0.name == name }) else { continue }
            found.append(group)
            if case .rule(let rule) = group.gate { next += rule.after }
        }
        return found
    }
}

extension Group {
    /// The group as if its file did not have the key; nil where that says nothing.
    fileprivate func without(_ key: RolloutTime.Key) -> Group? {
        var gate = gate
        switch (key, gate) {
        case (.soak, .rule(let rule)) where rule.soak > .zero:
            gate = .rule(
                GateRule(
                    after: rule.after, healthy: rule.healthy, soak: .zero, failures: rule.failures,
                    silence: rule.silence, allowsUncovered: rule.allowsUncovered,
                    diversity: rule.diversity))
        case (.waves, _) where waves != nil: break
        case (.window, _) where !windows.isEmpty: break
        default: return nil
        }
        return Group(
            name: name, baseline: baseline, gate: gate, waves: key == .waves ? nil : waves,
            windows: key == .window ? [] : windows)
    }
}
