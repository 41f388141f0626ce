internal import FleetCore
internal import FleetReconciler

/// Keeps the package files of what a plan replaces, before it does: so the node can go back although its
/// sources offer only the newest version.
///
/// Each is taken where it costs least: what is kept already, apt's archives, a source that still offers this
/// very version; else it is rebuilt of what is installed.
struct PackageKeeper {
    private let configuration: AptConfiguration
    private let inventory: Inventory
    private let store: PackageStore
    private let finder: PackageFinder

    init(_ configuration: AptConfiguration, inventory: Inventory) {
        self.configuration = configuration
        self.inventory = inventory
        store = PackageStore(configuration)
        finder = PackageFinder(configuration, inventory: inventory)
    }

    /// Keeps what the port says.
    func keep(
        _ plan: Plan, needed: [PackageChange], isDemanded: Bool
    ) async throws(PackageError) -> Keeping {
        let replaced = plan.replaced(in: inventory)
        // What comes in from what is kept is there already.
        let incoming =
            plan.origin == .sources ? plan.changes.filter { $0.to != nil && $0.to != $0.from } : []
        guard !replaced.isEmpty || !incoming.isEmpty else { return Keeping() }
        let before = store.packages()
        try await store.open()
        var shelf = Shelf(before)
        var unkept: [UnkeptPackage] = []
        let missing = try await missing(replaced, plan.request, isDemanded: isDemanded, shelf: &shelf)
        for package in missing {
            do {
                shelf.add(try await finder.rebuild(package))
            } catch {
                unkept.append(UnkeptPackage(package, error))
            }
        }
        for change in incoming where !shelf.hasPublished(change.id, change.to) {
            guard let version = change.to else { continue }
            // What is not kept of these costs nothing but a rebuild, later.
            if let file = try? finder.downloaded(change.id, version) { shelf.add(file) }
        }
        var lasting = Set(
            needed.compactMap { change in change.from.map { PackageInstance(change.id, $0) } })
        if plan.origin != .sources {
            lasting.formUnion(
                plan.changes.compactMap { change in change.to.map { PackageInstance(change.id, $0) } })
        }
        let missed = shelf.fit(into: configuration.storeLimit, replaced: replaced, needed: lasting)
        unkept += missed.map { UnkeptPackage($0, limit: configuration.storeLimit) }
        if shelf.packages != before {
            try mappingFileErrors { () throws(FileError) in try store.write(shelf.packages) }
        }
        let rebuilt = shelf.packages.filter { $0.isRebuilt && !before.contains($0) }.map(\.id)
        return Keeping(unkept: unkept.sorted { $0.id < $1.id }, rebuilt: rebuilt.sorted())
    }

    /// Finds the files of replaced versions on this machine and, if they are demanded, at its sources.
    ///
    /// - Returns: those for which there is none, and whose file is to be rebuilt.
    private func missing(
        _ replaced: [ReplacedPackage], _ request: ChangeRequest, isDemanded: Bool, shelf: inout Shelf
    ) async throws(PackageError) -> [ReplacedPackage] {
        var missing: [ReplacedPackage] = []
        for package in replaced {
            for kept in shelf.packages.filter(package.isFile)
            where !store.isWhole(kept) || !kept.serves(purge: package.isPurge) {
                shelf.remove(kept)
            }
            if let kept = shelf.packages.first(where: package.isFile) {
                // It may have been taken without waiting for the disk.
                try mappingFileErrors { () throws(FileError) in try flushToDisk(store.path(of: kept)) }
            } else if let found = try await finder.inArchives(package) {
                shelf.add(found)
            } else {
                missing.append(package)
            }
        }
        guard isDemanded, !missing.isEmpty else { return [] }
        for found in try await finder.atSources(missing, request: request) {
            shelf.add(found)
            missing.removeAll { $0.isFile(found) }
        }
        return missing
    }
}

/// An installed version that a plan takes away.
struct ReplacedPackage: Hashable {
    let id: PackageID
    let version: PackageVersion
    /// Whether its configuration goes, too.
    let isPurge: Bool

    /// Whether a kept file is that version.
    func isFile(_ package: KeptPackage) -> Bool { package.id == id && package.version == version }
}

extension Plan {
    /// The installed versions that it takes away.
    fileprivate func replaced(in inventory: Inventory) -> [ReplacedPackage] {
        let present = Dictionary(
            inventory.packages.filter(\.isPresent).map { ($0.id, $0.version) }
        ) { first, _ in first }
        return changes.compactMap { change in
            guard let version = change.from, change.to != version, present[change.id] == version else {
                return nil
            }
            return ReplacedPackage(
                id: change.id, version: version, isPurge: request.removals[change.id] == true)
        }
    }
}

/// A package in one version.
private struct PackageInstance: Hashable {
    let id: PackageID
    let version: PackageVersion

    init(_ id: PackageID, _ version: PackageVersion) {
        self.id = id
        self.version = version
    }
}

/// What is in the store, while a plan is being kept.
private struct Shelf {
    private(set) var packages: [KeptPackage]
    private var number: Int64

    init(_ packages: [KeptPackage]) {
        self.packages = packages
        number = packages.map(\.number).max() ?? 0
    }

    mutating func add(_ package: KeptPackage) {
        packages.removeAll { $0.digest == package.digest }
        number += 1
        var package = package
        package.number = number
        packages.append(package)
    }

    mutating func remove(_ package: KeptPackage) { packages.removeAll { $0 == package } }

    func hasPublished(_ id: PackageID, _ version: PackageVersion?) -> Bool {
        packages.contains { $0.id == id && $0.version == version && !$0.isRebuilt }
    }

    /// Drops the oldest files that nothing needs until the rest fits.
    ///
    /// - Returns: the replaced versions that there is no room for.
    mutating func fit(
        into limit: ByteCount, replaced: [ReplacedPackage], needed: Set<PackageInstance>
    ) -> [ReplacedPackage] {
        func isReplaced(_ package: KeptPackage) -> Bool { replaced.contains { $0.isFile(package) } }
        func isNeeded(_ package: KeptPackage) -> Bool {
            needed.contains(PackageInstance(package.id, package.version))
        }
        var total = packages.reduce(Int64(0)) { $0 + $1.size }
        for package in packages where total > limit.bytes {
            if isReplaced(package) || isNeeded(package) { continue }
            remove(package)
            total -= package.size
        }
        guard total > limit.bytes else { return [] }
        let missed = replaced.filter { package in packages.contains(where: package.isFile) }
        packages.removeAll { isReplaced($0) && !isNeeded($0) }
        return missed
    }
}

extension UnkeptPackage {
    /// A version that could not be rebuilt.
    fileprivate init(_ package: ReplacedPackage, _ error: PackageError) {
        let remedy =
            switch error.code {
            case .unavailable: "install 'dpkg-repack'"
            case .noSpace: "make room on the disk"
            default: "mend that"
            }
        self.init(
            id: package.id, version: package.version, cause: String(error.message.prefix(250)),
            remedy: remedy)
    }

    /// A version for which the store has no room.
    fileprivate init(_ package: ReplacedPackage, limit: ByteCount) {
        self.init(
            id: package.id, version: package.version,
            cause: "the kept package files would need more than \(limit)",
            remedy: "raise 'keptPackages' in the node's agent.yaml")
    }
}
