internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// A version of a package that a source offers.
struct Offer: Equatable {
    /// The package as apt names it, always with an architecture.
    let aptName: String
    let version: PackageVersion
    /// Where from, in apt's words: `http://deb.debian.org/debian bookworm/main amd64 Packages`.
    let source: String
}

/// The sources of a request and apt's indexes of them.
struct AptSources {
    let configuration: AptConfiguration
    let request: ChangeRequest
    private let command: AptCommand

    init(_ configuration: AptConfiguration, request: ChangeRequest) {
        self.configuration = configuration
        self.request = request
        command = AptCommand(configuration)
    }

    /// A file that says that the indexes of these sources were fetched, and by its time when they were used
    /// last; nil for the system's.
    private var stampFile: String? {
        request.sources.map { "\(configuration.ownIndexes)/\(AptConfiguration.name(of: $0)).fetched" }
    }

    /// Fetches the indexes if the request has sources of its own of which there are none yet.
    ///
    /// - Returns: whether they were fetched.
    func updateIfOthers() async throws(PackageError) -> Bool {
        guard let stampFile else { return false }
        guard sizeOfFile(stampFile) == nil else {
            // So the folders that are still in use are known.
            utimes(stampFile, nil)
            return false
        }
        try await update()
        try await removeOldIndexes()
        return true
    }

    /// How many sets of sources keep their indexes: those of what is declared, admitted and previous, and
    /// those of an undoing, which takes the sources of two.
    private static let mostIndexes = 5

    /// Removes the indexes that were not used for the longest time. What cannot be removed costs space alone.
    private func removeOldIndexes() async throws(PackageError) {
        let folder = configuration.ownIndexes
        let stamps = ((try? namesInFolder(folder)) ?? []).filter { $0.hasSuffix(Self.ending) }
        let byAge = stamps.map { ($0, Self.time(of: "\(folder)/\($0)")) }.sorted { $0.1 > $1.1 }
        for (stamp, _) in byAge.dropFirst(Self.mostIndexes) {
            try? removeFile("\(folder)/\(stamp)")
            let lists = "\(folder)/\(stamp.dropLast(Self.ending.count))"
            _ = try await runChild(["/bin/rm", "-rf", "--", lists], environment: [:])
        }
    }

    private static let ending = ".fetched"

    /// When a file was written last, in nanoseconds.
    private static func time(of path: String) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    }

    /// Fetches the indexes of all sources (`apt-get update`): one that fails or does not verify is an error.
    func update() async throws(PackageError) {
        if let stampFile { try mappingFileErrors { () throws(FileError) in try removeFile(stampFile) } }
        let output = try await command.get(["--error-on=any", "update"])
        guard output.succeeded else {
            throw AptFailure(configuration: configuration, sources: request.sources)
                .error(output.outputText + output.errorText, otherwise: .sourceUnreachable)
        }
        guard let stampFile else { return }
        try mappingFileErrors { () throws(FileError) in try writeFile(stampFile, "") }
    }

    /// Every version that the sources offer of these packages.
    func offers(of ids: [PackageID], inventory: Inventory) async throws(PackageError) -> [Offer] {
        guard !ids.isEmpty else { return [] }
        let names = Set(ids.map { $0.aptName(native: inventory.native) }).sorted()
        let output = try await command.cache(["madison"] + names)
        return Self.parse(output.outputText, native: inventory.native)
    }

    /// The packages that provide a name which is that of no package, in order.
    func providers(of aptName: String) async throws(PackageError) -> [String] {
        Self.parseProviders(try await command.cache(["showpkg", aptName]).outputText)
    }

    /// The last part of what `apt-cache showpkg` prints: `Reverse Provides:`, then a line for each with name
    /// and version.
    static func parseProviders(_ output: String) -> [String] {
        let lines = output.lines()
        guard let head = lines.firstIndex(where: { $0.hasPrefix("Reverse Provides:") }) else { return [] }
        return Set(lines[(head + 1)...].compactMap { $0.split(separator: " ").first.map(String.init) })
            .sorted()
    }

    /// Parses the lines of `apt-cache madison`: `name[:architecture] | version | source`.
    static func parse(_ output: String, native: Architecture) -> [Offer] {
        output.lines().compactMap { line in
            let columns = line.split(separator: "|", maxSplits: 2).map { column in
                column.split(separator: " ").joined(separator: " ")
            }
            guard columns.count == 3, let version = PackageVersion(columns[1]),
                !columns[2].hasSuffix("Sources")
            else { return nil }
            let name = columns[0].contains(":") ? columns[0] : "\(columns[0]):\(native)"
            return Offer(aptName: name, version: version, source: columns[2])
        }
    }
}
