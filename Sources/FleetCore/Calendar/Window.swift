/// A weekly or monthly time in which changes may be made.
///
/// It is open while a clock on the wall in its zone shows a time within it: what the clock skips when it is
/// put forward never comes, and what it shows twice when it is put back is open twice.
package struct Window: Hashable, Sendable {
    /// The days on which it opens.
    package let days: [Weekday]
    /// In which weeks of the month those days count; empty for all.
    package let weeks: [MonthWeek]
    /// Minutes since midnight.
    package let start: Int
    /// Minutes since midnight, up to 24 hours; earlier than `start` means on the next day.
    package let end: Int
    package let zone: ZoneName

    package init(days: [Weekday], weeks: [MonthWeek] = [], start: Int, end: Int, zone: ZoneName) {
        self.days = days
        self.weeks = weeks
        self.start = start
        self.end = end
        self.zone = zone
    }

    /// Whether it is open when the clocks of its zone show this. Past midnight it belongs to the day on which
    /// it has opened.
    package func isOpen(at clock: WallClock) -> Bool {
        let (start, end) = (start * 60, end * 60)
        if start < end { return opens(on: clock.day) && (start..<end).contains(clock.second) }
        return clock.second >= start && opens(on: clock.day)
            || clock.second < end && opens(on: clock.day - 1)
    }

    /// The times of the day at which it may open or shut, in seconds since midnight.
    package var edges: [Int] { [start * 60, end * 60 % 86_400] }

    /// How long it is open, on a day on which no clock is moved.
    package var length: TimeSpan {
        TimeSpan(seconds: Int64((end > start ? end - start : end + 1_440 - start) * 60))
    }

    private func opens(on day: Int) -> Bool {
        guard days.contains(Weekday(ofDay: day)) else { return false }
        return weeks.isEmpty || weeks.contains { $0.contains(day: day) }
    }
}

package enum Weekday: String, Sendable, CaseIterable {
    case mon
    case tue
    case wed
    case thu
    case fri
    case sat
    case sun

    /// The weekday of the day with this number, where 1970-01-01, a Thursday, is 0.
    package init(ofDay number: Int) {
        self = Self.allCases[(Self.sundayBasedNumber(ofDay: number) + 6) % 7]
    }

    /// The weekday as POSIX counts it: 0 is Sunday.
    static func sundayBasedNumber(ofDay number: Int) -> Int { ((number + 4) % 7 + 7) % 7 }
}

/// Which of a month's days of the same name a day is.
package enum MonthWeek: String, Sendable, CaseIterable {
    case first
    case second
    case third
    case fourth
    case last

    /// Whether the day with this number is the first, second, … of its name in its month.
    func contains(day number: Int) -> Bool {
        let day = CalendarDay(daysSinceEpoch: number)
        switch self {
        case .first: return (1...7).contains(day.day)
        case .second: return (8...14).contains(day.day)
        case .third: return (15...21).contains(day.day)
        case .fourth: return (22...28).contains(day.day)
        case .last: return CalendarDay(daysSinceEpoch: number + 7).month != day.month
        }
    }
}
