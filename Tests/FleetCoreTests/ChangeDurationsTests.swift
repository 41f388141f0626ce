import FleetCore
import FleetTesting
import Testing

/// What a node learns from its own changes of how long the next one takes.
struct ChangeDurationsTests {
    private func durations(_ measured: [(changes: Int, seconds: Int64)]) -> ChangeDurations {
        var durations = ChangeDurations()
        for (changes, seconds) in measured {
            durations.record(
                ChangeDurations.Measured(changes: changes, duration: TimeSpan(seconds: seconds)))
        }
        return durations
    }

    @Test func `before the first change a package is taken for six seconds, and half as much again`() {
        let none = ChangeDurations()
        #expect(none.estimate(for: 0) == ChangeDurations.least)
        #expect(none.estimate(for: 10) == TimeSpan(seconds: 120))
        #expect(none.estimate(for: 100) == TimeSpan(seconds: 900))
    }

    @Test func `a slow node expects its changes to be slow, and a fast one fast`() {
        let slow = durations([(100, 3_000), (50, 1_600)])
        #expect(slow.estimate(for: 100) > TimeSpan(seconds: 4_000))
        #expect(slow.estimate(for: 100) < TimeSpan(seconds: 5_000))
        let fast = durations(Array(repeating: (100, 60), count: 8))
        #expect(fast.estimate(for: 100) < TimeSpan(seconds: 150))
    }

    @Test func `one odd change of one package does not make a hundred take hours`() {
        // A kernel, with its initial file system: two minutes.
        let odd = durations([(1, 120)])
        #expect(odd.estimate(for: 1) >= TimeSpan(seconds: 180))
        #expect(odd.estimate(for: 100) < TimeSpan(seconds: 2_100))
    }

    @Test func `the estimate is never shorter than the longest that was measured for as many`() {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let measured = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                (
                    changes: Int.random(in: 1...300, using: &generator),
                    seconds: Int64.random(in: 1...7_200, using: &generator)
                )
            }
            let durations = durations(measured)
            #expect(durations.measured.count <= ChangeDurations.capacity)
            for known in durations.measured {
                #expect(durations.estimate(for: known.changes) >= known.duration, "\(measured)")
            }
            #expect(durations.estimate(for: 10) <= durations.estimate(for: 11))
        }
    }

    @Test func `it is kept in the state, and left out of it while there is nothing`() throws {
        var state = NodeState()
        #expect(state.json["durations"] == nil)
        state.durations = durations([(3, 20), (7, 41)])
        #expect(try NodeState(json: state.json) == state)
        // What somebody has spoiled is learned again; it is no reason to lose the state.
        var members = try #require(state.json.object)
        members["durations"] = [["changes": "many"], ["changes": .number(2), "took": .number(9_000)]]
        #expect(try NodeState(json: .object(members)).durations == durations([(2, 9)]))
    }
}
