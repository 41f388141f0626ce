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

    /// The package with this id, if it is installed; one that fits every architecture is found under the
    /// node's own too.
    package func package(_ id: PackageID) -> InstalledPackage? {
        let sameName = (byName[id.name] ?? []).filter { $0.state != .configFiles }
        return sameName.first { $0.id == id }
            ?? sameName.first {
                $0.id.architecture == .all && id.architecture == inventory.architectures.first
            }
    }

    /// Whether configuration of a removed package is left.
    package func hasConfiguration(of id: PackageID) -> Bool {
        (byName[id.name] ?? []).contains { $0.id == id && $0.state == .configFiles }
    }

    /// Whether the node has the architecture that `key` names, if it names one.
    package func knowsArchitecture(of key: EntryKey) -> Bool {
        guard case .package(_, .some(let architecture)) = key else { return true }
        return inventory.architectures.contains(architecture)
    }

    /// What an entry is about: of its name or source, in its architecture.
    ///
    /// A version is meant for the node's own architecture if the key names none, an absence for every one. A
    /// package that has an entry of its own is not its source's.
    package func packages(named entry: Entry, except named: Set<EntryKey>) -> [InstalledPackage] {
        switch entry.key {
        case .source(let source):
            return (bySource[source] ?? []).filter { package in
                !named.contains(.package(package.id.name, nil)) || !isOwn(package.id.architecture)
            }
            .filter { !named.contains(.package($0.id.name, $0.id.architecture)) }
        case .package(let name, let architecture):
            let ofName = byName[name] ?? []
            switch entry.requirement {
            case .version: return ofName.filter { $0.state != .configFiles && fits($0.id, architecture) }
            case .absent:
                return ofName.filter {
                    $0.state != .configFiles && (architecture == nil || fits($0.id, architecture))
                }
            case .purged: return ofName.filter { architecture == nil || fits($0.id, architecture) }
            }
        }
    }

    /// The id under which a package that is not installed would be.
    func id(toInstall key: EntryKey) -> PackageID {
        guard case .package(let name, .some(let architecture)) = key else {
            return PackageID(name: key.name, architecture: inventory.architectures.first ?? .all)
        }
        return PackageID(name: name, architecture: architecture)
    }

    private func fits(_ id: PackageID, _ architecture: Architecture?) -> Bool {
        guard let architecture else { return isOwn(id.architecture) }
        return id.architecture == architecture
    }

    private func isOwn(_ architecture: Architecture) -> Bool {
        architecture == .all || architecture == inventory.architectures.first
    }
}
