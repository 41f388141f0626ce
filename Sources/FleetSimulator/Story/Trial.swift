internal import FleetCore

/// One seed carried out: what was done, and what was found.
package struct Trial: Sendable {
    package let seed: UInt64
    package let nodes: Int
    package let statistics: Statistics
    package let checks: Int
    package let violation: Violation?

    /// Carries a seed out.
    package init(seed: UInt64, maker: PlanMaker, options: SimulationOptions) async {
        let plan = maker.plan(seed: seed)
        let simulation = Simulation(plan, options: options)
        await simulation.run()
        self.seed = seed
        nodes = simulation.nodes.count
        statistics = simulation.statistics
        checks = simulation.watch.totalChecks
        violation = simulation.watch.violation
    }

    /// Tells the shortest story that breaks the same invariant, a line for each thing that happens.
    ///
    /// - Parameter isShortened: whether a shorter story is looked for; else it is told as it was.
    package static func story(
        seed: UInt64, maker: PlanMaker, options: SimulationOptions, isShortened: Bool = true
    ) async -> [String]? {
        let plan = maker.plan(seed: seed)
        let first = Simulation(plan, options: options)
        await first.run()
        guard let violation = first.watch.violation else { return nil }
        var shrinker = Shrinker(plan, invariant: violation.invariant, options: options)
        if isShortened { await shrinker.shrink() }
        var telling = options
        telling.tellsStory = true
        let last = Simulation(shrinker.plan, options: telling)
        await last.run()
        let groups = shrinker.plan.shape.groups
            .map { "\($0.nodes) in '\($0.group.name)'" }.joined(separator: ", ")
        return ["nodes: \(groups)"] + last.story
    }
}
