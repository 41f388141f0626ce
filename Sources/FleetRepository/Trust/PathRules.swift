internal import FleetCore

/// `trust/rules.yaml`: who may change which folder or file, and how many it takes.
struct PathRules: Sendable {
    /// As the file has them.
    let rules: [PathRule]

    /// Those of a fleet without the file.
    static let none = PathRules(rules: [])

    private init(rules: [PathRule]) { self.rules = rules }

    static func decode(_ bytes: [UInt8]) -> Decoded<PathRules> {
        let problems = FileProblems(file: Layout.trustRules)
        guard let reader = MappingReader.document(bytes, keys: ["rules"], problems) else {
            return Decoded(value: nil, problems: problems.problems)
        }
        let expected = "a list of rules such as {path: groups/stores/, signers: [ada@example.com]}"
        let nodes = reader.required("rules", expected) { $0.items(expected, problems) } ?? []
        var rules: [PathRule] = []
        for node in nodes {
            guard let rule = PathRule(node, problems) else { continue }
            if rules.contains(where: { $0.path == rule.path }) {
                problems.add(node.place, "found a second rule for '\(rule.name)'; expected one for each path")
            }
            rules.append(rule)
        }
        return Decoded(value: PathRules(rules: rules), problems: problems.problems)
    }

    /// The rule for what stands at a path: the one with the longest path; nil for none.
    ///
    /// All of it is about bytes: to Swift two names may be equal that are two to Git.
    func governing(_ path: [UInt8]) -> Int? {
        rules.indices.filter { rules[$0].path == path || path.starts(with: rules[$0].path + Self.slash) }
            .max { rules[$0].path.count < rules[$1].path.count }
    }

    /// The rules for what can stand below a path.
    func below(_ path: [UInt8]) -> [Int] {
        rules.indices.filter { path.isEmpty || rules[$0].path.starts(with: path + Self.slash) }
    }

    private static let slash = [UInt8(ascii: "/")]
}

/// One rule of `trust/rules.yaml`.
struct PathRule: Sendable {
    /// The path from the root, without a slash at its end.
    let path: [UInt8]
    /// The path as it is written.
    let name: String
    /// Whose signatures count there; nil for everybody whom `trust/allowed_signers` lists.
    let signers: PatternList?
    /// How many different persons it takes; nil for as many as the fleet asks for.
    let threshold: Int?
    let place: Place

    fileprivate init?(_ node: DocumentNode, _ problems: FileProblems) {
        guard let reader = MappingReader(node, keys: ["path", "signers", "threshold"], problems) else {
            return nil
        }
        let written = reader.required("path", Self.expectedPath) { node in
            node.scalar(expected: Self.expectedPath, problems).flatMap { text -> String? in
                if Self.isPath(text) { return text }
                problems.add(node, expected: Self.expectedPath)
                return nil
            }
        }
        var isSound = true
        var patterns: [String]?
        if let list = reader.node("signers") {
            let expected = "a list of names as in \(Layout.allowedSigners), '*' for any characters"
            let names = list.items(expected, problems) ?? []
            patterns = names.compactMap { item in
                guard let text = item.scalar(expected: expected, problems) else { return nil }
                if Self.isPattern(text) { return text }
                problems.add(item, expected: "a name without spaces and commas")
                return nil
            }
            isSound = patterns?.count == names.count
            if names.isEmpty { problems.add(list.place, "found no name; expected at least one") }
        }
        let threshold = reader.node("threshold").map { $0.integer(in: TrustSettings.thresholds, problems) }
        if patterns == nil, threshold == nil {
            problems.add(
                reader.place, "found a rule that asks for nothing; expected 'signers' or 'threshold'")
        }
        guard let written, isSound, threshold != .some(nil) else { return nil }
        name = written
        path = Array(written.hasSuffix("/") ? written.utf8.dropLast() : written.utf8[...])
        signers = patterns.map { PatternList($0.joined(separator: ",")) }
        self.threshold = threshold ?? nil
        place = reader.place
    }

    private static let expectedPath =
        "a path from the root such as groups/stores/ or fleet.yaml, without wildcards"

    private static func isPath(_ text: String) -> Bool {
        let path = text.utf8.last == UInt8(ascii: "/") ? text.utf8.dropLast() : text.utf8[...]
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= 1_000
            && parts.allSatisfy { part in
                !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
                    && part.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\\*?[]".utf8.contains($0) }
            }
    }

    private static func isPattern(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ",") }
    }
}
