internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// Puts the file of an installed package together again, with `dpkg-repack`, of what lies in the root.
///
/// What comes of it has the installed version and a field that says what it is. It is for undoing on this
/// node alone: it is not the file that was published, and holds what somebody may have changed.
struct PackageRebuild {
    private let configuration: AptConfiguration
    /// An existing folder, in which the file is made.
    private let folder: String

    init(_ configuration: AptConfiguration, in folder: String) {
        self.configuration = configuration
        self.folder = folder
    }

    /// Whether the tool is installed.
    static func isPossible(_ configuration: AptConfiguration) -> Bool {
        configuration.searchPath.split(separator: ":").contains { access("\($0)/dpkg-repack", X_OK) == 0 }
    }

    /// Rebuilds a package.
    ///
    /// A conffile that somebody has changed is left out where the package is only replaced: dpkg then leaves
    /// it alone and remembers what was shipped, so that no later version overwrites it unasked. Where the
    /// package's configuration is removed with it, the conffile comes along as it is.
    ///
    /// - Returns: the file's path and what it is.
    /// - Throws: ``PackageError`` with what the tool said, with `noSpace` if there is no room for it.
    func rebuild(
        _ package: ReplacedPackage
    ) async throws(PackageError) -> (path: String, origin: KeptPackage.Origin) {
        let (id, version) = (package.id, package.version)
        try await checkSpace(for: id)
        let changed = try await changedConffiles(of: id)
        let work = "\(folder)/\(id.name)-\(id.architecture)"
        try mappingFileErrors { () throws(FileError) in try makeFolder(work) }
        let tree = try await collect(id, in: work)
        try prepare(tree, without: package.isPurge ? [] : changed)
        let path = "\(folder)/\(PackageFile.archiveName(of: id, version))"
        // Only root may give files to others; another user gives them all to root, as a package has them.
        let ownership = geteuid() == 0 ? [] : ["--root-owner-group"]
        let built = try await run(["dpkg-deb", "-Zgzip", "-z1"] + ownership + ["--build", tree, path])
        _ = try await run(["rm", "-rf", "--", work])
        guard built.succeeded, await PackageFile(path: path).isFile(of: id, version, isRebuilt: true)
        else {
            throw failure(of: id, built)
        }
        if changed.isEmpty { return (path, .rebuilt) }
        return (path, package.isPurge ? .rebuiltWithChanged : .rebuiltWithoutChanged)
    }

    private var rootOptions: [String] {
        configuration.isAlternateRoot ? ["--root=\(configuration.root)"] : []
    }

    private func run(_ arguments: [String]) async throws(PackageError) -> ChildOutput {
        try await runChild(
            arguments, environment: ["PATH": configuration.searchPath, "LC_ALL": "C.UTF-8"])
    }

    private func failure(of id: PackageID, _ output: ChildOutput) -> PackageError {
        let lines = (output.outputText + output.errorText).lines()
        let telling = lines.filter { $0.contains("error") }.first ?? lines.last ?? "it said nothing"
        return PackageError(
            .unreadable, "it cannot be rebuilt: \(telling.prefix(200))", packages: [id.description])
    }

    /// Twice what is installed: once as files, once in the package file, however badly it can be compressed.
    private func checkSpace(for id: PackageID) async throws(PackageError) {
        let query = try await run(
            ["dpkg-query"] + rootOptions + ["--show", "--showformat=${Installed-Size}", id.description])
        var status = statvfs()
        guard let kibibytes = UInt64(query.outputText), statvfs(folder, &status) == 0 else { return }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        guard free / 2_048 > kibibytes else {
            throw PackageError(
                .noSpace,
                "'\(folder)' has \(free >> 20) MiB left, and to rebuild it takes "
                    + "\(kibibytes >> 9) MiB")
        }
    }

    /// The conffiles that are not as they were shipped, by dpkg's own comparison.
    private func changedConffiles(of id: PackageID) async throws(PackageError) -> Set<String> {
        let output = try await run(["dpkg"] + rootOptions + ["--verify", id.description])
        guard output.succeeded || !output.outputText.isEmpty else { throw failure(of: id, output) }
        let lines = output.outputText.lines().compactMap { line -> String? in
            // `??5?????? c /etc/x.conf`; what is missing begins with that word.
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, parts[1] == "c", parts[0] != "missing" else { return nil }
            return String(parts[2])
        }
        return Set(lines)
    }

    /// The package's tree with its control files. The tool ends with 0 whatever happens; it writes `control`
    /// last.
    private func collect(_ id: PackageID, in work: String) async throws(PackageError) -> String {
        let script = #"cd "$1" && shift && exec "$@""#
        let output = try await run(
            ["sh", "-c", script, "sh", work, "dpkg-repack"] + rootOptions + ["--generate", id.description])
        let names = (try? namesInFolder(work)) ?? []
        guard let name = names.first, names.count == 1,
            sizeOfFile("\(work)/\(name)/DEBIAN/control") != nil
        else { throw failure(of: id, output) }
        return "\(work)/\(name)"
    }

    /// Marks a tree as rebuilt. Takes conffiles out of it, and out of their list those that are not in it:
    /// dpkg-deb refuses them.
    private func prepare(_ tree: String, without left: Set<String>) throws(PackageError) {
        let control = "\(tree)/DEBIAN/control"
        try mappingFileErrors { () throws(FileError) in
            let fields = String(decoding: try readFile(control, limit: 1 << 20), as: UTF8.self)
                .lines().filter { !$0.hasPrefix(PackageFile.rebuiltField + ":") }
            try writeFile(
                control, "\(PackageFile.rebuiltField): yes\n" + fields.joined(separator: "\n") + "\n")
        }
        let list = "\(tree)/DEBIAN/conffiles"
        guard sizeOfFile(list) != nil else { return }
        try mappingFileErrors { () throws(FileError) in
            let listed = String(decoding: try readFile(list, limit: 1 << 20), as: UTF8.self)
            var present: [Substring] = []
            for path in listed.lines() {
                if left.contains(String(path)) {
                    try removeFile(tree + path)
                } else if sizeOfFile(tree + path) != nil {
                    present.append(path)
                }
            }
            guard !present.isEmpty else { return try removeFile(list) }
            try writeFile(list, present.joined(separator: "\n") + "\n")
        }
    }
}
