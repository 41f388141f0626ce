import FleetSimulator
import Testing

struct ScenarioTests {
    @Test(arguments: Scenario.all.map(\.name))
    func `a story ends well`(name: String) async throws {
        let scenario = try #require(Scenario.all.first { $0.name == name })
        #expect(!scenario.plans.isEmpty)
        for plan in scenario.plans {
            var options = SimulationOptions()
            options.tellsStory = true
            let simulation = Simulation(plan, options: options)
            await simulation.run()
            let faults =
                [simulation.watch.violation?.message].compactMap(\.self) + scenario.faults(simulation)
            #expect(faults == [], "\(plan.events)\n\(simulation.story.joined(separator: "\n"))")
        }
    }
}
