internal import FleetCore

/// Reads the `waves` of a group: a list of steps, or a mapping with steps and thresholds.
enum WavesDecoder {
    static func waves(_ node: DocumentNode, _ problems: FileProblems) -> Waves? {
        if case .list = node.content {
            return steps(node, problems).map {
                Waves(
                    steps: $0.quotas, pauses: $0.pauses, healthy: defaultHealthy, soak: defaultSoak,
                    failures: defaultFailures, silence: .leave(after: defaultSilence))
            }
        }
        guard case .mapping = node.content else {
            problems.add(node, expected: "\(stepsExpected), or a mapping with 'steps'")
            return nil
        }
        let keys = ["steps", "healthy", "soak", "failures", "silence"]
        guard let reader = MappingReader(node, keys: keys, problems) else { return nil }
        let healthy: Quota? = reader.optional("healthy")
        if let healthy, let node = reader.node("healthy") {
            GateKeys.refuseNobody(healthy, node.place, problems)
        }
        let silence = reader.node("silence").flatMap { GateKeys.silence($0, problems) }
        let soak: TimeSpan? = reader.optional("soak")
        let failures: Quota? = reader.optional("failures")
        guard let steps = reader.required("steps", stepsExpected, { Self.steps($0, problems) }) else {
            return nil
        }
        return Waves(
            steps: steps.quotas, pauses: steps.pauses, healthy: healthy ?? defaultHealthy,
            soak: soak ?? defaultSoak, failures: failures ?? defaultFailures,
            silence: silence ?? .leave(after: defaultSilence))
    }

    // A wave is a sample of a group whose canaries were well already, so its thresholds are milder than a
    // gate's: of 300 nodes of which 2 % are dark, 150 of 150 would be healthy once in twenty times.
    private static let defaultHealthy = Quota.percent(90)
    private static let defaultSoak = TimeSpan(seconds: 1_800)
    private static let defaultFailures = Quota.percent(2)
    private static let defaultSilence = TimeSpan(seconds: 86_400)

    static let mostSteps = 20

    private static let stepsExpected = "a list of rising steps such as [10%, 50%, 100%]"
    private static let stepExpected = "\(Quota.expected), or a mapping such as {share: 50%, pause: true}"

    /// The steps' shares, and before which of them a person is waited for.
    private typealias Steps = (quotas: [Quota], pauses: Set<Int>)

    private static func steps(_ node: DocumentNode, _ problems: FileProblems) -> Steps? {
        guard let items = node.items(stepsExpected, atMost: mostSteps, problems) else { return nil }
        var steps: [Quota] = []
        var pauses: Set<Int> = []
        for (index, item) in items.enumerated() {
            guard let (step, place, isPaused) = Self.step(item, problems) else { continue }
            if isPaused { pauses.insert(index) }
            GateKeys.refuseNobody(step, place, problems)
            if let last = steps.last, !rises(from: last, to: step) {
                problems.add(place, "found '\(step)' after '\(last)'; steps are cumulative, expected more")
            }
            steps.append(step)
        }
        // A node beyond the last step would never move.
        if let last = items.last, steps.count == items.count, steps.last != .percent(100) {
            problems.add(last, expected: "'100%' as the last step")
        }
        if items.isEmpty { problems.add(node.place, "found an empty list; expected \(stepsExpected)") }
        return (steps, pauses)
    }

    /// Reads a step: a share or count alone, or with a pause before it.
    private static func step(
        _ node: DocumentNode, _ problems: FileProblems
    ) -> (step: Quota, place: Place, isPaused: Bool)? {
        guard case .mapping = node.content else {
            guard case .text = node.content else {
                problems.add(node, expected: stepExpected)
                return nil
            }
            return node.value(as: Quota.self, problems).map { ($0, node.place, false) }
        }
        guard let reader = MappingReader(node, keys: ["share", "pause"], problems) else { return nil }
        let pause = reader.choice("pause", of: Switch.self)
        let share: Quota? = reader.required("share")
        return share.map { ($0, reader.node("share")?.place ?? node.place, pause == .on) }
    }

    private enum Switch: String, CaseIterable {
        case on = "true"
        case off = "false"
    }

    /// Whether a step surely adds to the one before; a share and a count can be compared only in a group of
    /// known size.
    private static func rises(from last: Quota, to step: Quota) -> Bool {
        switch (last, step) {
        case (.percent(let left), .percent(let right)), (.count(let left), .count(let right)): left < right
        case (.percent(let share), .count): share < 100
        case (.count, .percent): true
        }
    }
}
