package import FleetCore

/// Where apt and dpkg work, and with what.
package struct AptConfiguration: Hashable, Sendable {
    /// The root whose packages are managed: `/`, or the absolute path of a tree that has
    /// `var/lib/dpkg/status`.
    package let root: String
    /// A folder for what belongs to this package system alone: preferences, lists, archives. It is made if
    /// it is missing.
    package let workspace: String
    /// The folder of the package files that are kept, so that a change can be undone. It is made if it is
    /// missing, for its owner alone.
    package let store: String
    /// How much space they may take.
    package let storeLimit: ByteCount
    /// How long the manager waits for dpkg's lock.
    package let lockTimeout: TimeSpan
    /// Where programs are looked up (`PATH`): apt's own, and those of checks.
    package let searchPath: String
    /// The release of the kernel that runs; nil asks it (uname(2)).
    package let kernelRelease: String?

    package static let defaultSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// - Parameters:
    ///   - root: a slash at its end is dropped.
    ///   - workspace: an absolute path.
    ///   - store: an absolute path; nil for a folder in the workspace.
    package init(
        root: String = "/", workspace: String, store: String? = nil,
        storeLimit: ByteCount = ByteCount(mebibytes: 2_048), lockTimeout: TimeSpan = TimeSpan(seconds: 600),
        searchPath: String = AptConfiguration.defaultSearchPath, kernelRelease: String? = nil
    ) {
        var trimmed = root[...]
        while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        self.root = String(trimmed)
        self.workspace = workspace
        self.store = store ?? workspace + "/packages"
        self.storeLimit = storeLimit
        self.lockTimeout = lockTimeout
        self.searchPath = searchPath
        self.kernelRelease = kernelRelease
    }

    /// Whether the root is another one than that of this process.
    var isAlternateRoot: Bool { root != "/" }

    /// A path in the root.
    func path(_ relative: String) -> String { (isAlternateRoot ? root : "") + "/" + relative }

    /// A path in the workspace.
    func workspacePath(_ relative: String) -> String { workspace + "/" + relative }

    /// dpkg's administrative directory.
    var databaseFolder: String { path("var/lib/dpkg") }

    /// Where apt keeps package files for this system.
    var archivesFolder: String { workspacePath("archives") }

    /// The name that apt gives a package file: name, version and architecture, with what they cannot hold
    /// written `%xx`.
    func archiveName(of id: PackageID, _ version: PackageVersion) -> String {
        let quoted = ["\(id.name)", "\(version)", "\(id.architecture)"].map { part in
            part.map { $0 == ":" ? "%3a" : $0 == "_" ? "%5f" : "\($0)" }.joined()
        }
        return quoted.joined(separator: "_") + ".deb"
    }

    /// Where apt keeps the indexes of sources: those of the system, or, for sources that a request brings,
    /// a folder for each set of them. So what is downloaded ahead from other sources leaves the indexes of
    /// what is admitted as they are.
    func listsFolder(of sources: [SourceList]?) -> String {
        guard let sources else { return path("var/lib/apt/lists") }
        return "\(ownIndexes)/\(Self.name(of: sources))"
    }

    /// The folder with the indexes of sources that requests bring.
    var ownIndexes: String { workspacePath("indexes") }

    /// A name for a set of source lists, that is theirs alone.
    static func name(of sources: [SourceList]) -> String {
        Digest(of: Array(sources.map { "\($0.name)\n\($0.content)\n" }.joined().utf8)).hex
    }
}
