/// One line of a baseline's `packages`: what it names, and what it requires there.
package struct Entry: Hashable, Sendable {
    package let key: EntryKey
    package let requirement: Requirement
    package let severity: Severity?
    /// The advisories that it answers, such as `DSA-6015-1` or `CVE-2025-9230`.
    package let advisories: [String]

    package init(
        _ key: EntryKey, _ requirement: Requirement, severity: Severity? = nil, advisories: [String] = []
    ) {
        self.key = key
        self.requirement = requirement
        self.severity = severity
        self.advisories = advisories
    }
}

/// What an entry requires of what it names.
package enum Requirement: Hashable, Sendable {
    /// This version, and where `sha256` has the architecture, these bytes.
    case version(PackageVersion, presence: Presence, sha256: [Architecture: Digest])
    /// Removed; its configuration may stay.
    case absent
    /// Removed with its configuration.
    case purged

    /// The version that it requires, if any.
    package var version: PackageVersion? {
        guard case .version(let version, _, _) = self else { return nil }
        return version
    }
}

/// Whether an entry demands that its package is installed.
package enum Presence: Hashable, Sendable {
    /// It must be installed.
    case demanded
    /// Not demanded: where it is installed, or comes in as a dependency, it has the declared version. So is
    /// each `src:` entry.
    case whereInstalled
}

/// How severe is what an entry mends.
package enum Severity: String, Sendable, CaseIterable {
    case critical
    case high
    case medium
    case low
}

/// What an entry names: all binary packages of a source (`src:openssl`), a package in the node's own
/// architecture (`nginx`), or in another one (`libc6:i386`).
package enum EntryKey: Sendable {
    case source(PackageName)
    case package(PackageName, Architecture?)

    /// The name without prefix and architecture.
    package var name: PackageName {
        switch self {
        case .source(let name), .package(let name, _): name
        }
    }
}

extension EntryKey: TextValue {
    package static let expected = "a package: 'nginx', 'libc6:i386' or 'src:openssl'"

    package init?(_ text: some StringProtocol) {
        if text.hasPrefix("src:") {
            guard let name = PackageName(text.dropFirst(4)) else { return nil }
            self = .source(name)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let name = PackageName(first) else { return nil }
        guard parts.count == 2 else {
            self = .package(name, nil)
            return
        }
        guard let architecture = Architecture(parts[1]) else { return nil }
        self = .package(name, architecture)
    }

    package var description: String {
        switch self {
        case .source(let name): "src:\(name)"
        case .package(let name, nil): "\(name)"
        case .package(let name, .some(let architecture)): "\(name):\(architecture)"
        }
    }
}

extension EntryKey: Comparable {
    /// By the bytes of the written form, as the canonical form orders its keys.
    package static func < (left: EntryKey, right: EntryKey) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
