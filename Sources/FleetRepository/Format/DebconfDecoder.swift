internal import FleetCore

/// Reads a baseline's `debconf`: packages, their questions, and the answers.
enum DebconfDecoder {
    /// An answer and where it stands.
    typealias Placed = (answer: DebconfAnswer, place: Place)

    static func answers(_ node: DocumentNode, _ problems: FileProblems) -> [Placed] {
        let packages = node.pairs("a mapping from packages to answers", problems) ?? []
        return packages.flatMap { pair -> [Placed] in
            guard let owner = PackageName(pair.key) else {
                let name = DocumentNode.quoted(pair.key)
                problems.add(pair.keyPlace, "found \(name); expected \(PackageName.expected)")
                return []
            }
            let questions = pair.value.pairs("a mapping from questions to answers", problems) ?? []
            return questions.compactMap { answer(to: $0, of: owner, problems) }
        }
    }

    private static func answer(
        to pair: DocumentNode.Pair, of owner: PackageName, _ problems: FileProblems
    ) -> Placed? {
        guard pair.key.contains("/"), (3...200).contains(pair.key.utf8.count),
            pair.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            let found = DocumentNode.quoted(pair.key)
            problems.add(pair.keyPlace, "found \(found); expected a question such as postfix/mailname")
            return nil
        }
        guard case .mapping = pair.value.content else {
            return text(pair.value, problems).map { value in
                let kind = ["true", "false"].contains(value) ? DebconfAnswer.Kind.boolean : .string
                return placed(owner, pair, kind, value)
            }
        }
        guard let reader = MappingReader(pair.value, keys: ["type", "value"], problems) else { return nil }
        let expected = DebconfAnswer.Kind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let kind = reader.required("type", expected) { $0.choice(of: DebconfAnswer.Kind.self, problems) }
        let value = reader.required("value", "an answer on one line") { text($0, problems) }
        guard let kind, let value else { return nil }
        if kind == .boolean, !["true", "false"].contains(value) {
            problems.add(reader.place(of: "value"), "found '\(value)'; expected 'true' or 'false'")
            return nil
        }
        return placed(owner, pair, kind, value)
    }

    private static func placed(
        _ owner: PackageName, _ pair: DocumentNode.Pair, _ kind: DebconfAnswer.Kind, _ value: String
    ) -> Placed {
        (DebconfAnswer(owner: owner, question: pair.key, kind: kind, value: value), pair.keyPlace)
    }

    /// One line, for debconf-set-selections(1) reads lines; it may be empty.
    private static func text(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        guard case .text(let text, isPlain: _) = node.content, text.unicodeScalars.count <= 1_000,
            !text.unicodeScalars.contains(where: \.isControl)
        else {
            problems.add(node, expected: "an answer on one line, of at most 1000 characters")
            return nil
        }
        return text
    }
}
