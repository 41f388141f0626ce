internal import FleetCore
internal import FleetReconciler

/// Shows apt kept package files as if a source offered them: an index that it reads besides its sources
/// (`APT::Sources::With`), or instead of them.
///
/// So apt finds its way by itself, with several packages at once, downgrades, what was removed, and siblings
/// of other architectures; and the files are checked against the digests of the index, as a source's are.
struct KeptIndex {
    let configuration: AptConfiguration
    private let store: PackageStore

    init(_ configuration: AptConfiguration) {
        self.configuration = configuration
        store = PackageStore(configuration)
    }

    /// The index. apt knows what it is by its name.
    static func path(_ configuration: AptConfiguration) -> String { configuration.store + "/Packages" }

    /// The kept files that may bring about targets of a request: whole ones alone, published ones before
    /// rebuilt ones, and rebuilt ones only to go back, or to make whole what is there in that version.
    ///
    /// - Parameter damaged: those that are to be made whole.
    func packages(
        for request: ChangeRequest, targets: [PackageID], damaged: Set<PackageID> = [], inventory: Inventory
    ) -> [KeptPackage] {
        guard !targets.isEmpty else { return [] }
        let all = store.packages().reversed().sorted { !$0.isRebuilt && $1.isRebuilt }
        let native = inventory.native
        return targets.sorted().compactMap { id in
            guard let wanted = request.targets[id] else { return nil }
            let sha256 = request.sha256.first { $0.key.answers(id, native: native) }?.value
            let fitting = all.filter { package in
                package.id.answers(id, native: native) && (sha256 ?? package.digest) == package.digest
                    && (request.isReturn || damaged.contains(id) || !package.isRebuilt)
                    && (package.version == wanted
                        || request.accepts(
                            rebuild: package.version, of: id, wanted: wanted, in: inventory))
            }
            let best = fitting.filter { $0.version == wanted } + fitting
            return best.first(where: store.isWhole)
        }
    }

    /// Writes the index of these files.
    func write(_ packages: [KeptPackage]) async throws(PackageError) {
        var text = ""
        for package in packages {
            let control = try await PackageFile(path: store.path(of: package)).control()
            text += control + "\nFilename: ./\(package.fileName)\nSize: \(package.size)\n"
            text += "SHA256: \(package.digest.hex)\n\n"
        }
        try mappingFileErrors { () throws(FileError) in
            try store.makeOwnFolder()
            try writeFile(Self.path(configuration), text, mode: 0o600)
        }
    }

    /// What the files are to the planner: one more offer each.
    func offers(_ packages: [KeptPackage], native: Architecture) -> [Offer] {
        packages.map {
            Offer(aptName: $0.id.aptName(native: native), version: $0.version, source: "kept on this node")
        }
    }
}
