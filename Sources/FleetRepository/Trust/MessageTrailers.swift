internal import FleetCore

/// The trailers of a commit's message: lines such as `Plimsoll-Branch: acme-edge/main` in its last paragraph.
///
/// Source: git-interpret-trailers(1). Whatever is a trailer here is one to stock git. The reverse does not
/// hold: here every line of the paragraph must be a trailer, or the continuation of one, where git takes some
/// paragraphs with other lines in them; and nothing after it is passed over as a comment.
struct MessageTrailers {
    private let all: [(key: String, value: String)]

    /// Reads the message of a commit.
    ///
    /// - Parameter content: the whole commit object, or what of it was signed: headers, an empty line, the
    ///   message. Git shows of a message what is before its first zero byte, and so it is read here.
    init(of content: [UInt8]) {
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // A header never holds an empty line: those of its continuation begin with a space.
        let message = lines.drop { !$0.isEmpty }.dropFirst()
        let end = message.firstIndex { $0.contains(0) }
        var shown = Array(end.map { message[..<$0] } ?? message)
        if let end { shown.append(message[end].prefix { $0 != 0 }) }
        while shown.last?.allSatisfy(Self.isBlank) == true { shown.removeLast() }
        shown = Array(shown.drop { $0.allSatisfy(Self.isBlank) })
        guard let blank = shown.lastIndex(where: { $0.allSatisfy(Self.isBlank) }) else {
            // The first paragraph is the title.
            all = []
            return
        }
        var found: [(key: String, value: String)] = []
        for line in shown[(blank + 1)...] {
            if let first = line.first, Self.isBlank(first), let last = found.popLast() {
                found.append((last.key, "\(last.value) \(Self.text(line))"))
            } else if let (key, value) = Self.trailer(line) {
                found.append((key, value))
            } else if !line.starts(with: "(cherry picked from commit ".utf8) {
                all = []
                return
            }
        }
        all = found
    }

    /// The values of a key, whose case does not count to git.
    func values(of key: String) -> [String] {
        all.filter { $0.key.lowercased() == key.lowercased() }.map(\.value)
    }

    private static func trailer(_ line: ArraySlice<UInt8>) -> (key: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
        let key = line[..<colon]
        guard key.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") }) else { return nil }
        return (String(decoding: key, as: UTF8.self), text(line[(colon + 1)...]))
    }

    /// Without white space at its ends.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let start = bytes.drop(while: isBlank)
        let end = start.lastIndex { !isBlank($0) }
        return String(decoding: end.map { start[...$0] } ?? [], as: UTF8.self)
    }

    /// What git takes for white space within a line.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}
