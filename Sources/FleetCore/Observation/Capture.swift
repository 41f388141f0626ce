extension Inventory {
    /// The entries of a baseline that describes what is installed here.
    ///
    /// One entry for a source where that says the same as naming each of its packages: where all of its
    /// binaries that are installed have one version, and no other source's. Each other package is named by
    /// itself; of one version in several architectures also by each. Nothing is demanded, so that the
    /// baseline fits machines that have less.
    ///
    /// What is broken, or only left as configuration, is no model for other machines: it is left out.
    package func captured() -> [Entry] {
        let model = packages.filter { $0.state == .installed || $0.state == .triggersPending }
        var entries: [Entry] = []
        for (source, packages) in Dictionary(grouping: model, by: \.source) {
            let versions = Set(packages.map(\.version.withoutRebuild))
            if let version = versions.first, versions.count == 1 {
                entries.append(.whereInstalled(.source(source), version))
            } else {
                for package in packages {
                    entries.append(.whereInstalled(key(of: package.id), package.version))
                }
            }
        }
        return entries.sorted { $0.key < $1.key }
    }

    /// The key that names one package: without architecture where it is the machine's own.
    private func key(of id: PackageID) -> EntryKey {
        let isOwn = id.architecture == architectures.first || id.architecture == .all
        return .package(id.name, isOwn ? nil : id.architecture)
    }
}

extension Entry {
    fileprivate static func whereInstalled(_ key: EntryKey, _ version: PackageVersion) -> Entry {
        Entry(key, .version(version, presence: .whereInstalled, sha256: [:]))
    }
}
