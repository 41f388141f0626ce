/// The name of a Git commit: its SHA-1, 40 lower-case hexadecimal digits.
///
/// Source: gitrevisions(7). Abbreviations and references are not commit ids: what is trusted is named in
/// full.
package struct CommitID: TextValue {
    /// The 40 hexadecimal digits.
    package let hex: String

    package static let expected = "a full commit id: 40 digits of 0-9 and a-f"

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 40, text.utf8.allSatisfy(\.isLowercaseHexDigit) else { return nil }
        hex = String(text)
    }

    /// The first twelve digits, for people.
    package var short: Substring { hex.prefix(12) }
}

extension CommitID: CustomStringConvertible {
    package var description: String { hex }
}

extension CommitID: Comparable {
    package static func < (left: CommitID, right: CommitID) -> Bool { left.hex < right.hex }
}

extension UInt8 {
    /// Whether this byte is one of `0-9a-f` in ASCII.
    package var isLowercaseHexDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self) }
}
