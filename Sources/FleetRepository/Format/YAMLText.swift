internal import FleetCore

/// Writes text as a YAML scalar that every YAML reader takes for the same text.
enum YAMLText {
    /// `text` as a scalar for one line: plain where nobody could take it for anything else, in double quotes
    /// otherwise.
    static func scalar(_ text: String) -> String { isSafePlain(text) ? text : quoted(text) }

    /// `text` in double quotes, on one line (YAML 1.2, section 7.3.1).
    static func quoted(_ text: String) -> String {
        var written = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": written += "\\\""
            case "\\": written += "\\\\"
            case "\n": written += "\\n"
            case "\t": written += "\\t"
            case _ where scalar.isControl || scalar == "\u{FEFF}" || (0xFFF0...0xFFFF).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                written += "\\u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
            default: written.unicodeScalars.append(scalar)
            }
        }
        return written + "\""
    }

    /// Whether `text` needs no quotes: ASCII, begins with a letter or `/`, or is made of digits that no
    /// reader of YAML 1.1 takes for a number, a time or a date.
    private static func isSafePlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last,
            first.isAlphanumeric || first == UInt8(ascii: "/"),
            last != UInt8(ascii: " "), last != UInt8(ascii: ":"),
            bytes.allSatisfy({ $0.isAlphanumeric || " ./_+~^-:()=".utf8.contains($0) })
        else { return false }
        for (byte, next) in zip(bytes, bytes.dropFirst())
        where byte == UInt8(ascii: ":") && next == UInt8(ascii: " ") {
            return false
        }
        guard first.isDecimalDigit else { return !words.contains(text.lowercased()) }
        // Numbers in all their forms (12, 1.10, 1e3, 0x10, 0o17, 0b1, 12_3, 1:20), dates and times consist of
        // these alone.
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let letters = isHexadecimal ? "abcdefABCDEFxX" : "eEoObBtTzZ"
        return !bytes.allSatisfy {
            $0.isDecimalDigit || "_.:+- ".utf8.contains($0) || letters.utf8.contains($0)
        }
    }

    /// What YAML 1.1 takes for a boolean or for null.
    private static let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
}
