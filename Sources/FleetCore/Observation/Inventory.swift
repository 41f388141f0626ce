/// The packages that a machine has, as its package manager's database says.
///
/// An inventory that could not be read is an error of whoever reads it, never an empty inventory.
package struct Inventory: Hashable, Sendable {
    /// The machine's own architecture first, then the foreign ones.
    package let architectures: [Architecture]
    /// All packages that the database knows, also those of which only configuration is left, in the order of
    /// name and architecture.
    package let packages: [InstalledPackage]

    package init(architectures: [Architecture], packages: [InstalledPackage]) {
        self.architectures = architectures
        self.packages = packages.sorted { $0.id < $1.id }
    }
}

/// A package in the package manager's database.
package struct InstalledPackage: Hashable, Sendable {
    package let id: PackageID
    package let version: PackageVersion
    package let source: PackageName
    package let sourceVersion: PackageVersion
    package let state: PackageState
    /// Whether a person has held it by hand (`apt-mark hold`).
    package let isHeld: Bool
    /// Whether its files are not whole: only unpacking it again helps (dpkg's flag `reinstreq`).
    package let needsReinstallation: Bool
    /// The names that it has besides its own.
    package let provides: [PackageName]

    package init(
        id: PackageID, version: PackageVersion, source: PackageName, sourceVersion: PackageVersion,
        state: PackageState = .installed, isHeld: Bool = false, needsReinstallation: Bool = false,
        provides: [PackageName] = []
    ) {
        self.id = id
        self.version = version
        self.source = source
        self.sourceVersion = sourceVersion
        self.state = state
        self.isHeld = isHeld
        self.needsReinstallation = needsReinstallation
        self.provides = provides
    }
}

/// A binary package in one architecture, written `libc6:i386`.
package struct PackageID: Sendable {
    package let name: PackageName
    package let architecture: Architecture

    package init(name: PackageName, architecture: Architecture) {
        self.name = name
        self.architecture = architecture
    }
}

extension PackageID: TextValue {
    package static let expected = "a package with its architecture such as libc6:amd64"

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = PackageName(parts[0]), let architecture = Architecture(parts[1])
        else { return nil }
        self.init(name: name, architecture: architecture)
    }

    package var description: String { "\(name):\(architecture)" }
}

extension PackageID: Comparable {
    package static func < (left: PackageID, right: PackageID) -> Bool {
        (left.name, left.architecture) < (right.name, right.architecture)
    }
}

/// What the database says of a package's installation.
package enum PackageState: String, Sendable, CaseIterable {
    /// Unpacked and configured.
    case installed
    /// Removed; its configuration is left.
    case configFiles = "config-files"
    /// Begun and not ended: `half-installed`, `unpacked`, `half-configured`, or with a need of
    /// reinstallation.
    case broken
    /// Waits for another package's triggers: works, and is settled by the next run of the package manager.
    case triggersPending = "triggers-pending"
}

/// Facts of a machine that decide whether a baseline fits it.
package struct SystemFacts: Hashable, Sendable {
    /// `ID` and `VERSION_ID` of os-release(5); empty where it does not say.
    package let id: String
    package let version: String
    /// The release of the running kernel (`uname -r`).
    package let kernel: String

    package init(id: String, version: String, kernel: String) {
        self.id = id
        self.version = version
        self.kernel = kernel
    }
}
