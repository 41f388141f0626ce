/// An inventory, indexed for the questions that entries ask.
package struct InventoryIndex: Sendable {
    package let inventory: Inventory
    private let byName: [PackageName: [InstalledPackage]]
    private let bySource: [PackageName: [InstalledPackage]]

    package init(_ inventory: Inventory) {
        self.inventory = inventory
        byName = Dictionary(grouping: inventory.packages, by: \.id.name)
        bySource = Dictionary(grouping: inventory.packages.filter { $0.state != .configFiles }, by: \.source)
    }

    /// The package with this id, if it is installed.
    ///
    /// One that fits every architecture is found under the node's own too, and the other way round: a package
    /// may become such a one, or cease to be, from one version to the next.
    package func package(_ id: PackageID) -> InstalledPackage? {
        let sameName = (byName[id.name] ?? []).filter { $0.state != .configFiles }
        return sameName.first { $0.id == id }
            ?? (isOwn(id.architecture) ? sameName.first { isOwn($0.id.architecture) } : nil)
    }

    /// Whether configuration of a removed package is left.
    package func hasConfiguration(of id: PackageID) -> Bool {
        (byName[id.name] ?? []).contains { $0.id == id && $0.state == .configFiles }
    }

    /// Whether the node has the architecture that `key` names, if it names one.
    package func knowsArchitecture(of key: EntryKey) -> Bool {
        guard case .package(_, .some(let architecture)) = key else { return true }
        return architecture == .all || inventory.architectures.contains(architecture)
    }

    /// What an entry is about: of its name or source, in its architecture.
    ///
    /// A version is meant for the node's own architecture if the key names none, an absence for every one. A
    /// package that has an entry of its own is not its source's, and one that has an entry for its
    /// architecture not that of its name.
    package func packages(named entry: Entry, among others: EntryNames) -> [InstalledPackage] {
        switch entry.key {
        case .source(let source):
            (bySource[source] ?? []).filter { !isNamed($0.id, among: others) }
        case .package(let name, .some(let architecture)):
            (byName[name] ?? []).filter {
                fits($0.id, architecture) && (entry.requirement == .purged || $0.state != .configFiles)
            }
        case .package(let name, nil):
            (byName[name] ?? []).filter { package in
                let isMeant = entry.requirement.version == nil || isOwn(package.id.architecture)
                return isMeant && !isNamedWithArchitecture(package.id, among: others)
                    && (entry.requirement == .purged || package.state != .configFiles)
            }
        }
    }

    private func isNamed(_ id: PackageID, among names: EntryNames) -> Bool {
        names.absences.contains(id.name) || isNamedWithArchitecture(id, among: names)
            || isOwn(id.architecture) && names.keys.contains(.package(id.name, nil))
    }

    private func isNamedWithArchitecture(_ id: PackageID, among names: EntryNames) -> Bool {
        names.keys.contains(.package(id.name, id.architecture))
            || id.architecture == .all
                && inventory.architectures.prefix(1).contains { names.keys.contains(.package(id.name, $0)) }
    }

    /// The id under which a package that is not installed would be.
    func id(toInstall key: EntryKey) -> PackageID {
        guard case .package(let name, .some(let architecture)) = key else {
            return PackageID(name: key.name, architecture: inventory.architectures.first ?? .all)
        }
        return PackageID(name: name, architecture: architecture)
    }

    private func fits(_ id: PackageID, _ architecture: Architecture) -> Bool {
        id.architecture == architecture
            || id.architecture == .all && architecture == inventory.architectures.first
    }

    private func isOwn(_ architecture: Architecture) -> Bool {
        architecture == .all || architecture == inventory.architectures.first
    }
}

/// What the entries of a baseline name, for the question which of them a package belongs to.
package struct EntryNames: Sendable {
    /// The keys of all entries.
    package let keys: Set<EntryKey>
    /// The names of packages that must be gone in every architecture.
    package let absences: Set<PackageName>

    package init(_ entries: [Entry]) {
        keys = Set(entries.map(\.key))
        absences = Set(
            entries.compactMap { entry in
                guard case .package(let name, nil) = entry.key, entry.requirement.version == nil else {
                    return nil
                }
                return name
            })
    }
}
