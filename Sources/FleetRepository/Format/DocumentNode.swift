/// A node of a YAML document as the fleet repository uses YAML: text, lists and mappings, each with its
/// place.
///
/// Anchors, aliases, tags and merge keys have no place here: what stands in the file is what is meant.
struct DocumentNode: Sendable {
    let place: Place
    let content: Content

    indirect enum Content: Sendable {
        /// A scalar: its written text, and whether it stood without quotes.
        case text(String, isPlain: Bool)
        case list([DocumentNode])
        /// The pairs in the order of the file; the keys differ.
        case mapping([Pair])
    }

    /// A key of a mapping with its value.
    struct Pair: Sendable {
        let key: String
        let keyPlace: Place
        let value: DocumentNode
    }

    /// Whether this is the null of YAML: `null`, `~` or nothing, without quotes. It means null only where a
    /// key expects it.
    var isNull: Bool {
        guard case .text(let text, isPlain: true) = content else { return false }
        return text.isEmpty || text == "null" || text == "~"
    }

    /// The node in the words of a message.
    var found: String {
        switch content {
        case .text(let text, let isPlain): isPlain && text.isEmpty ? "nothing" : Self.quoted(text)
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// `text` in quotes, cut after 80 characters, with control characters made visible.
    static func quoted(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(80) {
            shown += scalar.isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return "'\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")'"
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character or a separator of lines: nothing that a line of text holds.
    var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
