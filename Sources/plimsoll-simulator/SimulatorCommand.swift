internal import ArgumentParser
internal import FleetProgram
internal import FleetSimulator

/// Runs the simulator over many seeds: `make simulate SEEDS=1000`. Not installed.
@main
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plimsoll-simulator",
        abstract: "Simulates fleets with every fault, and checks that nothing breaks.",
        discussion: """
            Each seed is a fleet of 5 to 500 nodes with the real reconciler, operators who act at bad moments,
            and every fault that docs/simulator.md names. Exit code 1 if an invariant is violated; the
            shortest story of it that can be found is printed.
            """)

    @Option(help: "How many seeds to run.")
    var seeds = 1_000

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "Run this seed alone, and tell its story if it fails.")
    var seed: UInt64?

    @Flag(help: "Tell a whole story, without looking for a shorter one.")
    var whole = false

    @Option(help: "The largest fleet, in nodes; at least 5.")
    var nodes = 500

    @Option(help: "For how many days faults happen.")
    var days = 16

    @Option(help: "How many simulations run at once.")
    var jobs = 2

    @Flag(help: "Run every cycle, also those in which nothing can happen.")
    var everyCycle = false

    @Flag(help: "Keep states as values, without their JSON form.")
    var values = false

    @Option(help: "Put a deliberate bug into the reconciler, and count the seeds until it is found.")
    var bug: String?

    @Flag(help: "Run the scenarios that have a name, instead of seeds.")
    var scenarios = false

    @Option(
        help: "Simulate one rollout in waves through a fleet of so many nodes in 30 days, without faults.")
    var rollout: Int?

    mutating func validate() throws {
        guard seeds >= 1 else { throw ValidationError("--seeds: expected at least 1") }
        if let rollout, rollout < 20 { throw ValidationError("--rollout: expected at least 20") }
        guard nodes >= 5 else { throw ValidationError("--nodes: expected at least 5") }
        guard days >= 1 else { throw ValidationError("--days: expected at least 1") }
        guard jobs >= 1 else { throw ValidationError("--jobs: expected at least 1") }
    }

    func run() async throws {
        let maker = PlanMaker(sizes: 5...nodes, days: days)
        var options = SimulationOptions()
        options.skipsQuietCycles = !everyCycle
        options.usesCodec = !values
        if scenarios { return try await Scenarios.run(options: options) }
        if let rollout { return await simulateRollout(nodes: rollout) }
        if bug != nil { return try await findBugs(maker: .small, options: options) }
        let step = max(seeds / 20, 1)
        let range = seed.map { $0...$0 } ?? from...(from + UInt64(seeds) - 1)
        let sum = await SeedRange(range, maker: maker, options: options, jobs: jobs).run { done, sum in
            guard done % step == 0, done < seeds else { return }
            Terminal.note(
                "\(done) of \(seeds) seeds, \(sum.decisions) decisions, \(sum.violations.count) violations")
        }
        for line in sum.lines { Terminal.print(line) }
        for violation in sum.violations.prefix(3) {
            Terminal.print("\nseed \(violation.seed): \(violation.what)")
            Terminal.print(
                "replay: plimsoll-simulator --seed \(violation.seed) --nodes \(nodes) --days \(days)")
            let story = await Trial.story(
                seed: violation.seed, maker: maker, options: options, isShortened: !whole)
            for line in story ?? [] { Terminal.print("  \(line)") }
        }
        if !sum.violations.isEmpty { throw ExitCode(1) }
    }

    private func simulateRollout(nodes: Int) async {
        var options = SimulationOptions()
        options.usesCodec = false
        options.forgetsOldReports = true
        let simulation = Simulation(.rollout(nodes: nodes, days: 30), options: options)
        await simulation.run()
        let last = simulation.deeds.filter { $0.kind == .changed && $0.release == 2 }
        Terminal.print("nodes               \(nodes)")
        Terminal.print(
            "moved               \(last.count), the last after \((last.last?.time ?? 0) / 3_600) h")
        Terminal.print("decisions           \(simulation.statistics.decisions)")
        Terminal.print("reports sent        \(simulation.statistics.reports)")
        Terminal.print("invariant checks    \(simulation.watch.totalChecks)")
        Terminal.print("violation           \(simulation.watch.violation.map { "\($0)" } ?? "none")")
    }

    /// Runs seeds with each bug of that name, or with all, until an invariant is violated.
    private func findBugs(maker: PlanMaker, options: SimulationOptions) async throws {
        var isMissed = false
        for mutation in Mutation.all where bug == "all" || bug == mutation.name {
            var options = options
            options.mutation = mutation
            if let finding = await BugHunt(maker: maker, options: options).hunt(seeds: seeds) {
                Terminal.print("\(mutation.name): \(finding.place): \(finding.message)")
            } else {
                isMissed = true
                Terminal.print("\(mutation.name): not found in \(seeds) seeds and all scenarios")
            }
        }
        if isMissed { throw ExitCode(1) }
    }
}
