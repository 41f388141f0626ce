/// The rule by which a zone's clocks are moved each year, from the last transition of its file on: POSIX's
/// `TZ`, as RFC 8536 has it in its footer.
struct YearlyRule: Hashable, Sendable {
    /// The offset of standard time, in seconds east of UTC.
    let standard: Int
    /// nil where the clocks are never moved.
    let saving: Saving?

    /// Daylight saving time. In some zones it is behind standard time, and in winter.
    struct Saving: Hashable, Sendable {
        /// Seconds east of UTC.
        let offset: Int
        /// When it begins, by a clock that shows standard time.
        let begin: YearlyMoment
        /// When it ends, by a clock that shows this time.
        let end: YearlyMoment
    }

    func offset(at moment: Timestamp) -> Int {
        switches(around: moment).last { $0.moment <= moment.seconds }?.offset ?? standard
    }

    /// The next moment at which clocks are moved; nil if they never are.
    func nextTransition(after moment: Timestamp) -> Timestamp? {
        guard let next = switches(around: moment).first(where: { $0.moment > moment.seconds }) else {
            return nil
        }
        let timestamp = Timestamp(seconds: next.moment)
        return timestamp > moment ? timestamp : nil
    }

    /// The switches of the year of a moment and of its neighbours: a time of up to a week may put one into
    /// the year beside, and so may the offset.
    private func switches(around moment: Timestamp) -> [ZoneRules.Transition] {
        guard let saving else { return [] }
        let year = moment.day.year
        var switches: [ZoneRules.Transition] = []
        for year in (year - 1)...(year + 1) {
            switches.append(
                ZoneRules.Transition(
                    moment: saving.begin.seconds(in: year) - Int64(standard), offset: saving.offset))
            switches.append(
                ZoneRules.Transition(
                    moment: saving.end.seconds(in: year) - Int64(saving.offset), offset: standard))
        }
        // Where one year's end is the next one's begin, saving time holds all year.
        return switches.sorted {
            ($0.moment, $0.offset == standard ? 0 : 1) < ($1.moment, $1.offset == standard ? 0 : 1)
        }
    }
}

/// A moment of each year, by the clock on the wall.
struct YearlyMoment: Hashable, Sendable {
    let day: Day
    /// Seconds since the midnight with which that day begins; up to a week before or after it.
    let time: Int

    enum Day: Hashable, Sendable {
        /// The weekday (0 is Sunday) in the week (1–5; 5 is the last) of the month.
        case weekday(Int, week: Int, month: Int)
        /// The day of the year from 1; 29 February is never counted.
        case counted(Int)
        /// The day of the year from 0; 29 February is counted.
        case exact(Int)
    }

    /// The moment in a year, in seconds since the clock showed 1970-01-01 00:00.
    func seconds(in year: Int) -> Int64 { Int64(dayNumber(in: year)) * 86_400 + Int64(time) }

    private func dayNumber(in year: Int) -> Int {
        switch day {
        case .counted(let number):
            let isAfterFebruary = number > 59
            return Self.firstDay(of: 1, in: year) + number - 1
                + (isAfterFebruary && Self.isLeap(year) ? 1 : 0)
        case .exact(let number): return Self.firstDay(of: 1, in: year) + number
        case .weekday(let weekday, let week, let month):
            let first = Self.firstDay(of: month, in: year)
            let next = Self.firstDay(of: month % 12 + 1, in: month == 12 ? year + 1 : year)
            var day = first + (weekday - Weekday.sundayBasedNumber(ofDay: first) + 7) % 7 + (week - 1) * 7
            if day >= next { day -= 7 }
            return day
        }
    }

    private static func firstDay(of month: Int, in year: Int) -> Int {
        CalendarDay(firstOfMonth: month, in: year).daysSinceEpoch
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
}
