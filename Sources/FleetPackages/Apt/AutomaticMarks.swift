internal import FleetCore
internal import FleetReconciler

/// Which packages were installed only because others need them: apt's `extended_states`.
struct AutomaticMarks: Equatable {
    /// A package for all architectures stands here with the native one.
    let packages: Set<PackageID>

    /// - Throws: ``PackageError`` if the file is there and cannot be read. Without it nothing is marked.
    init(path: String) throws(PackageError) {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, limit: 64 << 20)
        } catch {
            guard error.isAbsence else { throw PackageError(error) }
            packages = []
            return
        }
        var packages: Set<PackageID> = []
        ControlData(bytes).forEachParagraph(["Package", "Architecture", "Auto-Installed"]) { values in
            guard values[2] == "1", let name = values[0].flatMap({ PackageName($0) }),
                let architecture = values[1].flatMap({ Architecture($0) })
            else { return }
            packages.insert(PackageID(name: name, architecture: architecture))
        }
        self.packages = packages
    }

    /// Whether the package is marked.
    func contains(_ id: PackageID, native: Architecture) -> Bool {
        packages.contains(
            PackageID(name: id.name, architecture: id.architecture == .all ? native : id.architecture))
            || packages.contains(id)
    }
}
