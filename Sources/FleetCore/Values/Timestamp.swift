/// A moment of the wall clock in whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// In reports it is for people: nothing is decided by it but windows, freezes and expiry dates.
package struct Timestamp: Sendable {
    /// Seconds since the Unix epoch.
    package let seconds: Int64

    /// A moment within the years 1–9999; what lies outside is brought to the nearer end, so that it can be
    /// written.
    package init(seconds: Int64) {
        self.seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
    }

    /// The day in UTC on which this moment lies.
    package var day: CalendarDay { CalendarDay(daysSinceEpoch: Int(Self.floorDivide(seconds, 86_400))) }

    /// The seconds since midnight, UTC.
    package var secondOfDay: Int { Int(seconds - Self.floorDivide(seconds, 86_400) * 86_400) }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}

extension Timestamp {
    /// How long it is from `other` to this moment; zero if it is not before.
    package func time(since other: Timestamp) -> TimeSpan { TimeSpan(seconds: seconds - other.seconds) }
}

extension Timestamp: TextValue {
    package static let expected = "a time in UTC such as 2026-11-30T17:00:00Z (RFC 3339)"

    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"),
            let day = CalendarDay(text.prefix(10)),
            let hour = Self.pair(bytes[11], bytes[12]), hour < 24,
            let minute = Self.pair(bytes[14], bytes[15]), minute < 60,
            let second = Self.pair(bytes[17], bytes[18]), second < 60
        else { return nil }
        self.init(seconds: Int64(day.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second))
    }

    private static func pair(_ tens: UInt8, _ ones: UInt8) -> Int? {
        guard tens.isDecimalDigit, ones.isDecimalDigit else { return nil }
        return Int(tens - 0x30) * 10 + Int(ones - 0x30)
    }

    package var description: String {
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { $0.padded(to: 2) }
        return "\(day)T\(time.joined(separator: ":"))Z"
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    package static func + (left: Timestamp, right: TimeSpan) -> Timestamp {
        Timestamp(seconds: left.seconds + right.seconds)
    }
}

extension Int {
    /// This number in decimal, with zeros in front up to `width` digits.
    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
