internal import FleetSimulator

/// Many runs of one scenario, some at a time. What comes of it does not depend on how many at once.
struct RehearsalRunner {
    let scenario: RehearsalScenario
    /// The first run's seed; the next ones follow it.
    let seed: UInt64
    let runs: Int
    /// How many run at once.
    let jobs: Int

    /// Runs all.
    ///
    /// - Parameter progress: called after each, with how many are done.
    func run(progress: (Int) -> Void) async -> RehearsalSummary {
        var done: [RehearsalRun] = []
        await withTaskGroup(of: RehearsalRun.self) { group in
            var next = 0
            func begin() {
                guard next < runs else { return }
                let seed = seed &+ UInt64(next)
                next += 1
                group.addTask { [scenario] in await RehearsalRun(scenario, seed: seed) }
            }
            for _ in 0..<jobs { begin() }
            while let run = await group.next() {
                done.append(run)
                progress(done.count)
                begin()
            }
        }
        return RehearsalSummary(done)
    }
}
