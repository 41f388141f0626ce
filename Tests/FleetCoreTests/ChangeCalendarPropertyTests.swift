import FleetCore
import FleetTesting
import Testing

/// Random calendars, against Python and against trying out every minute.
struct ChangeCalendarPropertyTests {
    private static func window(_ generator: inout SeededGenerator) -> Window {
        let days = Weekday.allCases.filter { _ in generator.once(in: 3) }
        let weeks = generator.once(in: 2) ? [] : MonthWeek.allCases.filter { _ in generator.once(in: 3) }
        let start = generator.below(96) * 15
        var end = generator.below(97) * 15
        if end == start { end = start + 15 }
        let zone = generator.one(of: ["UTC"] + ChangeCalendarTests.zones)
        return Window(
            days: days.isEmpty ? [.sun] : days, weeks: weeks, start: start, end: end, zone: .of(zone))
    }

    /// A moment near a switch of the clocks, or anywhere.
    private static func moment(_ generator: inout SeededGenerator, for window: Window) throws -> Timestamp {
        let any = Timestamp(seconds: 1_767_225_600 + Int64(generator.below(3 * 365 * 1_440)) * 60)
        guard generator.once(in: 2), window.zone != .utc,
            let next = try ZoneFiles.rules(window.zone.description).nextTransition(after: any)
        else { return any }
        return Timestamp(seconds: next.seconds / 60 * 60 + Int64(generator.below(2_000) - 1_000) * 60)
    }

    /// Says for each line `ZONE SECONDS DAYS WEEKS START END` whether that window is open.
    private static let oracle = """
        import sys, zoneinfo
        from datetime import datetime, timedelta, timezone
        names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        weeks = ["first", "second", "third", "fourth"]
        for line in sys.stdin:
            zone, seconds, days, which, start, end = line.split()
            moment = datetime.fromtimestamp(int(seconds), timezone.utc).astimezone(zoneinfo.ZoneInfo(zone))
            start, end, minute, today = int(start), int(end), moment.hour * 60 + moment.minute, moment.date()
            def opens(day):
                if names[day.weekday()] not in days.split(","): return False
                own = weeks[(day.day - 1) // 7] if day.day <= 28 else None
                isLast = (day + timedelta(days=7)).month != day.month
                return which == "-" or own in which.split(",") or isLast and "last" in which.split(",")
            if start < end: isOpen = opens(today) and start <= minute < end
            else:
                yesterday = today - timedelta(days=1)
                isOpen = opens(today) and minute >= start or opens(yesterday) and minute < end
            print(isOpen)
        """

    @Test func `a window is open when Python finds it open`() throws {
        var generator = SeededGenerator(seed: 11)
        var lines: [String] = []
        var expected: [String] = []
        for _ in 0..<250 {
            let window = Self.window(&generator)
            let calendar = try ChangeCalendarTests.calendar([window])
            for _ in 0..<40 {
                let moment = try Self.moment(&generator, for: window)
                let weeks = window.weeks.isEmpty ? "-" : window.weeks.map(\.rawValue).joined(separator: ",")
                let days = window.days.map(\.rawValue).joined(separator: ",")
                lines.append(
                    "\(window.zone) \(moment.seconds) \(days) \(weeks) \(window.start) \(window.end)")
                expected.append(calendar.isOpen(at: moment) ? "True" : "False")
            }
        }
        let answer = try runSuccessfully(
            ["python3", "-c", Self.oracle], environment: ["PYTHONTZPATH": ZoneFiles.folder],
            input: Array((lines.joined(separator: "\n") + "\n").utf8))
        let wrong = zip(lines, zip(expected, answer.lines)).filter { $0.1.0 != $0.1.1 }
        #expect(answer.lines.count == lines.count && wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
        #expect(expected.count { $0 == "True" } > 300)
    }

    @Test func `the next opening is the first minute that is open`() throws {
        let days = 16
        for seed in 0..<50 {
            var generator = SeededGenerator(seed: UInt64(100 + seed))
            let windows = (0..<(1 + generator.below(3))).map { _ in Self.window(&generator) }
            let start = try Self.moment(&generator, for: windows[0])
            let freezes = (0..<generator.below(3)).map { _ in
                let from = start.day.daysSinceEpoch + generator.below(12) - 6
                return Freeze(
                    from: CalendarDay(daysSinceEpoch: from),
                    to: CalendarDay(daysSinceEpoch: from + generator.below(6)), reason: "x",
                    zone: generator.once(in: 2) ? nil : .of(generator.one(of: ChangeCalendarTests.zones)))
            }
            let calendar = try ChangeCalendarTests.calendar(windows, freezes)
            func first(_ holds: (Timestamp) -> Bool) -> Timestamp? {
                (0..<Int64(days * 1_440)).lazy.map { Timestamp(seconds: start.seconds + $0 * 60) }.first(
                    where: holds)
            }
            let bound = start + TimeSpan(seconds: Int64(days) * 86_400)
            let opening = calendar.nextOpening(from: start)
            #expect(opening.flatMap { $0 < bound ? $0 : nil } == first(calendar.isOpen), "seed \(seed)")
            let end = calendar.endOfFreeze(from: start)
            #expect(end == first { calendar.freeze(at: $0) == nil }, "seed \(seed)")
        }
    }
}
