/// How far a group's protection has become weaker: sentences for people, each about one key.
///
/// A gate or a wave that is in the way of a change is loosened in a commit of its own, which somebody reads
/// as such, and not in the one that needs it.
package struct Loosening: Hashable, Sendable {
    /// The key of the group's file that was loosened: `gate`, `waves` or `urgent`.
    package let key: String
    /// What became weaker, such as `'soak' goes from 4h to 1h`.
    package let sentence: String

    package init(key: String, _ sentence: String) {
        self.key = key
        self.sentence = sentence
    }

    /// The verb that goes with the key: the gate *is* loosened, the waves *are*.
    package var verb: String { key == "waves" ? "are" : "is" }
}

extension Group {
    /// What became weaker since `old` was this group.
    ///
    /// - Parameter sizes: how many nodes the groups have; a share and a count are compared by it.
    /// - Parameter before: how many they had.
    package func loosenings(
        from old: Group, sizes: [GroupName: Int] = [:], before: [GroupName: Int] = [:]
    ) -> [Loosening] {
        let usual =
            gate.loosenings(from: old.gate, sizes: sizes, before: before).map { Loosening(key: "gate", $0) }
            + Waves.loosenings(from: old.waves, to: waves, nodes: sizes[name] ?? 0).map {
                Loosening(key: "waves", $0)
            }
        guard urgent != nil || old.urgent != nil else { return usual }
        let (now, then) = (whenUrgent, old.whenUrgent)
        let hurried =
            now.gate.loosenings(from: then.gate, sizes: sizes, before: before)
            + Waves.loosenings(from: then.waves, to: now.waves, nodes: sizes[name] ?? 0)
        let known = usual.map(\.sentence)
        return usual
            + hurried.filter { !known.contains($0) }.map { Loosening(key: "urgent", "while urgent, \($0)") }
    }
}

extension GateSetting {
    /// What became weaker since `old` was the gate. One that is broken opens for nobody, so that nothing is
    /// looser than it, and it is looser than nothing.
    package func loosenings(
        from old: GateSetting, sizes: [GroupName: Int] = [:], before: [GroupName: Int] = [:]
    ) -> [String] {
        switch (old, self) {
        case (.rule, .none): ["the gate is dropped"]
        case (.rule(let rule), .rule(let now)): now.loosenings(from: rule, sizes: sizes, before: before)
        case (.none, _), (.broken, _), (.rule, .broken): []
        }
    }
}

extension GateRule {
    /// What became weaker since `old` was the rule.
    package func loosenings(
        from old: GateRule, sizes: [GroupName: Int] = [:], before: [GroupName: Int] = [:]
    ) -> [String] {
        var found = old.after.filter { !after.contains($0) }.map { "'after' does not name '\($0)' any more" }
        let known = old.after.filter(after.contains).map { sizes[$0] ?? 0 }
        found += thresholds.loosenings(from: old.thresholds, sizes: known)
        found += old.after.filter(after.contains).compactMap { group in
            // A share of fewer canaries is less evidence, whoever took them away and where to.
            guard let then = before[group], let now = sizes[group], now > 0 else { return nil }
            let (fewer, required) = (healthy.required(of: now), healthy.required(of: then))
            guard fewer < required else { return nil }
            return "'\(group)' has \(now) nodes instead of \(then), of which \(fewer) instead of "
                + "\(required) must be healthy"
        }
        if allowsUncovered, !old.allowsUncovered { found.append("'uncovered' goes from wait to allow") }
        if let before = old.diversity {
            if diversity?.label != before.label {
                found.append("'diversity' does not ask for \(before) any more")
            } else if let now = diversity, now.atLeast < before.atLeast {
                found.append("'diversity' goes from \(before.atLeast) to \(now)")
            }
        }
        return found
    }
}

extension Waves {
    /// What became weaker since a group had `old`.
    ///
    /// - Parameter nodes: how many the group has.
    package static func loosenings(from old: Waves?, to new: Waves?, nodes: Int = 0) -> [String] {
        guard let old else { return [] }
        guard let new else { return ["the waves are dropped"] }
        var found = new.thresholds.loosenings(from: old.thresholds, sizes: [nodes])
        // So many waves must have done well before so many nodes have it: at no point may there be more.
        for (index, share) in old.steps.enumerated() {
            guard index < new.steps.count else {
                found.append("there are \(new.steps.count) steps instead of \(old.steps.count)")
                break
            }
            guard new.steps[index].isMore(than: share, of: [nodes]) else { continue }
            found.append("step \(index + 1) goes from \(share) to \(new.steps[index])")
            break
        }
        for pause in old.pauses.subtracting(new.pauses).sorted() {
            found.append("step \(pause + 1) does not wait for a person any more")
        }
        return found
    }
}

extension Thresholds {
    /// What became weaker since `old`.
    ///
    /// - Parameter sizes: of the groups that are judged.
    fileprivate func loosenings(from old: Thresholds, sizes: [Int]) -> [String] {
        var found: [String] = []
        if old.healthy.isMore(than: healthy, of: sizes) {
            found.append("'healthy' goes from \(old.healthy) to \(healthy)")
        }
        if soak < old.soak { found.append("'soak' goes from \(old.soak) to \(soak)") }
        if failures.isMore(than: old.failures, of: sizes) {
            found.append("'failures' goes from \(old.failures) to \(failures)")
        }
        switch (old.silence, silence) {
        case (.hold, .leave(after: let now)): found.append("'silence' goes from hold to \(now)")
        case (.leave(after: let before), .leave(after: let now)) where now < before:
            found.append("'silence' goes from \(before) to \(now)")
        default: break
        }
        return found
    }
}

extension Quota {
    /// Whether this is more nodes than `other` in one of the groups.
    ///
    /// A share and a count differ by the size of a group. Where a size is not known the one with more cannot
    /// be told, so they count as loosened either way.
    fileprivate func isMore(than other: Quota, of sizes: [Int]) -> Bool {
        switch (self, other) {
        case (.percent(let own), .percent(let others)), (.count(let own), .count(let others)): own > others
        default:
            sizes.contains { size in size == 0 || required(of: size) > other.required(of: size) }
        }
    }
}
