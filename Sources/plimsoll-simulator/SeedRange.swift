internal import FleetProgram
internal import FleetSimulator

/// Many seeds, some at a time.
struct SeedRange {
    private let seeds: ClosedRange<UInt64>
    private let maker: PlanMaker
    private let options: SimulationOptions
    private let jobs: Int

    init(_ seeds: ClosedRange<UInt64>, maker: PlanMaker, options: SimulationOptions, jobs: Int) {
        self.seeds = seeds
        self.maker = maker
        self.options = options
        self.jobs = jobs
    }

    /// What all seeds together did and found.
    struct Sum: Sendable {
        var seeds = 0
        var nodes = 0
        var decisions = 0
        var events = 0
        var faults = 0
        var reports = 0
        var transactions = 0
        var checks = 0
        var violations: [(seed: UInt64, what: String)] = []

        var lines: [String] {
            [
                "seeds               \(seeds)", "nodes               \(nodes)",
                "decisions           \(decisions)", "events              \(events)",
                "of these faults     \(faults)", "reports sent        \(reports)",
                "transactions        \(transactions)", "invariant checks    \(checks)",
                "violations          \(violations.count)",
            ]
        }

        mutating func add(_ trial: Trial) {
            seeds += 1
            nodes += trial.nodes
            decisions += trial.statistics.decisions
            events += trial.statistics.events
            faults += trial.statistics.faults
            reports += trial.statistics.reports
            transactions += trial.statistics.transactions
            checks += trial.checks
            if let violation = trial.violation {
                let place = violation.node.map { " on \($0)" } ?? ""
                violations.append(
                    (trial.seed, "\(violation.invariant.rawValue)\(place): \(violation.message)"))
            }
        }
    }

    /// Runs all seeds.
    ///
    /// - Parameter progress: called after each, with how many are done and what they found.
    func run(progress: (Int, Sum) -> Void) async -> Sum {
        var sum = Sum()
        await withTaskGroup(of: Trial.self) { group in
            var next = seeds.lowerBound
            func begin() {
                guard next <= seeds.upperBound else { return }
                let seed = next
                next += 1
                group.addTask { [maker, options] in await Trial(seed: seed, maker: maker, options: options) }
            }
            for _ in 0..<jobs { begin() }
            while let trial = await group.next() {
                sum.add(trial)
                if let violation = trial.violation {
                    Terminal.note("seed \(trial.seed) violates \(violation.invariant.rawValue)")
                }
                progress(sum.seeds, sum)
                begin()
            }
        }
        sum.violations.sort { $0.seed < $1.seed }
        return sum
    }
}
