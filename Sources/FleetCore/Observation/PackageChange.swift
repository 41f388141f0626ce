/// What a change of packages shall bring about, in the words of the package manager.
///
/// It is computed by pure functions (``Assessment``, ``ChangeLog``) and carried out by a ring 2 package
/// system.
package struct ChangeRequest: Hashable, Sendable {
    /// Versions that the package manager must choose wherever it installs or changes what they name.
    package var pins: [Pin]
    /// Packages that must have this very version afterwards: installed, upgraded or downgraded.
    package var targets: [PackageID: PackageVersion]
    /// Packages that must be gone afterwards; true also takes their configuration.
    package var removals: [PackageID: Bool]
    /// Digests of package files: only these bytes may be installed.
    package let sha256: [PackageID: Digest]
    /// Packages that are marked as automatically installed afterwards: those that an undoing brings back and
    /// that had the mark before. The other ones keep the mark they have; what is asked for has none.
    package var automatic: Set<PackageID>
    /// The source lists to work with, these alone; nil works with those of the system.
    package var sources: [SourceList]?
    /// Whether this goes back to what the node has had: then package files that were rebuilt on it may be
    /// used.
    package var isReturn: Bool
    /// Answers to what packages may ask while they are configured.
    package var debconf: [DebconfAnswer] = []

    package init(
        pins: [Pin], targets: [PackageID: PackageVersion], removals: [PackageID: Bool] = [:],
        sha256: [PackageID: Digest] = [:], automatic: Set<PackageID> = [], sources: [SourceList]? = nil,
        isReturn: Bool = false
    ) {
        self.pins = pins
        self.targets = targets
        self.removals = removals
        self.sha256 = sha256
        self.automatic = automatic
        self.sources = sources
        self.isReturn = isReturn
    }

    /// Whether there is nothing to do.
    package var isEmpty: Bool { targets.isEmpty && removals.isEmpty }

    /// How many packages it is about.
    package var count: Int { targets.count + removals.count }
}

/// A file of `sources/`: where packages come from, in deb822 form (sources.list(5)).
package struct SourceList: Hashable, Sendable {
    package let name: SourceListName
    package let content: String

    package init(name: SourceListName, content: String) {
        self.name = name
        self.content = content
    }
}

/// A version that a baseline determines for a source or a package.
package struct Pin: Hashable, Sendable {
    package let key: EntryKey
    package let version: PackageVersion

    package init(key: EntryKey, version: PackageVersion) {
        self.key = key
        self.version = version
    }
}

/// The package changes that would bring a request about, as the package manager has simulated them.
package struct Plan: Hashable, Sendable {
    package let request: ChangeRequest
    /// Every package that would be touched, in the order of name and architecture.
    package let changes: [PackageChange]
    /// Why the plan must not be carried out; empty for a good plan.
    package let refusals: [PlanRefusal]
    package let origin: Origin

    package init(
        request: ChangeRequest, changes: [PackageChange], refusals: [PlanRefusal] = [],
        origin: Origin = .sources
    ) {
        self.request = request
        self.changes = changes.sorted { $0.id < $1.id }
        self.refusals = refusals
        self.origin = origin
    }

    /// Where its package files come from.
    package enum Origin: Hashable, Sendable {
        case sources
        /// From the sources, and from those that the node has kept, where no source has them any more.
        case sourcesAndKept
        /// From those that the node has kept alone: no source is asked.
        case kept
    }
}

/// The change of one package.
package struct PackageChange: Hashable, Sendable {
    package let id: PackageID
    /// The version before; nil if it was not installed.
    package let from: PackageVersion?
    /// The version after; nil if it is removed.
    package let to: PackageVersion?

    package init(id: PackageID, from: PackageVersion?, to: PackageVersion?) {
        self.id = id
        self.from = from
        self.to = to
    }
}

/// Why a plan is refused, and what would mend it.
package struct PlanRefusal: Hashable, Sendable {
    package let code: Code
    package let package: PackageID
    /// A sentence for people that names the package and the cause.
    package let message: String
    /// The line to add to the baseline's `packages` if this is meant, such as `libssl3: 3.0.17-1~deb12u2`.
    package let line: String

    package init(code: Code, package: PackageID, message: String, line: String) {
        self.code = code
        self.package = package
        self.message = message
        self.line = line
    }

    package enum Code: String, Sendable, CaseIterable {
        /// It would remove what the baseline does not name.
        case removesUnnamed
        /// It would bring a version that the baseline does not determine.
        case undetermined
        /// It would touch an essential package in a way that is never allowed.
        case essential
    }
}
