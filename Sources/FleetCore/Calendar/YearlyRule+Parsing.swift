extension YearlyRule {
    /// Reads POSIX's `TZ`, such as `CET-1CEST,M3.5.0,M10.5.0/3`, with RFC 8536's times from -167 to 167 h.
    ///
    /// - Returns: nil for any other text. POSIX leaves the switches of a rule without them to the system, so
    ///   that is another text too.
    init?(_ text: [UInt8]) {
        var reader = Reader(rest: text[...])
        guard reader.name(), let standard = reader.time(hours: 24) else { return nil }
        self.standard = -standard
        guard !reader.rest.isEmpty else {
            saving = nil
            return
        }
        guard reader.name() else { return nil }
        var offset = self.standard + 3_600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let written = reader.time(hours: 24) else { return nil }
            offset = -written
        }
        guard let begin = reader.moment(), let end = reader.moment(), reader.rest.isEmpty else { return nil }
        saving = Saving(offset: offset, begin: begin, end: end)
    }

    /// Takes one part after the other from the front.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Character) -> Bool {
            guard let first = rest.first, first == character.asciiValue else { return false }
            rest.removeFirst()
            return true
        }

        /// An abbreviation: three letters or more, or anything of letters, digits and signs in `<` and `>`.
        mutating func name() -> Bool {
            if take("<") {
                let name = rest.prefix { $0.isAlphanumeric || "+-".utf8.contains($0) }
                rest = rest.dropFirst(name.count)
                return name.count >= 3 && take(">")
            }
            let name = rest.prefix { $0.isAlphanumeric && !$0.isDecimalDigit }
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix(while: \.isDecimalDigit)
            guard (1...3).contains(digits.count), let number = Int(String(decoding: digits, as: UTF8.self)),
                range.contains(number)
            else { return nil }
            rest = rest.dropFirst(digits.count)
            return number
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(hours: Int) -> Int? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard var seconds = number(0...hours).map({ $0 * 3_600 }) else { return nil }
            if take(":") {
                guard let minutes = number(0...59) else { return nil }
                seconds += minutes * 60
                if take(":") {
                    guard let more = number(0...59) else { return nil }
                    seconds += more
                }
            }
            return isNegative ? -seconds : seconds
        }

        /// `,date[/time]`; without a time it is two in the morning.
        mutating func moment() -> YearlyMoment? {
            guard take(","), let day = day() else { return nil }
            guard take("/") else { return YearlyMoment(day: day, time: 7_200) }
            guard let time = time(hours: 167) else { return nil }
            return YearlyMoment(day: day, time: time)
        }

        /// `Mm.w.d`, `Jn` or `n`.
        private mutating func day() -> YearlyMoment.Day? {
            if take("M") {
                guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                    let weekday = number(0...6)
                else { return nil }
                return .weekday(weekday, week: week, month: month)
            }
            if take("J") { return number(1...365).map { .counted($0) } }
            return number(0...365).map { .exact($0) }
        }
    }
}
