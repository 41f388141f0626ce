internal import FleetCore

/// Reads a mapping whose keys are known: each unknown key is a problem, `x-` keys are ignored.
struct MappingReader {
    /// Where the mapping begins: the place of what it lacks.
    let place: Place
    let problems: FileProblems
    private let pairs: [String: DocumentNode.Pair]

    /// Opens `node` and reports its unknown keys.
    ///
    /// - Returns: nil, with a problem, if it is not a mapping.
    init?(_ node: DocumentNode, keys: [String], _ problems: FileProblems) {
        guard case .mapping(let pairs) = node.content else {
            problems.add(node, expected: "a mapping with \(Self.list(keys))")
            return nil
        }
        place = node.place
        self.problems = problems
        var known: [String: DocumentNode.Pair] = [:]
        for pair in pairs where !pair.key.hasPrefix("x-") {
            guard keys.contains(pair.key) else {
                let key = DocumentNode.quoted(pair.key)
                problems.add(pair.keyPlace, "unknown key \(key)\(NearestWord.hint(for: pair.key, in: keys))")
                continue
            }
            known[pair.key] = pair
        }
        self.pairs = known
    }

    /// Opens a file: a document with `apiVersion: plimsoll/v1` and `keys`.
    ///
    /// - Returns: nil, with the problem, if that is not what it is.
    static func document(_ bytes: [UInt8], keys: [String], _ problems: FileProblems) -> MappingReader? {
        let root: DocumentNode
        do throws(Problem) {
            root = try DocumentParser.parse(bytes, file: problems.file)
        } catch {
            problems.add(error)
            return nil
        }
        // The version comes first: in another version all else may be right that is wrong in this one.
        if case .mapping(let pairs) = root.content, let pair = pairs.first(where: { $0.key == "apiVersion" }),
            case .text(let version, isPlain: _) = pair.value.content, version != apiVersion
        {
            problems.add(pair.value, expected: "'\(apiVersion)'")
            return nil
        }
        guard let reader = MappingReader(root, keys: ["apiVersion"] + keys, problems) else { return nil }
        _ = reader.required("apiVersion", "'\(apiVersion)'") { node in
            node.scalar(expected: "'\(apiVersion)'", problems)
        }
        return reader
    }

    static let apiVersion = "plimsoll/v1"

    private static func list(_ keys: [String]) -> String {
        "the keys \(keys.map { "'\($0)'" }.joined(separator: ", "))"
    }
}

extension MappingReader {
    /// The node of a key; nil if the key is not written.
    func node(_ key: String) -> DocumentNode? { pairs[key]?.value }

    /// The place of a key, or of the mapping if the key is not written.
    func place(of key: String) -> Place { pairs[key]?.keyPlace ?? place }

    /// What `read` makes of the node of a key that must be there.
    func required<Value>(_ key: String, _ expected: String, _ read: (DocumentNode) -> Value?) -> Value? {
        guard let node = node(key) else {
            problems.add(place, "the key '\(key)' is missing; expected \(expected)")
            return nil
        }
        return read(node)
    }

    /// A value that must be there.
    func required<Value: TextValue>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        required(key, Value.expected) { $0.value(as: type, problems) }
    }

    /// A value that may be left out.
    func optional<Value: TextValue>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        node(key)?.value(as: type, problems)
    }

    /// A value that may be left out or null.
    func nullable<Value: TextValue>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        guard let node = node(key), !node.isNull else { return nil }
        return node.value(as: type, problems)
    }

    /// One of a few words, or nothing.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type = Choice.self
    ) -> Choice? {
        node(key)?.choice(of: type, problems)
    }

    /// A line of text that must be there.
    func requiredLine(_ key: String) -> String? {
        required(key, "a line of text") { $0.line(problems) }
    }

    /// A line of text that may be null.
    func nullableLine(_ key: String) -> String? {
        guard let node = node(key), !node.isNull else { return nil }
        return node.line(problems)
    }

    /// The reason of a hold, or null. A word such as `false` would hold with itself as reason, so it is
    /// refused.
    func hold() -> String? {
        guard let node = node("hold"), !node.isNull else { return nil }
        let expected = "null or the reason of the hold"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard !["", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased()) else {
            problems.add(node, expected: expected)
            return nil
        }
        return node.line(problems)
    }

    /// A mapping with known keys; it may be left out.
    func mapping(_ key: String, keys: [String]) -> MappingReader? {
        node(key).flatMap { MappingReader($0, keys: keys, problems) }
    }

    /// What `read` makes of each item of a list; nil if the list is not written.
    func list<Value>(_ key: String, _ expected: String, _ read: (DocumentNode) -> Value?) -> [Value]? {
        node(key)?.items(expected, problems)?.compactMap(read)
    }
}
