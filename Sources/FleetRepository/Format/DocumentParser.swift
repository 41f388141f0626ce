internal import FleetCore
internal import Yams

/// Parses the bytes of a file into a ``DocumentNode``: the one place that knows Yams.
///
/// A hostile file can make YAML expensive before it is seen to be wrong: aliases multiply, nesting recurses.
/// So size, depth and aliases are bounded on the bytes, before Yams reads them; what it made of them is then
/// checked exactly.
enum DocumentParser {
    /// The deepest nesting that is read; the format itself needs six levels.
    static let deepest = 32
    /// The most tokens that look like aliases (`*name`) in a file. An alias is refused in any case; this
    /// keeps few of them from growing into very many nodes before that.
    static let mostAliases = 8

    /// Parses one document.
    ///
    /// - Throws: the problem that keeps the file from being read at all.
    static func parse(_ bytes: [UInt8], file: String) throws(Problem) -> DocumentNode {
        // An editor of Windows may begin a file with a byte order mark; it would count as a column.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let place = firstInvalidPlace(in: bytes)
            throw Problem(file, place, "found bytes that are not UTF-8; expected text in UTF-8")
        }
        try checkBounds(of: bytes, file: file)
        let parser: Yams.Parser
        let root: Node?
        do {
            // Without rules the resolver leaves each scalar what it is: its written text.
            parser = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8)
            root = try parser.singleRoot()
        } catch let error as YamlError {
            throw problem(of: error, file: file)
        } catch {
            throw Problem(file, .start, "cannot be parsed as YAML")
        }
        guard let root else { throw Problem(file, .start, "the file is empty") }
        // Nodes refer weakly to their anchors; the parser owns them.
        return try withExtendedLifetime(parser) { () throws(Problem) in
            try convert(root, depth: 1, file: file)
        }
    }

    /// Refuses what would cost much before it is known to be wrong.
    ///
    /// Looks at bytes alone, so text in quotes counts as well; the bounds are far above what such text holds.
    private static func checkBounds(of bytes: [UInt8], file: String) throws(Problem) {
        var line = 1
        var open = 0
        var aliases = 0
        var previous = UInt8(ascii: "\n")
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
            case UInt8(ascii: "*") where opensToken(previous):
                let next = index + 1 < bytes.count ? bytes[index + 1] : 0
                if next.isAlphanumeric || next == UInt8(ascii: "-") || next == UInt8(ascii: "_") {
                    aliases += 1
                }
            default: break
            }
            previous = byte
            if open > deepest {
                throw Problem(
                    file, Place(line: line, column: 1), "is nested more than \(deepest) levels deep")
            }
            if aliases > mostAliases {
                let message =
                    "found more than \(mostAliases) words that begin with '*'; aliases are not read here"
                throw Problem(file, Place(line: line, column: 1), message)
            }
        }
    }

    private static func opensToken(_ previous: UInt8) -> Bool {
        " \t\r\n[{,:".utf8.contains(previous)
    }

    private static func convert(_ node: Node, depth: Int, file: String) throws(Problem) -> DocumentNode {
        let place = node.mark.map { Place(line: $0.line, column: $0.column) } ?? .start
        guard depth <= deepest else {
            throw Problem(file, place, "is nested more than \(deepest) levels deep")
        }
        if let anchor = node.anchor {
            let name = DocumentNode.quoted("&\(anchor.rawValue)")
            throw Problem(
                file, place, "found the anchor \(name); anchors and aliases are not read here: write it out")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            try refuseTag(isPlain ? scalar.tag : nil, place, file)
            return DocumentNode(place: place, content: .text(scalar.string, isPlain: isPlain))
        case .sequence(let sequence):
            try refuseTag(sequence.tag, place, file)
            var items: [DocumentNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1, file: file)) }
            return DocumentNode(place: place, content: .list(items))
        case .mapping(let mapping):
            try refuseTag(mapping.tag, place, file)
            return DocumentNode(
                place: place, content: .mapping(try pairs(of: mapping, depth: depth, file: file)))
        case .alias:
            throw Problem(file, place, "found an alias; anchors and aliases are not read here: write it out")
        }
    }

    private static func pairs(
        of mapping: Node.Mapping, depth: Int, file: String
    ) throws(Problem) -> [DocumentNode.Pair] {
        var pairs: [DocumentNode.Pair] = []
        for (keyNode, valueNode) in mapping {
            let place = keyNode.mark.map { Place(line: $0.line, column: $0.column) } ?? .start
            if let anchor = keyNode.anchor {
                let name = DocumentNode.quoted("&\(anchor.rawValue)")
                throw Problem(
                    file, place,
                    "found the anchor \(name); anchors and aliases are not read here: write it out")
            }
            guard case .scalar(let key) = keyNode else {
                throw Problem(file, place, "found a list or a mapping as a key; expected a word")
            }
            guard ["", "tag:yaml.org,2002:str"].contains(key.tag.description) else {
                throw Problem(file, place, "found the tag '\(key.tag)'; tags are not read here")
            }
            guard key.string != "<<" else {
                throw Problem(
                    file, place, "found the merge key '<<'; merge keys are not read here: write it out")
            }
            let value = try convert(valueNode, depth: depth + 1, file: file)
            pairs.append(DocumentNode.Pair(key: key.string, keyPlace: place, value: value))
        }
        return pairs
    }

    private static func refuseTag(_ tag: Tag?, _ place: Place, _ file: String) throws(Problem) {
        guard let tag, !tag.description.isEmpty else { return }
        let name = DocumentNode.quoted(tag.description)
        throw Problem(file, place, "found the tag \(name); tags are not read here: text is text")
    }

    private static func problem(of error: YamlError, file: String) -> Problem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = Place(line: mark.line, column: mark.column)
            return Problem(file, place, [context?.text, problem].compactMap(\.self).joined(separator: ", "))
        case .duplicatedKeysInMapping(let names, let context):
            let list = names.map(DocumentNode.quoted).joined(separator: ", ")
            let place = Place(line: context.mark.line, column: context.mark.column)
            return Problem(file, place, "found \(list) more than once in one mapping; expected each key once")
        case .reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0).unicodeScalars
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            let place = Place(line: max(lines.count, 1), column: (lines.last?.count ?? 0) + 1)
            return Problem(file, place, problem)
        default:
            return Problem(file, .start, "cannot be parsed as YAML")
        }
    }

    /// The place of the first byte that is not UTF-8.
    private static func firstInvalidPlace(in bytes: [UInt8]) -> Place {
        var decoder = UTF8()
        var source = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&source) {
            column = scalar == "\n" ? 1 : column + 1
            line += scalar == "\n" ? 1 : 0
        }
        return Place(line: line, column: column)
    }
}
