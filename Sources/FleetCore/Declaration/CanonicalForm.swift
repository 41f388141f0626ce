/// The canonical form of a baseline: the bytes of which its digest is taken.
///
/// Canonical JSON of a format number, the manager and the requirement of each entry, with includes merged and
/// defaults left out, so that the short and the long way of writing an entry are one. What does not change
/// packages is not in it: description, `for`, sources, checks, `newer`, severity, advisories, reboot, urgent,
/// `unlisted`, `updaters`, `debconf`.
///
/// ```json
/// {"entries":{"nginx":{"version":"1.22.1-9"},"telnetd":{"absent":true}},"format":1,"manager":"apt"}
/// ```
///
/// Its digest is what gates, proofs and failures are about. It may never change for a file that exists:
/// golden digests stay in the tests for ever, and what a later format adds is left out where it has its
/// default.
package struct CanonicalForm: Hashable, Sendable {
    package let manager: Manager
    /// In the order of their keys; severity and advisories are not kept.
    package let entries: [Entry]
    /// A node that may not go back is another promise: so what allows it is declared, and passes the gate.
    package let irreversible: IrreversiblePolicy
    /// How many kernels are left installed: more than that go, so it is declared, too.
    package let kernels: Int?

    /// The number of this format.
    package static let format: Int64 = 1

    package init(_ baseline: Baseline) {
        manager = baseline.manager
        entries = baseline.entries.map { Entry($0.key, $0.requirement) }
        irreversible = baseline.irreversible
        kernels = baseline.kernels
    }

    /// The digest of the canonical bytes.
    package var digest: Digest { Digest(of: json.canonicalBytes) }

    package var json: JSONValue {
        let members = entries.map { ($0.key.description, Self.json(of: $0)) }
        var json: [String: JSONValue] = [
            "format": .number(Self.format),
            "manager": .string(manager.rawValue),
            "entries": .object(Dictionary(members, uniquingKeysWith: { first, _ in first })),
        ]
        if irreversible != .refuse { json["irreversible"] = .string(irreversible.rawValue) }
        if let kernels { json["kernels"] = JSONValue(kernels) }
        return .object(json)
    }

    private static func json(of entry: Entry) -> JSONValue {
        switch entry.requirement {
        case .absent: return ["absent": true]
        case .purged: return ["purged": true]
        case .version(let version, let presence, let sha256):
            var members: [String: JSONValue] = ["version": JSONValue(version)]
            if presence != entry.key.defaultPresence { members["install"] = .bool(presence == .demanded) }
            if !sha256.isEmpty {
                let digests = sha256.map { ($0.key.description, JSONValue($0.value)) }
                members["sha256"] = .object(Dictionary(digests, uniquingKeysWith: { first, _ in first }))
            }
            return .object(members)
        }
    }
}

extension CanonicalForm {
    /// Reads a canonical form that this agent, or the release before or after it, has kept in its state.
    ///
    /// - Returns: nil if it is of another format or holds what this agent does not understand.
    package init?(json: JSONValue) {
        guard json["format"]?.integer == Self.format,
            let manager = json["manager"]?.string.flatMap(Manager.init(rawValue:)),
            let members = json["entries"]?.object
        else { return nil }
        var entries: [Entry] = []
        for (key, value) in members {
            guard let key = EntryKey(key), let requirement = Self.requirement(of: key, from: value) else {
                return nil
            }
            entries.append(Entry(key, requirement))
        }
        self.manager = manager
        self.entries = entries.sorted { $0.key < $1.key }
        irreversible =
            json["irreversible"]?.string.flatMap(IrreversiblePolicy.init(rawValue:)) ?? .refuse
        kernels = json["kernels"]?.integer.map { Int(clamping: $0) }
    }

    private static func requirement(of key: EntryKey, from json: JSONValue) -> Requirement? {
        if json["absent"]?.bool == true { return .absent }
        if json["purged"]?.bool == true { return .purged }
        guard let version = json["version"]?.string.flatMap(PackageVersion.init) else { return nil }
        var sha256: [Architecture: Digest] = [:]
        for (architecture, digest) in json["sha256"]?.object ?? [:] {
            guard let architecture = Architecture(architecture),
                let digest = digest.string.flatMap(Digest.init)
            else { return nil }
            sha256[architecture] = digest
        }
        let presence =
            json["install"]?.bool.map { $0 ? Presence.demanded : .whereInstalled } ?? key.defaultPresence
        return .version(version, presence: presence, sha256: sha256)
    }
}

extension EntryKey {
    /// What an entry demands that says nothing of `install`: a package must be installed, a source never
    /// brings its first package.
    package var defaultPresence: Presence {
        switch self {
        case .source: .whereInstalled
        case .package: .demanded
        }
    }
}
