internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import FleetSimulator
internal import Glibc

/// `plimsoll simulate`: what a rollout would be like, before the merge.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Simulates the rollout of a baseline: who would be hit, and how long it takes.",
        discussion: """
            Reads groups, nodes, gates and waves from the tip of the fleet's branch and rolls out an \
            imaginary next declaration of each baseline; or, of a range BASE..HEAD in a clone on this \
            machine, what that range changes. Every node of every run decides by the rules that real nodes \
            decide by. Shares of nodes break, or have a dark link, by lots that the seed determines: the \
            same seed gives the same result, however many runs are at work at once.

            Exit code 65 if the repository is not valid.
            """)

    @Argument(help: ArgumentHelp("Simulate what these commits bring.", valueName: "BASE..HEAD"))
    var range: String?

    @Option(
        name: .customLong("repository"),
        help: ArgumentHelp(
            "The fleet repository. A path to a clone stands for its remote 'origin', but for a range.",
            valueName: "path-or-url"))
    var place = "."

    @Option(help: "The branch that nodes follow.")
    var branch = "main"

    @OptionGroup var options: SimulateOptions

    @Option(help: "How many runs; default: 100, fewer for fleets of more than 100 nodes, at least 10.")
    var runs: Int?

    @Option(help: "The seed of the first run; each next run has the next one.")
    var seed: UInt64 = 1

    @Option(help: "How many runs are at work at once; default: one for each processor.")
    var jobs: Int?

    @Option(help: ArgumentHelp("Write a drawing of the rollout over time as SVG.", valueName: "file"))
    var svg: String?

    @Flag(help: "Print JSON (plimsoll/simulation/v1).")
    var json = false

    mutating func validate() throws {
        guard (1...100_000).contains(runs ?? 1) else { throw ValidationError("--runs: expected 1 to 100000") }
        guard (1...1_024).contains(jobs ?? 1) else { throw ValidationError("--jobs: expected 1 to 1024") }
    }

    func run() async throws {
        let plan = try plan()
        let runner = RehearsalRunner(
            scenario: plan.scenario, seed: seed,
            runs: runs ?? Self.defaultRuns(nodes: plan.scenario.after.nodes.count), jobs: jobs ?? processors)
        let isWatched = Terminal.isErrorTerminal
        let summary = await runner.run { done in
            guard isWatched else { return }
            Terminal.progress("plimsoll: \(done) of \(runner.runs) runs", isLast: done == runner.runs)
        }
        let rendering = SimulationRendering(plan: plan, summary: summary, seed: seed)
        if let svg {
            let title = "Rollout in '\(plan.fleet)', \(summary.runs.count) simulated runs"
            try DurableFile.write(
                Array(SimulationPlot(summary, title: title).document().utf8), to: svg)
        }
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            rendering.print()
        }
    }

    /// So many runs that a fleet of any size takes about as long.
    static func defaultRuns(nodes: Int) -> Int { min(100, max(10, 10_000 / max(nodes, 1))) }

    private var processors: Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

    /// Reads the repository.
    private func plan() throws -> RolloutPlan {
        let source: RolloutSource
        if let range {
            source = try RolloutSource(range: range, in: place)
        } else {
            source = RolloutSource(
                tipOf: try FleetClone(
                    RepositoryLocation(place, branch: branch), branch: branch, network: NetworkChild()))
        }
        do {
            return try RolloutPlan(source, options: options)
        } catch let error as InvalidRepository {
            for problem in error.validation.problems { Terminal.note("\(problem)") }
            throw ProgramError(
                .invalidData,
                "commit \(error.commit.short) is not a valid fleet repository; 'plimsoll validate' checks a "
                    + "folder")
        }
    }
}
