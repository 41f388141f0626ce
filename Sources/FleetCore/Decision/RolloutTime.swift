/// How long a merge may take to reach the last node of a group, if nothing fails: the soaks of the gates
/// before it, the waves, and the worst wait for windows.
///
/// It reckons in minutes of a week, or of five weeks where windows open in some weeks of the month only, and
/// takes all windows for windows of one time zone. Freezes, pauses, holds and the time that the changes
/// themselves take are not in it.
package struct RolloutTime {
    private let groups: [GroupName: Group]
    /// For each group with windows, and each minute of the cycle, how many minutes later one is open.
    private let waits: [GroupName: [Int]]
    /// After so many minutes all windows begin anew.
    private let cycle: Int

    private static let week = 7 * 24 * 60

    package init(_ groups: [Group]) {
        self.groups = Dictionary(groups.map { ($0.name, $0) }) { first, _ in first }
        let isMonthly = groups.contains { $0.windows.contains { !$0.weeks.isEmpty } }
        cycle = isMonthly ? MonthWeek.allCases.count * Self.week : Self.week
        var waits: [GroupName: [Int]] = [:]
        for group in groups where !group.windows.isEmpty {
            waits[group.name] = Self.waits(for: group.windows, cycle: cycle)
        }
        self.waits = waits
    }

    /// The longest time from a merge at any minute of the week to the last step of each group; a group that
    /// is behind a gate which cannot be asked has none.
    package var longest: [GroupName: TimeSpan] {
        var longest: [GroupName: Int] = [:]
        // Without windows every minute is like every other.
        for merge in 0..<(waits.isEmpty ? 1 : cycle) {
            var reached: [GroupName: Int] = [:]
            for name in groups.keys {
                guard let last = lastStep(of: name, merge: merge, behind: [], &reached) else { continue }
                longest[name] = max(longest[name] ?? 0, last - merge)
            }
        }
        return longest.mapValues { TimeSpan(seconds: Int64($0) * 60) }
    }

    private func lastStep(
        of name: GroupName, merge: Int, behind: Set<GroupName>, _ reached: inout [GroupName: Int]
    ) -> Int? {
        if let known = reached[name] { return known }
        guard let group = groups[name], !behind.contains(name) else { return nil }
        var time = merge
        switch group.gate {
        case .none: break
        case .broken: return nil
        case .rule(let rule):
            for canaries in rule.after {
                let before = lastStep(of: canaries, merge: merge, behind: behind.union([name]), &reached)
                guard let before else { return nil }
                time = max(time, before + rule.soak.minutes)
            }
        }
        time += wait(name, at: time)
        if let waves = group.waves {
            for _ in waves.steps.dropFirst() {
                time += waves.soak.minutes
                time += wait(name, at: time)
            }
        }
        reached[name] = time
        return time
    }

    private func wait(_ group: GroupName, at time: Int) -> Int { waits[group]?[time % cycle] ?? 0 }

    private static func waits(for windows: [Window], cycle: Int) -> [Int] {
        var isOpen = [Bool](repeating: false, count: cycle)
        for window in windows {
            let day = window.end > window.start ? 0 : 1_440
            let length = day + window.end - window.start
            for day in window.days {
                let start = (Weekday.allCases.firstIndex(of: day) ?? 0) * 1_440 + window.start
                for index in 0..<(cycle / week) where window.opens(inWeek: index) {
                    let start = index * week + start
                    for minute in start..<(start + length) { isOpen[minute % cycle] = true }
                }
            }
        }
        var waits = [Int](repeating: 0, count: cycle)
        var wait = cycle
        // Twice, for what is open at the beginning of the next cycle.
        for minute in (0..<(2 * cycle)).reversed() {
            wait = isOpen[minute % cycle] ? 0 : wait + 1
            waits[minute % cycle] = wait
        }
        return waits
    }
}

extension Window {
    /// Whether it opens in a week of a month, from 0; the last is taken for a fifth.
    fileprivate func opens(inWeek index: Int) -> Bool {
        weeks.isEmpty || weeks.contains { MonthWeek.allCases.firstIndex(of: $0) == index }
    }
}

extension TimeSpan {
    /// Rounded up.
    fileprivate var minutes: Int { Int(clamping: (milliseconds + 59_999) / 60_000) }
}
