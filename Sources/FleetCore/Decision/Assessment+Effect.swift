extension Assessment {
    /// The findings, with what is as declared and not in effect yet.
    ///
    /// - Parameters:
    ///   - reboot: names the packages that wait for it.
    ///   - restarts: the services that run old code, with the packages whose code that is.
    package func findings(
        awaiting reboot: RebootStatement, _ restarts: PendingRestarts?, in inventory: Inventory?
    ) -> [EntryFinding] {
        let rebooting = PackageNames(reboot.isRequired ? reboot.packages : [], in: inventory)
        let restarting = PackageNames(restarts?.waiting.flatMap(\.packages) ?? [], in: inventory)
        guard !rebooting.isEmpty || !restarting.isEmpty else { return findings }
        return findings.map { finding in
            guard finding.state == .installed else { return finding }
            if rebooting.isMeant(by: finding.key) { return finding.with(.pendingReboot) }
            return restarting.isMeant(by: finding.key) ? finding.with(.pendingRestart) : finding
        }
    }
}

extension EntryFinding {
    fileprivate func with(_ state: EntryState) -> EntryFinding {
        EntryFinding(key: key, state: state, wanted: wanted, found: found)
    }
}

/// Packages by name, with the sources that they were built from.
private struct PackageNames {
    private let names: Set<PackageName>
    private let sources: Set<PackageName>

    init(_ packages: [PackageName], in inventory: Inventory?) {
        var names = Set(packages)
        guard !names.isEmpty, let inventory else {
            self.names = names
            sources = []
            return
        }
        let installed = inventory.packages.filter { names.contains($0.id.name) }
        sources = Set(installed.map(\.source))
        // A kernel comes by a package that only depends on it, and is of the same source and version.
        let kernels = installed.filter { $0.id.name.isKernelImage }
        for package in inventory.packages where package.id.name.isKernelImage {
            let isBringer = kernels.contains {
                $0.source == package.source && $0.sourceVersion == package.sourceVersion
            }
            if isBringer { names.insert(package.id.name) }
        }
        self.names = names
    }

    var isEmpty: Bool { names.isEmpty }

    func isMeant(by key: EntryKey) -> Bool {
        switch key {
        case .source(let source): sources.contains(source)
        case .package(let name, _): names.contains(name)
        }
    }
}

extension PackageName {
    /// Whether it is, or brings, an image of the Linux kernel, as Debian and Ubuntu name them.
    package var isKernelImage: Bool { description.hasPrefix("linux-image-") }
}
