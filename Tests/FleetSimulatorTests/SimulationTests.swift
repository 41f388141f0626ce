import FleetCore
import FleetSimulator
import Testing

struct SimulationTests {
    /// `make simulate` takes large fleets.
    private let maker = PlanMaker.small

    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `with every fault on, every invariant holds`(seed: UInt64) async {
        let trial = await Trial(seed: seed, maker: maker, options: SimulationOptions())
        #expect(trial.violation == nil, "seed \(seed): \(trial.violation?.message ?? "")")
        #expect(trial.statistics.decisions > 100)
    }

    @Test(arguments: [31, 32] as [UInt64])
    func `a seed replays exactly`(seed: UInt64) async {
        var options = SimulationOptions()
        options.tellsStory = true
        var stories: [[String]] = []
        for _ in 0..<2 {
            let simulation = Simulation(maker.plan(seed: seed), options: options)
            await simulation.run()
            stories.append(simulation.history)
        }
        #expect(stories[0].count > 20)
        #expect(stories[0] == stories[1])
    }

    @Test(arguments: 41...43 as ClosedRange<UInt64>)
    func `leaving quiet cycles out changes nothing`(seed: UInt64) async {
        var histories: [[String]] = []
        var decisions: [Int] = []
        for skips in [true, false] {
            var options = SimulationOptions()
            options.tellsStory = true
            options.usesCodec = false
            options.skipsQuietCycles = skips
            let simulation = Simulation(maker.plan(seed: seed), options: options)
            await simulation.run()
            histories.append(simulation.history)
            decisions.append(simulation.statistics.decisions)
        }
        #expect(histories[0] == histories[1])
        #expect(decisions[0] < decisions[1], "nothing was left out")
    }
}
