internal import FleetCore

/// Reads windows and freezes.
enum CalendarDecoder {
    static func window(_ node: DocumentNode, _ problems: FileProblems) -> Window? {
        let keys = ["days", "week", "start", "end", "zone"]
        guard let reader = MappingReader(node, keys: keys, problems) else { return nil }
        let days = reader.required("days", "a list of days such as [sat, sun]") { Self.days($0, problems) }
        let weeks = reader.node("week").map { Self.weeks($0, problems) } ?? []
        let start = reader.required("start", startExpected) { Self.time($0, startExpected, problems) }
        let end = reader.required("end", endExpected) { Self.time($0, endExpected, problems) }
        let zone: ZoneName? = reader.required("zone")
        guard let days, let weeks, let start, let end, let zone else { return nil }
        guard start != end else {
            problems.add(
                reader.place(of: "end"),
                "found the time of 'start'; expected another one (a whole day is from 00:00 to 24:00)")
            return nil
        }
        return Window(days: days, weeks: weeks, start: start, end: end, zone: zone)
    }

    static func freeze(_ node: DocumentNode, _ problems: FileProblems) -> Freeze? {
        let keys = ["from", "to", "reason", "zone"]
        guard let reader = MappingReader(node, keys: keys, problems) else { return nil }
        let from: CalendarDay? = reader.required("from")
        let to: CalendarDay? = reader.required("to")
        let reason = reader.requiredLine("reason")
        let zone: ZoneName? = reader.optional("zone")
        guard let from, let to, let reason else { return nil }
        guard from <= to else {
            problems.add(
                reader.place(of: "to"),
                "found '\(to)', which is before '\(from)'; expected that day or a later one")
            return nil
        }
        return Freeze(from: from, to: to, reason: reason, zone: zone)
    }

    /// Reads `wait`, `run`, which is `{after: 1}`, or `{after: 3}`.
    static func missed(_ node: DocumentNode, _ problems: FileProblems) -> MissedWindows? {
        let expected = "'wait', 'run', or a mapping such as {after: 3}"
        guard case .mapping = node.content else {
            guard let text = node.scalar(expected: expected, problems) else { return nil }
            switch text {
            case "wait": return .wait
            case "run": return .run(after: 1)
            default:
                problems.add(node, expected: expected)
                return nil
            }
        }
        guard let reader = MappingReader(node, keys: ["after"], problems) else { return nil }
        return reader.required("after", "a number from 1 to 100") { $0.integer(in: 1...100, problems) }
            .map { .run(after: $0) }
    }

    private static func days(_ node: DocumentNode, _ problems: FileProblems) -> [Weekday]? {
        let expected = "a list of days such as [sat, sun]"
        guard let items = node.items(expected, atMost: 7, problems) else { return nil }
        return words(items, of: node, expected, "each day once", problems)
    }

    /// Reads `last` or `[first, third]`.
    private static func weeks(_ node: DocumentNode, _ problems: FileProblems) -> [MonthWeek]? {
        let expected = "a week of the month such as last, or a list such as [first, third]"
        if case .text = node.content { return node.choice(of: MonthWeek.self, problems).map { [$0] } }
        guard let items = node.items(expected, atMost: MonthWeek.allCases.count, problems) else { return nil }
        return words(items, of: node, expected, "each week once", problems)
    }

    /// Reads a list of words, of which there is one at least and none twice.
    private static func words<Word: RawRepresentable<String> & CaseIterable & Equatable>(
        _ items: [DocumentNode], of node: DocumentNode, _ expected: String, _ once: String,
        _ problems: FileProblems
    ) -> [Word]? {
        guard !items.isEmpty else {
            problems.add(node.place, "found an empty list; expected \(expected)")
            return nil
        }
        var words: [Word] = []
        for item in items {
            guard let word = item.choice(of: Word.self, problems) else { continue }
            if words.contains(word) {
                problems.add(item.place, "found '\(word.rawValue)' twice; expected \(once)")
            }
            words.append(word)
        }
        return words
    }

    private static let startExpected = "a time of day such as 01:00 or 23:30"
    private static let endExpected = "a time of day such as 05:00 or 24:00"

    /// Reads `HH:MM` in minutes. YAML 1.1 would take `01:00` for the number 60; here it is text like
    /// everything else. A day ends at 24:00, but nothing begins then.
    private static func time(
        _ node: DocumentNode, _ expected: String, _ problems: FileProblems
    ) -> Int? {
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [2, 2],
            fields.allSatisfy({ $0.utf8.allSatisfy(\.isDecimalDigit) }),
            let hour = Int(fields[0]), let minute = Int(fields[1]), minute < 60,
            hour < 24 || expected == endExpected && (hour, minute) == (24, 0)
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return hour * 60 + minute
    }
}
