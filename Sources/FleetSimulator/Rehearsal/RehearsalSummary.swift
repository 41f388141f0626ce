package import FleetCore

/// What many runs of a scenario have in common.
package struct RehearsalSummary: Sendable {
    package let runs: [RehearsalRun]
    package let groups: [GroupSummary]
    /// The whole fleet, as if it were one group.
    package let hits: Spread
    package let changed: Spread
    /// When the last node had moved, in the runs that finished; nil if none did.
    package let last: Spread?
    package let finished: Int

    package init(_ runs: [RehearsalRun]) {
        self.runs = runs.sorted { $0.seed < $1.seed }
        let names = runs.first?.groups.map(\.group) ?? []
        groups = names.indices.map { place in GroupSummary(runs.map { $0.groups[place] }) }
        let hits = runs.map { run in run.groups.reduce(0) { $0 + $1.hits.count } }
        let changed = runs.map { run in run.groups.reduce(0) { $0 + $1.changed.count } }
        self.hits = Spread(hits.map { Int64($0) }, worst: .highest) ?? .zero
        self.changed = Spread(changed.map { Int64($0) }, worst: .lowest) ?? .zero
        let complete = runs.filter(\.isFinished)
        finished = complete.count
        last = Spread(complete.compactMap { $0.groups.compactMap(\.last).max() }, worst: .highest)
    }
}

/// What many runs say of one group.
package struct GroupSummary: Sendable {
    package let group: GroupName
    package let nodes: Int
    package let courses: [GroupCourse]
    package let hits: Spread
    package let changed: Spread
    package let dark: Spread
    /// When the first node, and the last, had moved; of the runs in which any did, and those that finished.
    package let first: Spread?
    package let last: Spread?
    /// In how many runs it finished.
    package let finished: Int
    /// In how many runs what stopped it, the most frequent first.
    package let stops: [(stop: GroupCourse.Stop, runs: Int)]

    init(_ courses: [GroupCourse]) {
        self.courses = courses
        group = courses[0].group
        nodes = courses[0].nodes
        hits = Spread(courses.map { Int64($0.hits.count) }, worst: .highest) ?? .zero
        changed = Spread(courses.map { Int64($0.changed.count) }, worst: .lowest) ?? .zero
        dark = Spread(courses.map { Int64($0.dark) }, worst: .highest) ?? .zero
        first = Spread(courses.compactMap(\.first), worst: .highest)
        let complete = courses.filter { $0.stop == nil }
        finished = complete.count
        last = Spread(complete.compactMap(\.last), worst: .highest)
        let stops = Dictionary(grouping: courses.compactMap(\.stop)) { $0 }.mapValues(\.count)
        self.stops = stops.sorted {
            ($1.value, $0.key.code.rawValue, $0.key.step ?? 0)
                < ($0.value, $1.key.code.rawValue, $1.key.step ?? 0)
        }
        .map { ($0.key, $0.value) }
    }

    /// The share of the group that has what was merged at a time, in thousandths, over all runs.
    package func progress(at time: Int64) -> Spread {
        let shares = courses.map { course in
            nodes == 0 ? 0 : Int64(course.changed.partitioningIndex(after: time) * 1_000 / nodes)
        }
        return Spread(shares, worst: .lowest) ?? .zero
    }

    /// For each value of the counted label: over all runs, how many nodes were at work at once, and for how
    /// long without a break.
    package var absences: [(value: String, most: Spread, longest: Spread)] {
        let found = Dictionary(grouping: courses.flatMap(\.absences), by: \.value)
        return found.sorted { $0.key < $1.key }.map { value, absences in
            // Runs in which nothing moved there have none.
            let none = Array(repeating: Int64(0), count: courses.count - absences.count)
            return (
                value, Spread(absences.map { Int64($0.most) } + none, worst: .highest) ?? .zero,
                Spread(absences.map(\.longest) + none, worst: .highest) ?? .zero
            )
        }
    }
}

extension GroupCourse {
    package var first: Int64? { changed.first }
    package var last: Int64? { changed.last }
}

/// How a number is spread over runs.
package struct Spread: Hashable, Sendable {
    package let median: Int64
    /// 5 % of the runs have less, and 5 % more.
    package let low: Int64
    package let high: Int64
    package let worst: Int64

    package static let zero = Spread(median: 0, low: 0, high: 0, worst: 0)

    /// Which end nobody wishes.
    package enum Worst: Sendable {
        case lowest
        case highest
    }

    private init(median: Int64, low: Int64, high: Int64, worst: Int64) {
        self.median = median
        self.low = low
        self.high = high
        self.worst = worst
    }

    /// By the nearest rank; nil of nothing.
    package init?(_ values: [Int64], worst: Worst) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func rank(_ percent: Int) -> Int64 {
            sorted[max((sorted.count * percent + 99) / 100, 1) - 1]
        }
        median = rank(50)
        low = rank(5)
        high = rank(95)
        self.worst = worst == .lowest ? sorted[0] : sorted[sorted.count - 1]
    }
}

extension [Int64] {
    /// How many elements of this rising list are not after `time`.
    fileprivate func partitioningIndex(after time: Int64) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
