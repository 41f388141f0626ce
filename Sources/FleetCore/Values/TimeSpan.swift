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

    /// The units in which lengths are shown, and the least length for which each is taken: people say 24h and
    /// 36h, and count days from two on. Weeks are read and never written.
    private static let shown: [(name: String, seconds: Int64, least: Int64)] = [
        ("d", 86_400, 2 * 86_400), ("h", 3_600, 3_600), ("m", 60, 60), ("s", 1, 1),
    ]

    /// The shortest exact form in one unit, such as `24h`, `90m` or `14d`; below a second's precision it is
    /// rounded down.
    package var description: String {
        let unit = Self.shown.first { seconds >= $0.least && seconds % $0.seconds == 0 }
        return unit.map { "\(seconds / $0.seconds)\($0.name)" } ?? "0s"
    }

    /// The form in receipts, which are signed: in the largest unit that it is a whole number of. It stays as
    /// it is, whatever people are shown.
    var signedText: String {
        let unit = Self.units.first { seconds > 0 && seconds % $0.seconds == 0 }
        return unit.map { "\(seconds / $0.seconds)\(Character(UnicodeScalar($0.letter)))" } ?? "0s"
    }

    /// A rough form for people: the two largest units, such as `3h 20m` or `2d 4h`.
    package var rough: String {
        var rest = seconds
        var parts: [String] = []
        for unit in Self.shown where seconds >= unit.least {
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
