import FleetSimulator
import Testing

/// Bugs that were put into the reconciler on purpose: the simulator must find each of them.
struct MutationTests {
    /// The seeds, of small fleets, that are enough; 0 where a scenario with a name finds what seeds rarely
    /// do.
    private static let seedsNeeded: [String: Int] = [
        "gate opens on silence": 10, "proofs count by digest": 20, "report of any key believed": 20,
        "lower report number accepted": 10, "mark moved before the check": 10,
        "withdrawn declaration admitted": 10, "wave ignored": 20, "soak ignored": 10, "hold ignored": 10,
        "checks skipped": 20, "failed retried": 20, "state saved after the act": 10,
        "report number reused": 10, "report written before it is numbered": 20, "budget off by one": 0,
        "held failed canary forgotten": 0, "failed canary forgotten when it is moved": 0,
        "provisional never given back": 0, "window ignored": 20, "urgent passes a freeze": 60,
        "reboots not counted": 20,
    ]

    @Test(arguments: Mutation.all.map(\.name))
    func `a deliberate bug is found`(name: String) async throws {
        let mutation = try #require(Mutation.all.first { $0.name == name })
        let seeds = try #require(Self.seedsNeeded[name])
        var options = SimulationOptions()
        options.mutation = mutation
        let hunt = BugHunt(maker: .small, options: options)
        let finding = seeds > 0 ? await hunt.hunt(seeds: seeds) : await hunt.huntInScenarios()
        let found = try #require(finding, "nobody noticed that this rule is broken: \(mutation.rule)")
        if seeds > 0, case .scenario = found.place { Issue.record("\(seeds) seeds did not find it") }
    }
}
