internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// Finds the file of an installed version, and takes it into the store.
struct PackageFinder {
    private let configuration: AptConfiguration
    private let inventory: Inventory
    private let store: PackageStore
    private let command: AptCommand

    init(_ configuration: AptConfiguration, inventory: Inventory) {
        self.configuration = configuration
        self.inventory = inventory
        store = PackageStore(configuration)
        command = AptCommand(configuration)
    }

    /// The file from apt's archives, this agent's or the system's; nil if there is none that is whole.
    ///
    /// apt does not wait for the disk: after a power cut there may be half a file. Such a one of this agent's
    /// is removed.
    func inArchives(_ package: ReplacedPackage) async throws(PackageError) -> KeptPackage? {
        let (id, version) = (package.id, package.version)
        let own = configuration.archivesFolder
        for folder in [own, configuration.path("var/cache/apt/archives")] {
            let path = "\(folder)/\(PackageFile.archiveName(of: id, version))"
            guard sizeOfFile(path) != nil else { continue }
            guard await PackageFile(path: path).isWhole(id, version) else {
                if folder == own { try mappingFileErrors { () throws(FileError) in try removeFile(path) } }
                continue
            }
            return try mappingFileErrors { () throws(FileError) in
                try take(path, id, version, from: .cache, isDurable: true)
            }
        }
        return nil
    }

    /// A file that was just downloaded, and checked; nil if it is not there.
    func downloaded(_ id: PackageID, _ version: PackageVersion) throws(FileError) -> KeptPackage? {
        let path = "\(configuration.archivesFolder)/\(PackageFile.archiveName(of: id, version))"
        guard sizeOfFile(path) != nil else { return nil }
        return try take(path, id, version, from: .source, isDurable: false)
    }

    /// The files of those replaced versions that the request's sources still offer, downloaded and checked
    /// against the digests of their indexes. A source that cannot be reached offers nothing.
    func atSources(
        _ packages: [ReplacedPackage], request: ChangeRequest
    ) async throws(PackageError) -> [KeptPackage] {
        let native = inventory.native
        try AptOptionFiles(configuration: configuration).write(for: request)
        let offers = try await AptSources(configuration, request: request)
            .offers(of: packages.map(\.id), inventory: inventory)
        var found: [KeptPackage] = []
        for package in packages {
            let (id, version) = (package.id, package.version)
            let name = id.aptName(native: native)
            guard offers.contains(where: { $0.aptName == name && $0.version == version }),
                let path = try? await download("\(name)=\(version)"),
                await PackageFile(path: path).isFile(of: id, version)
            else { continue }
            found.append(
                try mappingFileErrors { () throws(FileError) in
                    try store.take(path, id, version, from: .source, isDurable: true)
                })
        }
        return found
    }

    /// Rebuilds an installed version.
    ///
    /// - Throws: ``PackageError`` with `unavailable` if the tool is not installed.
    func rebuild(_ package: ReplacedPackage) async throws(PackageError) -> KeptPackage {
        guard PackageRebuild.isPossible(configuration) else {
            throw PackageError(.unavailable, "no source offers it and 'dpkg-repack' is not installed")
        }
        let (path, origin) = try await PackageRebuild(configuration, in: store.incoming).rebuild(package)
        return try mappingFileErrors { () throws(FileError) in
            try store.take(path, package.id, package.version, from: origin, isDurable: true)
        }
    }

    /// Takes a file that stays where it is: by another name for the same bytes where the file system can,
    /// else by a copy.
    private func take(
        _ path: String, _ id: PackageID, _ version: PackageVersion, from origin: KeptPackage.Origin,
        isDurable: Bool
    ) throws(FileError) -> KeptPackage {
        let own = "\(store.incoming)/\(PackageFile.archiveName(of: id, version))"
        if link(path, own) != 0 { _ = try copyFile(path, to: own) }
        return try store.take(own, id, version, from: origin, isDurable: isDurable)
    }

    /// Downloads one package file.
    ///
    /// Not among the incoming ones, which root alone may enter: apt does it as its own user. So what is kept
    /// is a copy that is none of that user's, and the copy is what is compared with the index.
    ///
    /// - Returns: its path among the incoming ones; nil if it is not what the index says.
    private func download(_ argument: String) async throws(PackageError) -> String? {
        let records = try await command.cache(["show", argument])
        var digests: Set<Digest> = []
        ControlData(records.output).forEachParagraph(["SHA256"]) { values in
            if let digest = values[0].flatMap({ Digest($0) }) { digests.insert(digest) }
        }
        let folder = configuration.workspacePath("download")
        _ = try await runChild(["/bin/rm", "-rf", "--", folder], environment: [:])
        try mappingFileErrors { () throws(FileError) in try makeFolder(folder) }
        // Where it cannot be given away apt works as root, as it says.
        if geteuid() == 0, !configuration.isAlternateRoot, let user = getpwnam("_apt") {
            _ = chown(folder, user.pointee.pw_uid, 0)
        }
        let script = #"cd "$1" && shift && exec "$@""#
        let output = try await runChild(
            ["sh", "-c", script, "sh", folder] + command.getArguments(["download", argument]),
            environment: command.environment)
        let copy = store.incoming + "/download.deb"
        let isWhole = try mappingFileErrors { () throws(FileError) in
            guard output.succeeded, let name = try namesInFolder(folder).first else { return false }
            return digests.contains(try copyFile("\(folder)/\(name)", to: copy))
        }
        _ = try await runChild(["/bin/rm", "-rf", "--", folder], environment: [:])
        return isWhole ? copy : nil
    }
}
