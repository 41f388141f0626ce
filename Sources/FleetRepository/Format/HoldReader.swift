/// Finds the hold in a file that may be wrong in every other respect.
///
/// A hold is a person's stop; that somebody mistyped another key must not lift it. So here any text but null
/// holds.
struct HoldReader {
    /// Whether the key `hold` is written at all.
    let isWritten: Bool
    /// The reason of the hold.
    let hold: String?
    /// The reason of `defaults.hold`, in `fleet.yaml`.
    let defaultHold: String?

    /// Reads the content of a file; without content there is no hold.
    init(_ content: Result<[UInt8], Problem>) {
        guard case .success(let bytes) = content else {
            self.init(hold: nil, defaults: nil)
            return
        }
        guard let root = try? DocumentParser.parse(bytes, file: "") else {
            self.init(lines: bytes)
            return
        }
        let defaults = Self.value(of: "defaults", in: root)
        self.init(
            hold: Self.value(of: "hold", in: root),
            defaults: defaults.flatMap { Self.value(of: "hold", in: $0) })
    }

    private init(hold: DocumentNode?, defaults: DocumentNode?) {
        isWritten = hold != nil
        self.hold = hold.flatMap(Self.reason)
        defaultHold = defaults.flatMap(Self.reason)
    }

    /// Looks for a line `hold: …` in what cannot be parsed.
    private init(lines bytes: [UInt8]) {
        let key = "hold:"
        let lines = String(decoding: bytes, as: UTF8.self).unicodeScalars.split { $0 == "\n" || $0 == "\r" }
        guard let line = lines.map(String.init).last(where: { $0.hasPrefix(key) }) else {
            self.init(hold: nil, defaults: nil)
            return
        }
        // The line may stand for more than itself, but what follows the key says whether it is null.
        let value = line.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }
        let parsed = try? DocumentParser.parse(Array(value.utf8), file: "")
        let text = DocumentNode(place: .start, content: .text(String(value), isPlain: !value.isEmpty))
        let isNothing = value.isEmpty || value.hasPrefix("#")
        self.init(hold: isNothing ? Self.null : parsed ?? text, defaults: nil)
    }

    private static let null = DocumentNode(place: .start, content: .text("", isPlain: true))

    private static func value(of key: String, in node: DocumentNode) -> DocumentNode? {
        guard case .mapping(let pairs) = node.content else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    private static func reason(of node: DocumentNode) -> String? {
        guard !node.isNull else { return nil }
        guard case .text(let text, isPlain: _) = node.content, !text.isEmpty else {
            return "a hold without a readable reason"
        }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(500).map { $0.isControl ? " " : $0 }))
    }
}
