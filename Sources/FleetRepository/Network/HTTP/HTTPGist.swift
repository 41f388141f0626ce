internal import FleetCore

/// What an answer says that is not Git's, in one line for a message.
enum HTTPGist {
    private static let longest = 200

    /// The first words of a plain text, or the title of a page.
    static func of(_ body: [UInt8], type: String) -> String {
        switch type {
        case "text/plain": line(body[...])
        case "text/html": title(of: body).map { "'\(line($0))'" } ?? ""
        default: ""
        }
    }

    private static func title(of page: [UInt8]) -> ArraySlice<UInt8>? {
        let lower = page.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        guard let start = lower.firstRange(of: Array("<title>".utf8)),
            let end = lower[start.upperBound...].firstRange(of: Array("</title".utf8)),
            start.upperBound < end.lowerBound
        else { return nil }
        return page[start.upperBound..<end.lowerBound]
    }

    /// Printable, on one line, short.
    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        let words = String(decoding: bytes.prefix(2_000), as: UTF8.self).unicodeScalars
            .split {
                // Also what changes the direction of writing.
                $0.properties.isWhitespace || $0.isControl || $0.properties.generalCategory == .format
            }
            .map { String(String.UnicodeScalarView($0)) }
        let text = words.joined(separator: " ")
        return text.unicodeScalars.count <= longest
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest))) + "…"
    }
}
