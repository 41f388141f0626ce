internal import FleetCore
internal import FleetReconciler

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

    /// The digest of the source lists that the indexes in the workspace were fetched for.
    private var stampFile: String { configuration.workspacePath("lists-of") }

    private var stamp: String {
        let lists = request.sources ?? []
        return Digest(of: Array(lists.map { "\($0.name)\n\($0.content)\n" }.joined().utf8)).hex
    }

    /// Fetches the indexes if the request has sources of its own and they are not those of the last time.
    ///
    /// - Returns: whether they were fetched.
    func updateIfOthers() async throws(PackageError) -> Bool {
        guard request.sources != nil else { return false }
        guard String(decoding: readFile(stampFile, from: 0, count: 64), as: UTF8.self) != stamp else {
            return false
        }
        try await update()
        return true
    }

    /// Fetches the indexes of all sources (`apt-get update`): one that fails or does not verify is an error.
    func update() async throws(PackageError) {
        try mappingFileErrors { () throws(FileError) in try removeFile(stampFile) }
        let output = try await command.get(["--error-on=any", "update"])
        guard output.succeeded else {
            throw AptFailure(configuration: configuration, ownSources: request.sources != nil)
                .error(output.outputText + output.errorText, otherwise: .sourceUnreachable)
        }
        guard request.sources != nil else { return }
        try mappingFileErrors { () throws(FileError) in try writeFile(stampFile, stamp) }
    }

    /// Every version that the sources offer of these packages.
    func offers(of ids: [PackageID], inventory: Inventory) async throws(PackageError) -> [Offer] {
        guard !ids.isEmpty else { return [] }
        let names = Set(ids.map { $0.aptName(native: inventory.native) }).sorted()
        let output = try await command.cache(["madison"] + names)
        return Self.parse(output.outputText, native: inventory.native)
    }

    /// Parses the lines of `apt-cache madison`: `name[:architecture] | version | source`.
    static func parse(_ output: String, native: Architecture) -> [Offer] {
        output.split(separator: "\n").compactMap { line in
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
