internal import Glibc

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted: the time of a commit's committer line.
package typealias UnixSeconds = Int64

/// A moment as `valid-after` and `valid-before` write it.
///
/// Source: ssh-keygen(1), ALLOWED SIGNERS: `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`; with `Z` or `UTC`
/// behind it in UTC, else in the zone of the machine that reads it, and there in winter time all the year, as
/// OpenSSH does.
struct ValidityTime {
    let seconds: UnixSeconds
    /// Whether another machine may read another moment from the same text.
    let isLocal: Bool

    /// - Returns: nil for another text, for a day or time that does not exist, and for 1970 and before.
    init?(_ text: String) {
        var digits = Array(text.utf8)
        isLocal = !Self.removeZone(from: &digits)
        guard [8, 12, 14].contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        digits += Array(repeating: 0x30, count: 14 - digits.count)
        let number = { (range: Range<Int>) in digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard year >= 1970, (1...12).contains(month), (1...Self.dayCount(month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fields = tm()
        fields.tm_year = Int32(year - 1900)
        fields.tm_mon = Int32(month - 1)
        fields.tm_mday = Int32(day)
        fields.tm_hour = Int32(hour)
        fields.tm_min = Int32(minute)
        fields.tm_sec = Int32(second)
        seconds = UnixSeconds(isLocal ? mktime(&fields) : timegm(&fields))
        guard seconds > 0 else { return nil }
    }

    /// Takes `Z` or `UTC` off, in either case.
    private static func removeZone(from bytes: inout [UInt8]) -> Bool {
        for zone in ["z", "utc"] where bytes.suffix(zone.utf8.count).map({ $0 | 0x20 }) == Array(zone.utf8) {
            bytes.removeLast(zone.utf8.count)
            return true
        }
        return false
    }

    private static func dayCount(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
