import FleetCore
import FleetTesting
import Testing

/// When windows are open and freezes on, in zones with and without daylight saving time.
struct ChangeCalendarTests {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
        "America/St_Johns",
    ]

    static func calendar(_ windows: [Window], _ freezes: [Freeze] = []) throws -> ChangeCalendar {
        let group = Group(
            name: .of("stores"), baseline: .of("base"), gate: .none, windows: windows, freezes: freezes)
        var rules: [ZoneName: Result<ZoneRules, ZoneError>] = [:]
        for zone in group.zones { rules[zone] = .success(try ZoneFiles.rules(zone.description)) }
        return ChangeCalendar(group, zones: rules)
    }

    /// A window as the tests write it: `sat,sun 01:00-05:00 Europe/Berlin first,last`.
    static func window(_ text: String) -> Window {
        let words = text.split(separator: " ")
        let times = words[1].split(separator: "-").map { time in
            time.split(separator: ":").compactMap { Int($0) }.reduce(0) { $0 * 60 + $1 }
        }
        return Window(
            days: words[0].split(separator: ",").compactMap { Weekday(rawValue: String($0)) },
            weeks: words.dropFirst(3).joined().split(separator: ",")
                .compactMap { MonthWeek(rawValue: String($0)) },
            start: times[0], end: times[1], zone: .of(words[2]))
    }

    /// The stretches of time within two UTC days in which a calendar is open, such as `28T00:30-28T01:30`.
    static func stretches(_ calendar: ChangeCalendar, from day: String) -> [String] {
        let start = Timestamp.of("\(day)T00:00:00Z")
        var stretches: [String] = []
        var opened: Timestamp?
        for minute in 0...2_880 {
            let moment = Timestamp(seconds: start.seconds + Int64(minute) * 60)
            let isOpen = calendar.isOpen(at: moment) && minute < 2_880
            if isOpen, opened == nil { opened = moment }
            if !isOpen, let begin = opened {
                stretches.append(
                    [begin, moment].map { $0.description.dropFirst(8).dropLast(4) }.joined(separator: "-"))
                opened = nil
            }
        }
        return stretches
    }

    struct Case: CustomTestStringConvertible {
        let window: String
        let day: String
        let open: [String]
        var testDescription: String { "\(window) on \(day)" }

        init(_ window: String, _ day: String, _ open: String...) {
            (self.window, self.day, self.open) = (window, day, open)
        }
    }

    @Test(arguments: [
        Case("sat 01:00-05:00 UTC", "2026-11-28", "28T01:00-28T05:00"),
        Case("sat,sun 01:00-05:00 UTC", "2026-11-28", "28T01:00-28T05:00", "29T01:00-29T05:00"),
        // Past midnight it belongs to the day on which it has opened.
        Case("sat 22:00-02:00 UTC", "2026-11-28", "28T22:00-29T02:00"),
        Case("fri,sat 22:00-02:00 UTC", "2026-11-28", "28T00:00-28T02:00", "28T22:00-29T02:00"),
        Case("sun 22:00-02:00 UTC", "2026-11-28", "29T22:00-30T00:00"),
        Case("sat 22:00-00:00 UTC", "2026-11-28", "28T22:00-29T00:00"),
        Case("sat 00:00-24:00 UTC", "2026-11-28", "28T00:00-29T00:00"),
        Case("sat,sun 00:00-24:00 UTC", "2026-11-28", "28T00:00-30T00:00"),
        // Weeks of the month: 31 October 2026 is the fifth Saturday, and the last.
        Case("sat 01:00-02:00 UTC last", "2026-10-31", "31T01:00-31T02:00"),
        Case("sat 01:00-02:00 UTC last", "2026-10-24"),
        Case("sat 01:00-02:00 UTC fourth", "2026-10-24", "24T01:00-24T02:00"),
        Case("sat 01:00-02:00 UTC first", "2026-11-07", "07T01:00-07T02:00"),
        Case("sat 01:00-02:00 UTC first", "2026-11-14"),
        Case("sat 01:00-02:00 UTC second,third", "2026-11-14", "14T01:00-14T02:00"),
        // The last Saturday's window reaches into the next month.
        Case("sat 22:00-02:00 UTC last", "2026-10-31", "31T22:00-01T02:00"),
        Case("sun 22:00-02:00 UTC first", "2026-11-01", "01T22:00-02T02:00"),
        // Berlin puts its clocks from 2 to 3 at 01:00Z, and from 3 to 2 at 01:00Z.
        Case("sun 01:00-05:00 Europe/Berlin", "2027-03-28", "28T00:00-28T03:00"),
        Case("sun 02:15-02:45 Europe/Berlin", "2027-03-28"),
        Case("sun 02:30-03:30 Europe/Berlin", "2027-03-28", "28T01:00-28T01:30"),
        Case("sun 01:00-05:00 Europe/Berlin", "2026-10-24", "24T23:00-25T04:00"),
        Case("sun 02:15-02:45 Europe/Berlin", "2026-10-25", "25T00:15-25T00:45", "25T01:15-25T01:45"),
        Case("sun 01:00-02:30 Europe/Berlin", "2026-10-24", "24T23:00-25T00:30", "25T01:00-25T01:30"),
        Case("sat 22:00-02:30 Europe/Berlin", "2027-03-27", "27T21:00-28T01:00"),
        // New York does so at 07:00Z and 06:00Z.
        Case("sun 01:30-03:30 America/New_York", "2027-03-14", "14T06:30-14T07:30"),
        Case("sun 02:00-03:00 America/New_York", "2027-03-14"),
        Case("sun 01:00-02:00 America/New_York", "2026-11-01", "01T05:00-01T07:00"),
        // Lord Howe Island by half an hour: at 15:30Z from 02:00 to 02:30, at 15:00Z from 02:00 to 01:30.
        Case("sun 01:30-03:00 Australia/Lord_Howe", "2026-10-03", "03T15:00-03T16:00"),
        Case("sun 01:30-03:00 Australia/Lord_Howe", "2027-04-03", "03T14:30-03T16:30"),
        Case("sun 01:45-01:50 Australia/Lord_Howe", "2027-04-03", "03T14:45-03T14:50", "03T15:15-03T15:20"),
        Case("sat 01:00-05:00 Asia/Kolkata", "2026-11-27", "27T19:30-27T23:30"),
        // Over the year's end, by each zone's own clock, and with the weeks of both months.
        Case("thu 22:00-02:00 UTC", "2026-12-31", "31T22:00-01T02:00"),
        Case("fri 00:00-24:00 UTC", "2026-12-31", "01T00:00-02T00:00"),
        Case("thu 22:00-02:00 UTC last", "2026-12-31", "31T22:00-01T02:00"),
        Case("thu 22:00-02:00 UTC first", "2026-12-31"),
        Case("fri 00:30-01:30 Europe/Berlin first", "2026-12-31", "31T23:30-01T00:30"),
        Case("thu 22:00-02:00 America/New_York last", "2026-12-31", "01T03:00-01T07:00"),
        Case("fri 01:00-02:00 Pacific/Apia first", "2026-12-31", "31T12:00-31T13:00"),
        // A leap year has its day.
        Case("tue 22:00-02:00 UTC last", "2028-02-29", "29T22:00-01T02:00"),
        // A clock that has begun anew: Berlin had no saving time then.
        Case("thu 00:30-02:00 UTC", "1970-01-01", "01T00:30-01T02:00"),
        Case("thu 00:30-02:00 Europe/Berlin", "1970-01-01", "01T00:00-01T01:00"),
        Case("wed 22:00-02:00 UTC", "1970-01-01", "01T00:00-01T02:00"),
        // Ten years ahead, past what zone files list, and past 2038: by the rule that goes on.
        Case("sun 01:00-05:00 Europe/Berlin", "2036-03-30", "30T00:00-30T03:00"),
        Case("sun 02:15-02:45 Europe/Berlin", "2036-10-26", "26T00:15-26T00:45", "26T01:15-26T01:45"),
        Case("sun 01:30-03:30 America/New_York", "2039-03-13", "13T06:30-13T07:30"),
    ])
    func `windows are open while the wall clock shows a time within`(of: Case) throws {
        #expect(Self.stretches(try Self.calendar([Self.window(of.window)]), from: of.day) == of.open)
    }

    @Test func `windows add up, and a freeze outweighs them`() throws {
        let windows = ["sat 01:00-03:00 UTC", "sat 02:00-05:00 Europe/Berlin"].map(Self.window)
        #expect(Self.stretches(try Self.calendar(windows), from: "2026-11-28") == ["28T01:00-28T04:00"])
        let freeze = Freeze(from: .of("2026-11-28"), to: .of("2026-11-28"), reason: "x", zone: .utc)
        #expect(Self.stretches(try Self.calendar(windows, [freeze]), from: "2026-11-28") == [])
        #expect(Self.stretches(try Self.calendar([]), from: "2026-11-28") == ["28T00:00-30T00:00"])
        #expect(try Self.calendar([]).isLimited == false)
    }

    @Test(arguments: [
        (nil, [], "2026-12-20T00:00:00Z", "2027-01-03T00:00:00Z"),
        (nil, ["sat 01:00-05:00 Europe/Berlin"], "2026-12-19T23:00:00Z", "2027-01-02T23:00:00Z"),
        (
            ZoneName.of("America/New_York"), ["sat 01:00-05:00 Europe/Berlin"], "2026-12-20T05:00:00Z",
            "2027-01-03T05:00:00Z"
        ),
        (.utc, ["sat 01:00-05:00 Europe/Berlin"], "2026-12-20T00:00:00Z", "2027-01-03T00:00:00Z"),
    ])
    func `a freeze is both its days whole, by its own zone or that of the first window`(
        zone: ZoneName?, windows: [String], first: String, end: String
    ) throws {
        let freeze = Freeze(from: .of("2026-12-20"), to: .of("2027-01-02"), reason: "holidays", zone: zone)
        let calendar = try Self.calendar(windows.map(Self.window), [freeze])
        let (first, end) = (Timestamp.of(first), Timestamp.of(end))
        #expect(calendar.freeze(at: Timestamp(seconds: first.seconds - 1)) == nil)
        #expect(calendar.freeze(at: first) == freeze)
        #expect(calendar.freeze(at: Timestamp(seconds: end.seconds - 1)) == freeze)
        #expect(calendar.freeze(at: end) == nil)
        #expect(calendar.endOfFreeze(from: first) == end)
        #expect(calendar.endOfFreeze(from: end) == end)
    }

    @Test func `an unknown zone shuts its window alone, and makes its freeze a day longer`() {
        let known = Self.window("sat 01:00-05:00 UTC")
        let unknown = Self.window("sun 01:00-05:00 Europe/Berlin")
        let freeze = Freeze(
            from: .of("2026-12-20"), to: .of("2026-12-20"), reason: "x", zone: .database("Europe/Berlin"))
        let group = Group(
            name: .of("stores"), baseline: .of("base"), gate: .none, windows: [known, unknown],
            freezes: [freeze])
        let error = ZoneError("no such zone")
        let calendar = ChangeCalendar(group, zones: [.database("Europe/Berlin"): .failure(error)])
        #expect(calendar.unknownZones == [.database("Europe/Berlin"): error])
        #expect(Self.stretches(calendar, from: "2026-11-28") == ["28T01:00-28T05:00"])
        let on = ["2026-12-18", "2026-12-19", "2026-12-20", "2026-12-21", "2026-12-22"].map {
            calendar.freeze(at: .of("\($0)T12:00:00Z")) != nil
        }
        #expect(on == [false, true, true, true, false])
    }

    @Test func `what never opens is not looked for for ever`() throws {
        let window = Self.window("sat 01:00-05:00 Europe/Berlin")
        let freeze = Freeze(from: .of("2026-01-01"), to: .of("9999-12-31"), reason: "the end")
        let now = Timestamp.of("2026-11-22T12:00:00Z")
        let frozen = try Self.calendar([window], [freeze])
        #expect(frozen.nextOpening(from: now) == nil)
        #expect(frozen.endOfFreeze(from: now) == nil)
        let group = Group(name: .of("a"), baseline: .of("base"), gate: .none, windows: [window])
        #expect(ChangeCalendar(group, zones: [:]).nextOpening(from: now) == nil)
        // A year ahead is within the bound.
        let long = Freeze(from: .of("2026-01-01"), to: .of("2027-11-22"), reason: "a year", zone: .utc)
        #expect(try Self.calendar([window], [long]).nextOpening(from: now) == .of("2027-11-27T00:00:00Z"))
    }
}
