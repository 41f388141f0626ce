/// Finds the shortest story of a violation that it can: it takes events and nodes out of a plan, and carries
/// it out again, as long as the same invariant breaks.
package struct Shrinker {
    private let options: SimulationOptions
    private let invariant: Invariant
    /// How many more runs it may try.
    private var runs: Int
    package private(set) var plan: SimulationPlan

    package init(_ plan: SimulationPlan, invariant: Invariant, options: SimulationOptions, runs: Int = 400) {
        self.plan = plan
        self.invariant = invariant
        self.runs = runs
        var options = options
        options.tellsStory = false
        self.options = options
    }

    /// Shrinks the plan as far as the runs allow.
    package mutating func shrink() async {
        await dropLaterEvents()
        var size = max(plan.events.count / 2, 1)
        while size >= 1, runs > 0 {
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
        while start < plan.events.count, runs > 0 {
            var shorter = plan
            shorter.events.removeSubrange(start..<min(start + size, plan.events.count))
            if !(await adopt(shorter)) { start += size }
        }
    }

    private mutating func dropNodes() async {
        for index in plan.shape.groups.indices {
            while plan.shape.groups[index].nodes > 1, runs > 0 {
                let nodes = plan.shape.groups[index].nodes
                var half = plan
                half.shape.groups[index].nodes = max(1, nodes / 2)
                if await adopt(half) { continue }
                var fewer = plan
                fewer.shape.groups[index].nodes = nodes - 1
                if !(await adopt(fewer)) { break }
            }
        }
    }

    /// Takes a shorter plan if the same invariant breaks.
    @discardableResult
    private mutating func adopt(_ shorter: SimulationPlan) async -> Bool {
        guard runs > 0 else { return false }
        runs -= 1
        let simulation = Simulation(shorter, options: options)
        await simulation.run()
        guard simulation.watch.violation?.invariant == invariant else { return false }
        plan = shorter
        return true
    }
}
