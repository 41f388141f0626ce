internal import FleetCore

/// A `gate` as it is written: the word `none`, or the keys of a rule, each nil where it is not written.
struct GateKeys: Sendable {
    /// Where the key `gate` stands.
    let place: Place
    /// `gate: none`.
    let isNone: Bool
    /// The groups whose reports are the evidence, each with its place.
    let after: [(group: GroupName, place: Place)]?
    /// The place of a healthy quota in this file.
    let healthyPlace: Place?
    /// Whether the key `soak` is written, right or wrong.
    let hasSoak: Bool
    private(set) var healthy: Quota?
    private(set) var soak: TimeSpan?
    private(set) var failures: Quota?
    private(set) var silence: SilenceRule?
    private(set) var uncovered: Uncovered?
    /// The inner nil is a written `null`: no diversity, whatever the defaults say.
    private(set) var diversity: Diversity??
    /// The place of a diversity in this file.
    let diversityPlace: Place?

    /// What becomes of a gate when entries apply here and to no healthy canary.
    enum Uncovered: String, CaseIterable {
        /// It waits.
        case wait
        /// They may pass.
        case allow
    }

    /// Reads the gate of a group, or the defaults of gates, which can be neither `none` nor have `after`:
    /// which group moves after which is said in words, group by group.
    init(_ node: DocumentNode, keyPlace: Place, isDefault: Bool, _ problems: FileProblems) {
        place = keyPlace
        if !isDefault, case .text("none", isPlain: _) = node.content {
            isNone = true
            after = nil
            healthyPlace = nil
            diversityPlace = nil
            hasSoak = false
            return
        }
        isNone = false
        let rule = ["healthy", "soak", "failures", "silence", "uncovered", "diversity"]
        guard let reader = Self.reader(node, keys: isDefault ? rule : ["after"] + rule, isDefault, problems)
        else {
            after = nil
            healthyPlace = nil
            diversityPlace = nil
            hasSoak = true
            return
        }
        after = isDefault ? nil : Self.after(reader, problems)
        healthy = reader.optional("healthy")
        healthyPlace = reader.node("healthy")?.place
        if let healthy, let place = healthyPlace { Self.refuseNobody(healthy, place, problems) }
        hasSoak = reader.node("soak") != nil
        soak = reader.optional("soak")
        failures = reader.optional("failures")
        silence = reader.node("silence").flatMap { Self.silence($0, problems) }
        uncovered = reader.choice("uncovered")
        let diversity = reader.node("diversity")
        diversityPlace = diversity?.place
        if let diversity {
            self.diversity = diversity.isNull ? .some(nil) : Self.diversity(diversity, problems)
        }
    }

    private static func diversity(_ node: DocumentNode, _ problems: FileProblems) -> Diversity? {
        guard case .mapping = node.content else {
            problems.add(node, expected: "a mapping such as {label: site, atLeast: 3}")
            return nil
        }
        guard let reader = MappingReader(node, keys: ["label", "atLeast"], problems) else { return nil }
        let label = reader.required("label", "the name of a label such as site") {
            NodeFile.label($0, problems)
        }
        let atLeast = reader.required("atLeast", "a number such as 3") {
            $0.integer(in: 1...1_000, problems)
        }
        guard let label, let atLeast else { return nil }
        return Diversity(label: label, atLeast: atLeast)
    }

    private static func reader(
        _ node: DocumentNode, keys: [String], _ isDefault: Bool, _ problems: FileProblems
    ) -> MappingReader? {
        guard case .text = node.content else { return MappingReader(node, keys: keys, problems) }
        let expected =
            isDefault ? "a mapping; 'gate: none' has no default" : "'none' or a mapping with 'after'"
        problems.add(node, expected: expected)
        return nil
    }

    private static func after(
        _ reader: MappingReader, _ problems: FileProblems
    ) -> [(group: GroupName, place: Place)]? {
        let expected = "a list of groups"
        let nodes = reader.required("after", expected) { $0.items(expected, problems) }
        guard let nodes else { return nil }
        if nodes.isEmpty, let node = reader.node("after") {
            problems.add(node.place, "found an empty list; expected at least one group")
        }
        var groups: [(group: GroupName, place: Place)] = []
        for node in nodes {
            guard let group = node.value(as: GroupName.self, problems) else { continue }
            if groups.contains(where: { $0.group == group }) {
                problems.add(node.place, "found '\(group)' twice; expected each group once")
            }
            groups.append((group, node.place))
        }
        return groups
    }

    /// Reads `hold` or a duration.
    static func silence(_ node: DocumentNode, _ problems: FileProblems) -> SilenceRule? {
        let expected = "'hold' or \(TimeSpan.expected)"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        if text == "hold" { return .hold }
        guard let duration = TimeSpan(text) else {
            problems.add(node, expected: expected)
            return nil
        }
        return .leave(after: duration)
    }

    /// Refuses a quota that asks for nobody: no evidence never opens a gate.
    static func refuseNobody(_ quota: Quota, _ place: Place, _ problems: FileProblems) {
        guard quota.required(of: 100) == 0 else { return }
        problems.add(place, "found '\(quota)', which no evidence can satisfy; expected at least 1 or 1%")
    }
}

extension GateKeys {
    /// This gate, with the keys of `defaults` where its own are not written.
    func over(_ defaults: GateKeys?) -> GateKeys {
        guard !isNone, let defaults else { return self }
        var keys = self
        keys.healthy = healthy ?? defaults.healthy
        keys.soak = soak ?? defaults.soak
        keys.failures = failures ?? defaults.failures
        keys.silence = silence ?? defaults.silence
        keys.uncovered = uncovered ?? defaults.uncovered
        keys.diversity = diversity ?? defaults.diversity
        return keys
    }

    /// The rule, if all that it needs is written.
    var rule: GateRule? {
        guard let after, let soak else { return nil }
        return GateRule(
            after: after.map(\.group), healthy: healthy ?? .percent(100), soak: soak,
            failures: failures ?? .count(0),
            silence: silence ?? .hold, allowsUncovered: uncovered == .allow,
            diversity: diversity ?? nil)
    }
}
