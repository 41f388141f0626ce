package import FleetCore

/// A hold that a person has put on this node: what `plimsoll-agent hold` writes.
package struct HoldFile: Hashable, Sendable {
    package let reason: String
    /// When it ends by itself; nil for one that a person must end.
    package let until: Timestamp?

    package init(reason: String, until: Timestamp? = nil) {
        self.reason = reason
        self.until = until
    }

    /// The name in the folder of holds.
    package static let name = "operator.yaml"
    /// A text longer than this is cut when it is told.
    package static let longestReason = 200

    var text: String {
        """
        apiVersion: plimsoll/v1
        reason: \(YAMLText.quoted(reason.withoutControls))
        until: \(until?.description ?? "null")

        """
    }

    /// Reads what a file in the folder of holds says.
    ///
    /// Nothing in it can lift the hold but an `until` that is a time: a file that somebody wrote in haste, or
    /// that is written by a program which knows nothing of Plimsoll, holds until it is taken away.
    init(lenient bytes: [UInt8], isYAML: Bool) {
        guard isYAML, let root = try? DocumentParser.parse(bytes, file: ""),
            case .mapping(let pairs) = root.content
        else {
            self.init(reason: Self.firstLine(of: bytes))
            return
        }
        func text(_ key: String) -> String? {
            guard let node = pairs.first(where: { $0.key == key })?.value, !node.isNull,
                case .text(let text, isPlain: _) = node.content
            else { return nil }
            return text
        }
        self.init(
            reason: Self.printable(text("reason") ?? ""), until: text("until").flatMap { Timestamp($0) })
    }

    private static func firstLine(of bytes: [UInt8]) -> String {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return printable(String(decoding: line, as: UTF8.self))
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(longestReason).map { $0.isControl ? " " : $0 }))
    }
}

extension String {
    /// This text with spaces in place of control characters.
    fileprivate var withoutControls: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}
