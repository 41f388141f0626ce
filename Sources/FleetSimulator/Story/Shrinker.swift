/// Finds the shortest story of a violation that it can: it takes events and nodes out of a plan, and carries
/// it out again, as long as the same invariant breaks.
package struct Shrinker {
    private let options: SimulationOptions
    private let invariant: Invariant
    /// How many more decisions its runs may take.
    private var decisions: Int
    package private(set) var plan: SimulationPlan

    /// - Parameter decisions: what it may spend, in decisions of all its runs together; the default takes
    ///   some minutes.
    package init(
        _ plan: SimulationPlan, invariant: Invariant, options: SimulationOptions, decisions: Int = 2_000_000
    ) {
        self.plan = plan
        self.invariant = invariant
        self.decisions = decisions
        var options = options
        options.tellsStory = false
        self.options = options
    }

    /// Shrinks the plan as far as the decisions allow: the fleet first, since every run of a small one is
    /// cheap.
    package mutating func shrink() async {
        await dropLaterEvents()
        await halveNodes()
        var size = max(plan.events.count / 2, 1)
        while size >= 1, decisions > 0 {
            let before = plan.events.count
            await dropEvents(inPiecesOf: size)
            if size == 1, plan.events.count == before { break }
            size = size == 1 ? 1 : size / 2
        }
        await dropNodes()
    }

    /// What happens after the violation has no part in it.
    private mutating func dropLaterEvents() async {
        let simulation = Simulation(plan, options: options)
        await simulation.run()
        guard let violation = simulation.watch.violation else { return }
        var shorter = plan
        shorter.events.removeAll { $0.time > violation.time }
        await adopt(shorter)
    }

    private mutating func dropEvents(inPiecesOf size: Int) async {
        var start = 0
        while start < plan.events.count, decisions > 0 {
            var shorter = plan
            shorter.events.removeSubrange(start..<min(start + size, plan.events.count))
            if !(await adopt(shorter)) { start += size }
        }
    }

    private mutating func halveNodes() async {
        for index in plan.shape.groups.indices {
            await dropNodes(of: index) { max(1, $0 / 2) }
        }
    }

    private mutating func dropNodes() async {
        await halveNodes()
        for index in plan.shape.groups.indices {
            await dropNodes(of: index) { $0 - 1 }
        }
    }

    private mutating func dropNodes(of group: Int, leaving remaining: (Int) -> Int) async {
        while plan.shape.groups[group].nodes > 1, decisions > 0 {
            var shorter = plan
            shorter.shape.groups[group].nodes = remaining(plan.shape.groups[group].nodes)
            if !(await adopt(shorter)) { return }
        }
    }

    /// Takes a shorter plan if the same invariant breaks.
    @discardableResult
    private mutating func adopt(_ shorter: SimulationPlan) async -> Bool {
        guard decisions > 0 else { return false }
        let simulation = Simulation(shorter, options: options)
        await simulation.run()
        decisions -= simulation.statistics.decisions
        guard simulation.watch.violation?.invariant == invariant else { return false }
        plan = shorter
        return true
    }
}
