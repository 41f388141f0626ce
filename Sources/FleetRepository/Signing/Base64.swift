/// Base64 with the standard alphabet and padding (RFC 4648 §4), in its one canonical spelling.
///
/// Strict, so that one sequence of bytes has one text: padding is required, spare bits are zero, nothing
/// follows the padding.
enum Base64 {
    /// Encodes `bytes`, padded, without line breaks.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let remaining = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16
                | (remaining > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (remaining > 2 ? UInt32(bytes[index + 2]) : 0)
            text.append(digit(group >> 18))
            text.append(digit(group >> 12))
            text.append(remaining > 1 ? digit(group >> 6) : padding)
            text.append(remaining > 2 ? digit(group) : padding)
            index += 3
        }
        return text
    }

    /// Decodes canonical base64.
    ///
    /// - Parameter skippingNewlines: whether line feeds between characters are passed over, as in armoured
    ///   text.
    /// - Returns: nil unless `text` is exactly what `encode` makes (but for line feeds).
    static func decode(_ text: ArraySlice<UInt8>, skippingNewlines: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var digits = 0
        var pads = 0
        for character in text {
            if let value = value(of: character) {
                guard pads == 0 else { return nil }
                group = group << 6 | value
            } else if character == padding {
                pads += 1
                guard digits >= 2, pads <= 2 else { return nil }
                group <<= 6
            } else if skippingNewlines && character == UInt8(ascii: "\n") {
                continue
            } else {
                return nil
            }
            digits += 1
            guard digits == 4 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            if pads < 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if pads < 1 { bytes.append(UInt8(truncatingIfNeeded: group)) }
            let spare: UInt32 = pads == 2 ? 0xFFFF : pads == 1 ? 0xFF : 0
            guard group & spare == 0 else { return nil }
            group = 0
            digits = 0
        }
        return digits == 0 ? bytes : nil
    }

    private static let padding = UInt8(ascii: "=")

    private static func digit(_ value: UInt32) -> UInt8 {
        let value = UInt8(value & 0x3F)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
