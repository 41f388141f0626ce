import FleetCore
import FleetTesting
import Testing

@testable import plimsoll_agent

/// When `plimsoll-agent run` starts the next cycle, without cycles.
struct PaceTests {
    private static let interval = TimeSpan(seconds: 300)

    /// The shortest and the longest of many waits after these endings in a row, in seconds.
    private func waits(after endings: [Pace.Ending]) -> (least: Int64, most: Int64) {
        let waits = (0..<400).map { seed -> Int64 in
            var generator = SeededGenerator(seed: UInt64(seed))
            var pace = Pace(interval: Self.interval)
            return endings.reduce(0) { _, ending in pace.wait(after: ending, using: &generator).seconds }
        }
        return (waits.min() ?? 0, waits.max() ?? 0)
    }

    @Test func aWaitIsTheIntervalAndATenth() {
        for endings in [[Pace.Ending.reached], [.away], [.notRun], [.away, .away, .reached]] {
            let (least, most) = waits(after: endings)
            #expect((270...280).contains(least) && (320...330).contains(most), "\(endings)")
        }
    }

    @Test func whoReachesNobodyAsksLessAndLessOften() {
        for (count, whole) in [(2, 600), (3, 1_200), (4, 2_400), (5, 3_600), (40, 3_600)] as [(Int, Int64)] {
            let (least, most) = waits(after: Array(repeating: .away, count: count))
            #expect((whole / 2...whole * 11 / 20).contains(least), "\(count)")
            #expect((whole * 19 / 20...whole).contains(most), "\(count)")
        }
    }

    @Test func anIntervalOfMoreThanAnHourStaysIt() {
        var generator = SeededGenerator(seed: 1)
        var pace = Pace(interval: TimeSpan(seconds: 86_400))
        for _ in 0..<20 {
            let wait = pace.wait(after: .away, using: &generator).seconds
            #expect((43_200...95_040).contains(wait))
        }
    }

    @Test func aLinkThatIsBackEndsTheWaitSoonAndNotForAllAtOnce() {
        let waits = (0..<400).map { seed -> Int64 in
            var generator = SeededGenerator(seed: UInt64(seed))
            var pace = Pace(interval: Self.interval)
            for _ in 0..<9 { _ = pace.wait(after: .away, using: &generator) }
            return pace.wait(afterLinkAt: TimeSpan(seconds: 50_000), using: &generator).seconds
        }
        #expect(waits.min() == 2 && (30...32).contains(waits.max() ?? 0))
        #expect(Set(waits).count >= 30)
    }

    @Test func aLinkThatComesAndGoesHasACycleForEachIntervalAtMost() {
        var generator = SeededGenerator(seed: 3)
        var pace = Pace(interval: Self.interval)
        _ = pace.wait(after: .away, using: &generator)
        var starts: [Int64] = []
        var now: Int64 = 1_000
        // Up again every ten seconds for four hours; no cycle reaches anybody.
        while now < 15_400 {
            let link = TimeSpan(seconds: now)
            let early = now + pace.wait(afterLinkAt: link, using: &generator).seconds
            let regular = now + pace.wait(after: .away, using: &generator).seconds
            now = min(early, regular)
            starts.append(now)
            now += 10
        }
        #expect(starts.count <= 14_400 / 270 + 2, "\(starts.count) cycles in four hours")
    }

    /// The exit code 69 says too little: a remote that answers and has nothing new is asked as before.
    @Test(
        arguments: [
            (69, false, Pace.Ending.reached), (69, true, .away), (69, nil, .away), (0, nil, .reached),
            (1, true, .away), (1, nil, .reached), (75, nil, .notRun), (137, nil, .notRun),
            (77, false, .reached),
        ] as [(Int32, Bool?, Pace.Ending)])
    func whatACycleToldGoesBeforeItsExitCode(_ status: Int32, _ isAway: Bool?, _ ending: Pace.Ending) {
        #expect(Pace.Ending(status: status, isAway: isAway) == ending)
    }
}
