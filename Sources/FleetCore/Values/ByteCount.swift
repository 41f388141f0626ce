/// A number of bytes, written as an integer and a unit: `512MiB`, `2GiB`.
package struct ByteCount: Sendable {
    package let bytes: Int64

    /// The largest count that can be written. It keeps all sums far from overflow.
    private static let largest: Int64 = 1 << 50

    /// A count that is never negative.
    package init(bytes: Int64) { self.bytes = max(bytes, 0) }

    package init(mebibytes: Int64) { self.init(bytes: mebibytes << 20) }
}

extension ByteCount: TextValue {
    package static let expected = "a number of bytes such as 512MiB or 2GiB"

    private static let units: [(name: String, bytes: Int64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    package init?(_ text: some StringProtocol) {
        guard let unit = Self.units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let digits = String(text.dropLast(unit.name.count))
        guard (1...10).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDecimalDigit),
            let count = Int64(digits), count <= Self.largest / unit.bytes
        else { return nil }
        self.init(bytes: count * unit.bytes)
    }

    /// The shortest exact form in one unit; below a kibibyte's precision it is rounded down.
    package var description: String {
        for unit in Self.units where bytes > 0 && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return "\(bytes >> 10)KiB"
    }
}
