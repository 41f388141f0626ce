/// Writes the fields of SSH's binary encoding (RFC 4251 §5).
struct SSHWireWriter {
    private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: the bytes to reserve, where the size is known.
    init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// The bytes alone, without a length.
    mutating func raw(_ content: some Sequence<UInt8>) {
        bytes.append(contentsOf: content)
    }

    /// `uint32`.
    mutating func uint32(_ value: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// `string`. What is written here was made or bounded here, so its length fits.
    mutating func string(_ content: some Collection<UInt8>) {
        uint32(UInt32(content.count))
        bytes.append(contentsOf: content)
    }

    /// `mpint` of a magnitude, the most significant byte first; leading zeros are dropped.
    mutating func positiveInteger(_ magnitude: some Collection<UInt8>) {
        let digits = magnitude.drop { $0 == 0 }
        let sign = (digits.first ?? 0) >= 0x80 ? 1 : 0
        uint32(UInt32(digits.count + sign))
        if sign == 1 { bytes.append(0) }
        bytes.append(contentsOf: digits)
    }
}
