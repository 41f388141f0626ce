/// A length of time in whole milliseconds, never negative.
///
/// Written as an integer and a unit: `30s`, `90m`, `4h`, `14d`, `2w`. Milliseconds are kept so that many
/// short intervals add up without loss; files speak of seconds and more.
package struct TimeSpan: Sendable {
    /// The whole length in milliseconds.
    package let milliseconds: Int64

    package static let zero = TimeSpan(milliseconds: 0)

    /// The longest time that can be written: a hundred years. It keeps all sums far from overflow.
    package static let longest = TimeSpan(seconds: 100 * 366 * 86_400)

    /// A length in milliseconds; what is negative becomes zero, what is too long becomes `longest`.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, 0), 100 * 366 * 86_400_000)
    }

    /// A length in seconds, limited as in `init(milliseconds:)`.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        self.init(milliseconds: overflow ? (seconds < 0 ? 0 : .max) : product)
    }

    /// The whole seconds in it, rounded down.
    package var seconds: Int64 { milliseconds / 1_000 }
}

extension TimeSpan: TextValue {
    package static let expected = "a duration such as 30s, 15m, 4h, 14d or 2w"

    private static let units: [(letter: UInt8, seconds: Int64)] = [
        (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3_600),
        (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
    ]

    package init?(_ text: some StringProtocol) {
        guard let last = Array(text.utf8).last, let unit = Self.units.first(where: { $0.letter == last })
        else {
            return nil
        }
        let digits = String(text.dropLast())
        guard (1...10).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDecimalDigit),
            let count = Int64(digits), count <= Self.longest.seconds / unit.seconds
        else { return nil }
        self.init(seconds: count * unit.seconds)
    }

    /// The shortest exact form in one unit; below a second's precision it is rounded down.
    package var description: String {
        guard seconds > 0 else { return "0s" }
        for unit in Self.units where seconds % unit.seconds == 0 {
            return "\(seconds / unit.seconds)\(Character(UnicodeScalar(unit.letter)))"
        }
        return "\(seconds)s"
    }

    /// A rough form for people: the two largest units, such as `3h 20m`.
    package var rough: String {
        let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]
        var rest = seconds
        var parts: [String] = []
        for unit in units {
            let count = rest / unit.seconds
            rest %= unit.seconds
            if count > 0 { parts.append("\(count)\(unit.name)") }
            if count == 0 && !parts.isEmpty || parts.count == 2 { break }
        }
        return parts.isEmpty ? "0s" : parts.joined(separator: " ")
    }
}

extension TimeSpan: Comparable {
    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(milliseconds: left.milliseconds + right.milliseconds)
    }

    /// The difference; zero where `right` is the longer.
    package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(milliseconds: left.milliseconds - right.milliseconds)
    }

    package static func * (left: TimeSpan, count: Int64) -> TimeSpan {
        let (product, overflow) = left.milliseconds.multipliedReportingOverflow(by: count)
        return TimeSpan(milliseconds: overflow ? (count < 0 ? 0 : .max) : product)
    }
}
