internal import FleetCore

/// Reads windows and freezes.
enum CalendarDecoder {
    static func window(_ node: DocumentNode, _ problems: FileProblems) -> Window? {
        let keys = ["days", "start", "end", "zone"]
        guard let reader = MappingReader(node, keys: keys, problems) else { return nil }
        let days = reader.required("days", "a list of days such as [sat, sun]") { Self.days($0, problems) }
        let start = reader.required("start", timeExpected) { Self.time($0, problems) }
        let end = reader.required("end", timeExpected) { Self.time($0, problems) }
        let zone = reader.required("zone", zoneExpected) { Self.zone($0, problems) }
        guard let days, let start, let end, let zone else { return nil }
        return Window(days: days, start: start, end: end, zone: zone)
    }

    static func freeze(_ node: DocumentNode, _ problems: FileProblems) -> Freeze? {
        guard let reader = MappingReader(node, keys: ["from", "to", "reason"], problems) else { return nil }
        let from: CalendarDay? = reader.required("from")
        let to: CalendarDay? = reader.required("to")
        let reason = reader.requiredLine("reason")
        guard let from, let to, let reason else { return nil }
        guard from <= to else {
            problems.add(
                reader.place(of: "to"),
                "found '\(to)', which is before '\(from)'; expected that day or a later one")
            return nil
        }
        return Freeze(from: from, to: to, reason: reason)
    }

    private static func days(_ node: DocumentNode, _ problems: FileProblems) -> [Weekday]? {
        let expected = "a list of days such as [sat, sun]"
        guard let items = node.items(expected, atMost: 7, problems) else { return nil }
        guard !items.isEmpty else {
            problems.add(node.place, "found an empty list; expected \(expected)")
            return nil
        }
        var days: [Weekday] = []
        for item in items {
            guard let day = item.choice(of: Weekday.self, problems) else { continue }
            if days.contains(day) {
                problems.add(item.place, "found '\(day.rawValue)' twice; expected each day once")
            }
            days.append(day)
        }
        return days
    }

    private static let timeExpected = "a time of day such as 01:00 or 23:30"

    /// Reads `HH:MM`. YAML 1.1 would take `01:00` for the number 60; here it is text like everything else.
    private static func time(_ node: DocumentNode, _ problems: FileProblems) -> Int? {
        guard let text = node.scalar(expected: timeExpected, problems) else { return nil }
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [2, 2],
            fields.allSatisfy({ $0.utf8.allSatisfy(\.isDecimalDigit) }),
            let hour = Int(fields[0]), let minute = Int(fields[1]), hour < 24, minute < 60
        else {
            problems.add(node, expected: timeExpected)
            return nil
        }
        return hour * 60 + minute
    }

    private static let zoneExpected = "a time zone such as UTC or Europe/Berlin"

    /// Reads the name of a zone of the tz database. It becomes the name of a file, so it never leaves its
    /// folder.
    private static func zone(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        guard let text = node.scalar(expected: zoneExpected, problems) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 64,
            parts.allSatisfy({ part in
                guard let first = part.utf8.first, first.isAlphanumeric else { return false }
                return part.utf8.allSatisfy { $0.isAlphanumeric || "+-_".utf8.contains($0) }
            })
        else {
            problems.add(node, expected: zoneExpected)
            return nil
        }
        return text
    }
}
