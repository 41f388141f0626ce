internal import FleetCore

/// Reads one line of a baseline's `packages`: a version, `absent`, `purged`, or a mapping that says more.
enum EntryDecoder {
    /// Reads the entry of `pair`.
    ///
    /// - Parameter order: the order of the manager's versions; nil where the manager is not known.
    static func entry(_ pair: DocumentNode.Pair, order: VersionOrder?, _ problems: FileProblems) -> Entry? {
        guard let key = EntryKey(pair.key) else {
            let name = DocumentNode.quoted(pair.key)
            problems.add(pair.keyPlace, "found \(name); expected \(EntryKey.expected)")
            return nil
        }
        guard case .mapping = pair.value.content else {
            let requirement = wanted(pair.value, order, problems)
            return requirement.map {
                Entry(key, $0.requirement(presence(of: key, install: nil), sha256: [:]))
            }
        }
        let keys = ["version", "install", "sha256", "severity", "advisories"]
        guard let reader = MappingReader(pair.value, keys: keys, problems) else { return nil }
        let requirement = reader.required("version", expected) { wanted($0, order, problems) }
        let install = reader.choice("install", of: Flag.self)
        let sha256 = reader.node("sha256").flatMap { digests($0, problems) }
        let severity = reader.choice("severity", of: Severity.self)
        let advisories = reader.list("advisories", "a list of advisories") { advisory($0, problems) }
        refuseContradictions(key, requirement, reader)
        return requirement.map {
            Entry(
                key, $0.requirement(presence(of: key, install: install), sha256: sha256 ?? [:]),
                severity: severity,
                advisories: advisories ?? [])
        }
    }

    private static let expected = "a version, 'absent' or 'purged'"

    /// What stands for the version.
    private enum Wanted {
        case version(PackageVersion)
        case absent
        case purged

        func requirement(_ presence: Presence, sha256: [Architecture: Digest]) -> Requirement {
            switch self {
            case .version(let version): .version(version, presence: presence, sha256: sha256)
            case .absent: .absent
            case .purged: .purged
            }
        }
    }

    /// The words of a key that is either so or not.
    private enum Flag: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }

    private static func wanted(
        _ node: DocumentNode, _ order: VersionOrder?, _ problems: FileProblems
    ) -> Wanted? {
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        if text == "absent" { return .absent }
        if text == "purged" { return .purged }
        guard let version = PackageVersion(text) else {
            problems.add(node, expected: "\(PackageVersion.expected), 'absent' or 'purged'")
            return nil
        }
        guard order?.accepts(version) != false else {
            let nearest =
                NearestWord.of(text, in: ["absent", "purged"]).map { "; did you mean '\($0)'?" } ?? ""
            problems.add(
                node.place,
                "found \(node.found); expected a version that the package manager can read\(nearest)")
            return nil
        }
        return .version(version)
    }

    /// A source entry never brings the first package of its source.
    private static func presence(of key: EntryKey, install: Flag?) -> Presence {
        install == .no ? .whereInstalled : key.defaultPresence
    }

    private static func refuseContradictions(_ key: EntryKey, _ wanted: Wanted?, _ reader: MappingReader) {
        let problems = reader.problems
        if case .source = key {
            if let node = reader.node("install"), case .text("true", isPlain: _) = node.content {
                let message =
                    "found 'true' in an entry of a source, which never installs; name its package instead"
                problems.add(node.place, message)
            }
            if let node = reader.node("sha256") {
                problems.add(
                    node.place,
                    "found 'sha256' in an entry of a source, which has many packages; name each package")
            }
        }
        switch wanted {
        case .version, nil: break
        case .absent, .purged:
            for name in ["install", "sha256"] where reader.node(name) != nil {
                problems.add(
                    reader.place(of: name),
                    "found '\(name)' in an entry that removes the package; expected no such key")
            }
        }
    }

    private static func digests(_ node: DocumentNode, _ problems: FileProblems) -> [Architecture: Digest]? {
        let expected = "a mapping from architectures to SHA-256 digests"
        guard let pairs = node.pairs(expected, problems) else { return nil }
        var digests: [Architecture: Digest] = [:]
        for pair in pairs {
            guard let architecture = Architecture(pair.key) else {
                let name = DocumentNode.quoted(pair.key)
                problems.add(pair.keyPlace, "found \(name); expected \(Architecture.expected)")
                continue
            }
            digests[architecture] = pair.value.value(as: Digest.self, problems)
        }
        return digests
    }

    private static func advisory(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        let expected = "an advisory such as DSA-6015-1 or CVE-2025-9230"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isAlphanumeric || "-_.:".utf8.contains($0) })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return text
    }
}
