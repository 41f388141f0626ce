/// The rules of a time zone: which offset from UTC its clocks have at a moment.
package struct ZoneRules: Hashable, Sendable {
    /// The offset before the first transition, in seconds east of UTC.
    private let earliest: Int
    /// Rising.
    private let transitions: [Transition]
    /// What holds from the last transition on; nil leaves it at that one's offset.
    private let rule: YearlyRule?

    /// A moment from which on another offset holds.
    package struct Transition: Hashable, Sendable {
        /// Seconds since the Unix epoch.
        let moment: Int64
        /// Seconds east of UTC.
        let offset: Int
    }

    init(earliest: Int, transitions: [Transition], rule: YearlyRule?) {
        self.earliest = earliest
        self.transitions = transitions
        self.rule = rule
    }

    package static let utc = ZoneRules(earliest: 0, transitions: [], rule: nil)

    /// The offset at a moment, in seconds east of UTC.
    package func offset(at moment: Timestamp) -> Int {
        guard let last = transitions.last, moment.seconds < last.moment else {
            return rule?.offset(at: moment) ?? transitions.last?.offset ?? earliest
        }
        let next = indexOfNext(after: moment)
        return next == 0 ? earliest : transitions[next - 1].offset
    }

    /// The next moment at which the offset may change; nil if it never does again.
    package func nextTransition(after moment: Timestamp) -> Timestamp? {
        let index = indexOfNext(after: moment)
        guard index < transitions.count else { return rule?.nextTransition(after: moment) }
        // One beyond the year 9999 is brought to its end, which may be this very moment.
        let next = Timestamp(seconds: transitions[index].moment)
        return next > moment ? next : nil
    }

    /// What a clock on the wall shows at a moment.
    package func clock(at moment: Timestamp) -> WallClock {
        WallClock(seconds: moment.seconds + Int64(offset(at: moment)))
    }

    /// The index of the first transition after a moment, by halving.
    private func indexOfNext(after moment: Timestamp) -> Int {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].moment <= moment.seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a clock on the wall shows: a day, and the time of that day.
package struct WallClock: Hashable, Sendable {
    /// The number of the day, where 1970-01-01 is 0.
    package let day: Int
    /// The seconds since midnight, as the clock shows them.
    package let second: Int

    /// - Parameter seconds: as the clock shows them, since it showed 1970-01-01 00:00.
    init(seconds: Int64) {
        let day = seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
        self.day = Int(day)
        second = Int(seconds - day * 86_400)
    }
}
