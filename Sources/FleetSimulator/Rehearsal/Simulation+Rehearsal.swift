internal import FleetCore
internal import FleetReconciler

extension Simulation {
    /// A fleet for one run of a scenario.
    convenience init(_ rehearsal: Rehearsal, seed: UInt64, forgetsOldReports: Bool = true) {
        var shape = FleetShape([])
        shape.interval = max(rehearsal.scenario.interval.seconds, 1)
        var options = SimulationOptions()
        options.usesCodec = false
        options.forgetsOldReports = forgetsOldReports
        self.init(
            rehearsal, plan: SimulationPlan(seed: seed, shape: shape, events: [], calmAt: 0), options: options
        )
    }

    private var interval: Int64 { plan.shape.interval }

    /// Brings the fleet to rest on what was declared, as it is shortly before the merge.
    func settle(_ rehearsal: Rehearsal) async {
        let scenario = rehearsal.scenario
        setClocks(for: scenario)
        // Two cycles prove what is installed.
        await run(until: 3 * interval + scenario.change.seconds)
        repository.commit(rehearsal.calm, on: repository.head, by: operatorKey, at: time)
        wakeAll()
        await run(until: time + 2 * interval)
        drawLots(for: rehearsal)
        let quiet = scenario.darkSince.seconds
        let heartbeat = scenario.before.fleet.heartbeat.seconds
        let merge = time + max(quiet, 2 * interval)
        // Nothing happens in a fleet at rest but heartbeats; of many the last two are enough.
        if quiet > 2 * heartbeat + 4 * interval { await skip(to: merge - heartbeat - 4 * interval) }
        await skip(to: merge - 2 * interval)
        time = merge
    }

    /// Runs on, up to a time.
    private func run(until end: Int64) async {
        follow(.end, at: end)
        await run()
        time = end
    }

    /// Lets a time pass without cycles, and then two of each node.
    private func skip(to start: Int64) async {
        guard start >= time else { return }
        queue = EventQueue()
        for node in nodes { node.wakeAt = nil }
        time = start
        wakeAll()
        await run(until: start + 2 * interval)
    }

    /// Sets the wall clocks so that the merge is at the time that the scenario wants.
    private func setClocks(for scenario: RehearsalScenario) {
        let settling = 5 * interval + scenario.change.seconds + max(scenario.darkSince.seconds, 2 * interval)
        let offset = scenario.start.seconds - SimulatedClock.beginning - settling
        for node in nodes { node.clock.wallOffset = offset }
    }

    private func drawLots(for rehearsal: Rehearsal) {
        let scenario = rehearsal.scenario
        for node in nodes {
            let record = rehearsal.records[node.index]
            if falls(scenario.breaks(on: record), "breaks", record.name) {
                rehearsal.breaking.insert(node.index)
            }
            guard falls(scenario.dark, "dark", record.name) else { continue }
            rehearsal.courses[node.index].isDark = true
            // What a node does that neither hears nor is heard is nothing to the fleet.
            node.isOff = true
            node.wakeAt = nil
        }
    }

    private func falls(_ share: Share, _ subject: String, _ node: NodeName) -> Bool {
        lots.below(10_000, subject, "\(node)") < share.basisPoints
    }

    /// Merges.
    func begin(_ rehearsal: Rehearsal) {
        rehearsal.mergedAt = time
        repository.commit(rehearsal.merged, on: repository.head, by: operatorKey, at: time)
        wakeAll()
    }

    /// Merges, and runs until the rollout is over, nothing moves any more, or its time is up.
    ///
    /// - Returns: how long it was looked at, in seconds.
    func rollOut(_ rehearsal: Rehearsal) async -> Int64 {
        let scenario = rehearsal.scenario
        let merge = time
        begin(rehearsal)
        for node in nodes where falls(scenario.darkening, "darkens", node.name) && !node.isOff {
            let moment = Int64(lots.below(86_400, "darkness", "\(node.name)"))
            follow(.darken(node.index), at: merge + moment)
        }
        let end = merge + scenario.span.seconds
        let patience = patience(in: scenario)
        while time < end, !isOver(rehearsal), !Task.isCancelled {
            await run(until: min(end, time + max(6 * interval, 3_600)))
            if let patience, time - max(rehearsal.lastHappening, merge) > patience { break }
        }
        return time - merge
    }

    /// Whether every node that can has moved or broken.
    private func isOver(_ rehearsal: Rehearsal) -> Bool {
        let moving = Set(rehearsal.scenario.movingGroups.map(\.name))
        return nodes.allSatisfy { node in
            node.isOff || rehearsal.courses[node.index].isOver
                || !moving.contains(rehearsal.records[node.index].group)
        }
    }

    /// After how many quiet seconds nothing more is to come; nil where a window or the end of a freeze may
    /// lie ahead.
    private func patience(in scenario: RehearsalScenario) -> Int64? {
        let groups = scenario.after.groups
        guard groups.allSatisfy({ $0.windows.isEmpty && $0.freezes.isEmpty }) else { return nil }
        var spans: [TimeSpan] = [.zero]
        var silences: [TimeSpan] = [.zero]
        for group in groups {
            var thresholds = [group.waves?.thresholds].compactMap(\.self)
            if case .rule(let rule) = group.gate { thresholds.append(rule.thresholds) }
            for threshold in thresholds {
                spans.append(threshold.soak)
                if case .leave(let length) = threshold.silence { silences.append(length) }
            }
        }
        let heartbeats = scenario.after.fleet.heartbeat * 2
        let longest = (spans.max() ?? .zero) + (silences.max() ?? .zero) + heartbeats
        return longest.seconds + 4 * interval + scenario.change.seconds
    }

    /// Lets a node run when its reasons say that something ends.
    func wakeWhenItsReasonsEnd(_ node: SimulatedNode, _ outcome: CycleOutcome?) {
        for until in outcome?.reasons.compactMap(\.until) ?? [] {
            let moment = until.seconds - SimulatedClock.beginning - node.clock.wallOffset
            if moment > time { wake(node, at: moment) }
        }
    }

    /// A report that was written while the node was at work reaches the server.
    func deliver(_ report: StoredReport, of node: SimulatedNode) {
        guard hasLink(node), case .accepted = server.push(report, isWhole: true) else { return }
        pushed(report, by: node)
    }
}
