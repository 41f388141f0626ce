/// The search for a deliberate bug: by seeds, and by the scenarios that have a name.
package struct BugHunt: Sendable {
    private let maker: PlanMaker
    private let options: SimulationOptions

    /// - Parameter options: with the bug in them.
    package init(maker: PlanMaker, options: SimulationOptions) {
        self.maker = maker
        self.options = options
    }

    /// Where a bug was found, and what was seen of it.
    package struct Finding: Sendable {
        /// The seed, counted from 1, or the name of the scenario.
        package let place: Place
        package let message: String

        package enum Place: Hashable, Sendable, CustomStringConvertible {
            case seed(Int)
            case scenario(String)

            package var description: String {
                switch self {
                case .seed(let number): "seed \(number)"
                case .scenario(let name): "scenario '\(name)'"
                }
            }
        }
    }

    /// Runs seeds, and then scenarios, until something is not as it must be.
    package func hunt(seeds: Int) async -> Finding? {
        for seed in 1...max(seeds, 1) {
            let trial = await Trial(seed: UInt64(seed), maker: maker, options: options)
            if let violation = trial.violation {
                return Finding(
                    place: .seed(seed), message: "\(violation.invariant.rawValue): \(violation.message)")
            }
        }
        return await huntInScenarios()
    }

    /// Runs the scenarios until something is not as it must be.
    package func huntInScenarios() async -> Finding? {
        for scenario in Scenario.all {
            for plan in scenario.plans {
                let simulation = Simulation(plan, options: options)
                await simulation.run()
                let faults =
                    [simulation.watch.violation?.message].compactMap(\.self)
                    + scenario.faults(simulation)
                if let first = faults.first {
                    return Finding(place: .scenario(scenario.name), message: first)
                }
            }
        }
        return nil
    }
}
