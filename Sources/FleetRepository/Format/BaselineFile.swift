internal import FleetCore

/// A baseline as it is written in one file, before its includes are merged.
struct BaselineFile: Sendable {
    let name: BaselineName
    /// Where the document begins.
    let place: Place
    let description: String?
    /// nil where it is missing or wrong.
    let manager: Manager?
    let system: SystemRequirement?
    let includes: [(name: BaselineName, place: Place)]
    let sources: [(name: SourceListName, place: Place)]?
    let entries: [Entry]
    let newer: NewerPolicy?
    let checks: [Check]
    let reboot: RebootPolicy?
    let restart: [UnitPattern]?
    /// The inner nil is a written `null`.
    let urgent: Urgency??
    let irreversible: IrreversiblePolicy?
    let unlisted: UnlistedPolicy?
    let updaters: UpdatersPolicy?
    let debconf: [DebconfDecoder.Placed]
    let kernels: Int?

    var path: String { Layout.baseline(name) }

    /// Reads the file of the baseline `name`.
    static func decode(_ bytes: [UInt8], name: BaselineName) -> Decoded<BaselineFile> {
        let problems = FileProblems(file: Layout.baseline(name))
        guard let reader = MappingReader.document(bytes, keys: keys, problems) else {
            return Decoded(value: nil, problems: problems.problems)
        }
        return Decoded(value: BaselineFile(reader, name: name), problems: problems.problems)
    }

    private static let keys = [
        "description", "manager", "for", "include", "sources", "packages", "newer", "checks", "reboot",
        "restart", "urgent", "irreversible", "unlisted", "updaters", "debconf", "kernels",
    ]

    private init(_ reader: MappingReader, name: BaselineName) {
        let problems = reader.problems
        self.name = name
        place = reader.place
        description = reader.node("description").flatMap { $0.lines(problems) }
        let manager = reader.required("manager", "'apt'") { $0.choice(of: Manager.self, problems) }
        self.manager = manager
        system = reader.mapping("for", keys: ["id", "version"]).flatMap(Self.system)
        includes = Self.names(in: reader, "include") ?? []
        for include in includes where include.name == name {
            problems.add(include.place, "found '\(name)', the baseline itself; expected another one")
        }
        sources = Self.names(in: reader, "sources")
        if let sources, sources.isEmpty, let node = reader.node("sources") {
            problems.add(node.place, "found an empty list; leave 'sources' out to use those of the system")
        }
        entries = Self.entries(reader, order: manager?.versionOrder)
        newer = reader.choice("newer")
        checks = reader.list("checks", "a list of checks") { CheckDecoder.check($0, problems) } ?? []
        reboot = reader.choice("reboot")
        restart = reader.list("restart", "a list of services") {
            $0.value(as: UnitPattern.self, problems)
        }
        irreversible = reader.choice("irreversible")
        unlisted = reader.choice("unlisted")
        updaters = reader.choice("updaters")
        debconf = reader.node("debconf").map { DebconfDecoder.answers($0, problems) } ?? []
        kernels = reader.node("kernels").flatMap { $0.integer(in: Baseline.possibleKernels, problems) }
        urgent = reader.node("urgent").map { $0.isNull ? nil : Self.urgency($0, problems) }
    }

    private static func names<Kind: NameKind>(
        in reader: MappingReader, _ key: String
    ) -> [(name: Name<Kind>, place: Place)]? {
        let problems = reader.problems
        var seen: Set<Name<Kind>> = []
        return reader.list(key, "a list of names") { node in
            guard let name = node.value(as: Name<Kind>.self, problems) else { return nil }
            if !seen.insert(name).inserted {
                problems.add(node.place, "found '\(name)' twice; expected each name once")
            }
            return (name, node.place)
        }
    }

    private static func entries(_ reader: MappingReader, order: VersionOrder?) -> [Entry] {
        guard let node = reader.node("packages"),
            let pairs = node.pairs("a mapping from packages to versions", reader.problems)
        else { return [] }
        return pairs.compactMap { EntryDecoder.entry($0, order: order, reader.problems) }
    }

    private static func system(_ reader: MappingReader) -> SystemRequirement? {
        let id = reader.required("id", "an ID of os-release(5) such as debian") { word($0, reader.problems) }
        let version = reader.node("version").flatMap { word($0, reader.problems) }
        return id.map { SystemRequirement(id: $0, version: version) }
    }

    /// A value of os-release(5): lower-case letters, digits and `. _ -`.
    private static func word(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        let expected = "a word of os-release(5): a–z, 0–9 and '. _ -'"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isLowercaseAlphanumeric || "._-".utf8.contains($0) })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    private static func urgency(_ node: DocumentNode, _ problems: FileProblems) -> Urgency? {
        guard let reader = MappingReader(node, keys: ["until", "reason"], problems) else { return nil }
        let until: CalendarDay? = reader.required("until")
        let reason = reader.requiredLine("reason")
        guard let until, let reason else { return nil }
        return Urgency(until: until, reason: reason)
    }
}
