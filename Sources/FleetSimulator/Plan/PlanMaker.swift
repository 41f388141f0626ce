internal import FleetCore

/// Makes plans from seeds: a fleet, what its operators do, and what befalls it.
package struct PlanMaker: Sendable {
    /// How likely each kind of happening is.
    package var odds: FaultOdds
    /// The numbers of nodes that a fleet may have.
    package var sizes: ClosedRange<Int>
    /// How long faults last, in seconds.
    package var span: Int64
    /// The times between two cycles that a fleet may have, in seconds.
    package var intervals: [Int]

    package init(
        odds: FaultOdds = .everything, sizes: ClosedRange<Int> = 5...500, days: Int = 16,
        intervals: [Int] = [300, 900, 1_800]
    ) {
        self.intervals = intervals
        self.odds = odds
        span = Int64(days) * 86_400
        self.sizes = sizes
    }

    /// Small fleets and a short while: what a debug build carries out quickly, and what finds bugs first.
    package static let small = PlanMaker(sizes: 5...8, days: 6, intervals: [1_800, 3_600])

    package func plan(seed: UInt64) -> SimulationPlan {
        var generator = SimulationGenerator(seed: seed)
        let shape = calendars(shape(&generator), seed: seed)
        let names = shape.names
        var events: [PlannedEvent] = []
        for kind in FaultOdds.Kind.allCases {
            for _ in 0..<count(of: kind, nodes: names.count, &generator) {
                let time = Int64(generator.below(Int(span)))
                events += happenings(of: kind, shape: shape, names: names, &generator)
                    .map { PlannedEvent(at: time + $0.delay, $0.happening) }
            }
        }
        events += urgencies(shape, seed: seed)
        var plan = SimulationPlan(
            seed: seed, shape: shape, events: events.filter { $0.time < span }, calmAt: span)
        // Who may move at night alone takes a night for each step.
        if shape.groups.contains(where: { !$0.group.windows.isEmpty }) { plan.settling *= 2 }
        return plan
    }

    /// How often something happens: so many times in a hundred days, for the fleet or for each node.
    private func count(
        of kind: FaultOdds.Kind, nodes: Int, _ generator: inout SimulationGenerator
    ) -> Int {
        let rate = odds[kind] * (kind.isOfNodes ? min(nodes, 60) : 1)
        let expected = rate * Int(span) / 86_400
        return expected / 100 + (generator.below(100) < expected % 100 ? 1 : 0)
    }

    // MARK: The fleet

    private func shape(_ generator: inout SimulationGenerator) -> FleetShape {
        // Small fleets are quick and find most; large ones are rarer.
        let isLarge = generator.happens(permille: 60)
        let most = isLarge ? sizes.upperBound : min(sizes.upperBound, max(sizes.lowerBound, 24))
        let total = generator.number(in: sizes.lowerBound...most)
        let canaries = max(1, min(total / 3, generator.number(in: 1...4)))
        let isChained = total > 8 && generator.happens(permille: 300)
        let middle = isChained ? max(1, total / 4) : 0
        var groups = [
            FleetShape.GroupShape(
                Group(name: .simulated("canary"), baseline: ReleaseBook.baseline, gate: .none),
                nodes: canaries)
        ]
        if isChained { groups.append(follower("pilot", after: "canary", nodes: middle, &generator)) }
        groups.append(
            follower(
                "store", after: isChained ? "pilot" : "canary", nodes: max(1, total - canaries - middle),
                &generator))
        var shape = FleetShape(groups)
        shape.interval = Int64(generator.one(of: intervals))
        shape.heartbeat = TimeSpan(seconds: Int64(generator.one(of: [12, 24, 24, 48])) * 3_600)
        return shape
    }

    /// Gives some groups a window and a freeze, with lots of their own: another fleet would come of a seed
    /// otherwise.
    private func calendars(_ shape: FleetShape, seed: UInt64) -> FleetShape {
        var generator = SimulationGenerator(seed: ~seed)
        var shape = shape
        for index in shape.groups.indices.dropFirst() {
            var windows: [Window] = []
            var freezes: [Freeze] = []
            if generator.happens(permille: 250) {
                let start = 60 * generator.below(24)
                let end = (start + 60 * generator.number(in: 2...10)) % 1_440
                windows = [
                    Window(
                        days: Weekday.allCases, start: start, end: end == 0 ? 1_440 : end, zone: .utc)
                ]
            }
            if generator.happens(permille: 150) {
                let first = Int(SimulatedClock.beginning / 86_400) + generator.below(Int(span / 86_400))
                let last = first + generator.below(3)
                freezes = [
                    Freeze(
                        from: CalendarDay(daysSinceEpoch: first), to: CalendarDay(daysSinceEpoch: last),
                        reason: "closing of the month")
                ]
            }
            if !windows.isEmpty, generator.happens(permille: 300) {
                shape.groups[index].group.missed = .run(after: generator.number(in: 1...3))
            }
            if generator.happens(permille: 250) {
                let soak = TimeSpan(seconds: Int64(generator.one(of: [0, 1_800, 3_600])))
                shape.groups[index].group.urgent = UrgentRules(
                    soak: soak, waves: hurriedWaves(seed: seed &+ UInt64(index)))
            }
            guard !windows.isEmpty || !freezes.isEmpty else { continue }
            shape.groups[index].group = shape.groups[index].group.with(windows: windows, freezes: freezes)
        }
        return shape
    }

    /// The waves of a group while its baseline is urgent, with lots of their own.
    private func hurriedWaves(seed: UInt64) -> UrgentWaves {
        var generator = SimulationGenerator(seed: ~seed &+ 2)
        switch generator.below(3) {
        case 0: return .asUsual
        case 1: return .none
        default:
            return .these(
                Waves(
                    steps: generator.one(of: [[.percent(50), .percent(100)], [.count(1), .percent(100)]]),
                    healthy: .percent(generator.one(of: [100, 50])),
                    soak: TimeSpan(seconds: Int64(generator.one(of: [0, 900]))),
                    failures: generator.one(of: [.count(0), .percent(20)]), silence: .hold))
        }
    }

    /// In some fleets with windows or freezes a baseline becomes urgent.
    private func urgencies(_ shape: FleetShape, seed: UInt64) -> [PlannedEvent] {
        guard odds[.release] > 0, shape.groups.contains(where: \.group.hasCalendar) else { return [] }
        var generator = SimulationGenerator(seed: ~seed &+ 1)
        var times = (0..<generator.below(4)).map { _ in Int64(generator.below(Int(span))) }
        // In a freeze there is most to be wrong.
        for freeze in shape.groups.flatMap(\.group.freezes) where generator.happens(permille: 800) {
            let first = Int64(freeze.from.daysSinceEpoch) * 86_400 - SimulatedClock.beginning
            times.append(first + Int64(generator.below(86_400)))
        }
        return times.map { PlannedEvent(at: $0, .urge(days: generator.below(3))) }
    }

    private func follower(
        _ name: String, after: String, nodes: Int, _ generator: inout SimulationGenerator
    ) -> FleetShape.GroupShape {
        let silence: SilenceRule =
            generator.happens(permille: 250) ? .leave(after: TimeSpan(seconds: 3 * 86_400)) : .hold
        let rule = GateRule(
            after: [.simulated(after)], healthy: .percent(generator.one(of: [100, 100, 75, 50])),
            soak: TimeSpan(seconds: Int64(generator.one(of: [1, 4, 24])) * 3_600),
            failures: generator.one(of: [.count(0), .count(0), .count(1), .percent(20)]), silence: silence)
        var waves: Waves?
        if generator.happens(permille: 400) {
            waves = Waves(
                steps: generator.one(of: [
                    [.percent(10), .percent(50), .percent(100)], [.percent(10), .percent(100)],
                    [.count(1), .percent(30), .percent(100)],
                ]),
                healthy: .percent(generator.one(of: [100, 90, 50])),
                soak: TimeSpan(seconds: generator.one(of: [1_800, 7_200])),
                failures: generator.one(of: [.count(0), .percent(20)]),
                silence: .hold)
        }
        return FleetShape.GroupShape(
            Group(
                name: .simulated(name), baseline: ReleaseBook.baseline, gate: .rule(rule), waves: waves,
                attempts: generator.number(in: 1...3),
                budget: generator.happens(permille: 300)
                    ? Budget(unavailable: generator.number(in: 1...2), per: FleetShape.siteLabel) : nil),
            nodes: nodes)
    }
}

extension Group {
    fileprivate var hasCalendar: Bool { !windows.isEmpty || !freezes.isEmpty }

    /// The same group with another calendar.
    func with(windows: [Window], freezes: [Freeze]) -> Group {
        Group(
            name: name, baseline: baseline, gate: gate, waves: waves, windows: windows, freezes: freezes,
            checks: checks, hold: hold, retry: retry, attempts: attempts, supersede: supersede,
            budget: budget, prefetch: prefetch, urgent: urgent, missed: missed)
    }
}
