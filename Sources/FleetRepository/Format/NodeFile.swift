internal import FleetCore

/// Reads the file of a node.
enum NodeFile {
    static func decode(
        _ bytes: [UInt8], name: NodeName, group: GroupName, path: String
    ) -> Decoded<PlacedNode> {
        let problems = FileProblems(file: path)
        let keys = ["key", "labels", "except", "hold", "retry"]
        guard let reader = MappingReader.document(bytes, keys: keys, problems) else {
            return Decoded(value: nil, problems: problems.problems)
        }
        let key: NodeKey? = reader.required("key")
        let labels = reader.node("labels").flatMap { Self.labels($0, problems) }
        let exceptions = reader.node("except").flatMap { Self.exceptions($0, problems) }
        let hold = reader.hold()
        let retry = reader.nullableLine("retry")
        let node = key.map {
            NodeRecord(
                name: name, group: group, key: $0.description, labels: labels ?? [:],
                exceptions: exceptions ?? [:], hold: hold, retry: retry)
        }
        let placed = node.map {
            PlacedNode(
                node: $0, path: path, keyPlace: reader.node("key")?.place ?? .start,
                labelsPlace: reader.place(of: "labels"), labelPlaces: Self.places(reader.node("labels")))
        }
        return Decoded(value: placed, problems: problems.problems)
    }

    private static func places(_ labels: DocumentNode?) -> [String: Place] {
        guard case .mapping(let pairs) = labels?.content else { return [:] }
        return Dictionary(pairs.map { ($0.key, $0.value.place) }) { first, _ in first }
    }

    private static func labels(_ node: DocumentNode, _ problems: FileProblems) -> [String: String]? {
        let expected = "a mapping such as {site: berlin-3}"
        guard let pairs = node.pairs(expected, problems) else { return nil }
        var labels: [String: String] = [:]
        for pair in pairs {
            guard isLabel(pair.key) else {
                let key = DocumentNode.quoted(pair.key)
                problems.add(pair.keyPlace, "found \(key); expected \(labelExpected)")
                continue
            }
            labels[pair.key] = pair.value.line(problems)
        }
        return labels
    }

    static let labelExpected = "a label: 1–63 letters, digits and '- _ . /'"

    private static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isAlphanumeric || "-_./".utf8.contains($0) }
    }

    /// Reads the name of a label where another file speaks of it.
    static func label(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        guard let text = node.scalar(expected: labelExpected, problems) else { return nil }
        guard isLabel(text) else {
            problems.add(node, expected: labelExpected)
            return nil
        }
        return text
    }

    private static func exceptions(
        _ node: DocumentNode, _ problems: FileProblems
    ) -> [EntryKey: EntryException]? {
        let expected = "a mapping from packages to {reason: …, until: …}"
        guard let pairs = node.pairs(expected, problems) else { return nil }
        var exceptions: [EntryKey: EntryException] = [:]
        for pair in pairs {
            let key = EntryKey(pair.key)
            if key == nil {
                let name = DocumentNode.quoted(pair.key)
                problems.add(pair.keyPlace, "found \(name); expected \(EntryKey.expected)")
            }
            guard let reader = MappingReader(pair.value, keys: ["reason", "until"], problems) else {
                continue
            }
            let reason = reader.requiredLine("reason")
            let until: CalendarDay? = reader.nullable("until")
            if let key, let reason { exceptions[key] = EntryException(reason: reason, until: until) }
        }
        return exceptions
    }
}

/// A node with the place of its file.
struct PlacedNode: Sendable {
    let node: NodeRecord
    let path: String
    let keyPlace: Place
    /// Where `labels` stands, or would stand.
    let labelsPlace: Place
    /// Where the value of each label stands.
    let labelPlaces: [String: Place]
}
