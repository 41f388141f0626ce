internal import ArgumentParser
internal import FleetProgram
internal import FleetSimulator

/// Runs every scenario, and prints the story of those that do not end well.
enum Scenarios {
    static func run(options: SimulationOptions) async throws {
        var options = options
        options.tellsStory = true
        var isFailed = false
        for scenario in Scenario.all {
            var failed: [(story: [String], faults: [String])] = []
            for plan in scenario.plans {
                let simulation = Simulation(plan, options: options)
                await simulation.run()
                let violation = simulation.watch.violation.map { "\($0.invariant.rawValue): \($0.message)" }
                let faults = [violation].compactMap(\.self) + scenario.faults(simulation)
                if !faults.isEmpty { failed.append((simulation.story, faults)) }
            }
            isFailed = isFailed || !failed.isEmpty
            Terminal.print(
                "\(scenario.name): \(scenario.plans.count - failed.count) of \(scenario.plans.count) well")
            if let first = failed.first {
                for line in first.story + first.faults { Terminal.print("  \(line)") }
            }
        }
        if isFailed { throw ExitCode(1) }
    }
}
