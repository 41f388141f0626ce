internal import FleetCore
internal import FleetReconciler

/// dpkg's database in a root: read from its files, without a process.
///
/// Source: dpkg(1), "Information about packages", and dpkg's `lib/dpkg/dump.c`.
struct DpkgDatabase {
    let inventory: Inventory
    /// Packages that dpkg does not remove without force (`Essential: yes`, `Protected: yes`).
    let essential: Set<PackageID>

    /// The largest status file that is read: more than ten times that of all of Debian's desktops together.
    private static let sizeLimit = 128 << 20

    /// Reads the database below `folder`, dpkg's administrative directory.
    ///
    /// - Throws: ``PackageError`` with `broken` if dpkg was interrupted or an entry makes no sense, with
    ///   `unreadable` if a file cannot be read.
    init(folder: String) throws(PackageError) {
        guard !(try Self.isInterrupted(folder: folder)) else {
            throw PackageError(
                .broken,
                "dpkg was interrupted: '\(folder)/updates' holds changes that it has not finished; "
                    + "'dpkg --configure -a' does")
        }
        let bytes = try mappingFileErrors { () throws(FileError) in
            try readFile(folder + "/status", limit: Self.sizeLimit)
        }
        let foreign = try Self.architectures(listedIn: folder + "/arch")
        try self.init(status: bytes, path: folder + "/status", architectures: foreign)
    }

    /// Parses a status file.
    ///
    /// - Parameter architectures: those that dpkg's file `arch` lists: foreign ones, among them perhaps its
    ///   own.
    init(status bytes: [UInt8], path: String, architectures: [Architecture]) throws(PackageError) {
        var packages: [InstalledPackage] = []
        var essential: Set<PackageID> = []
        packages.reserveCapacity(bytes.count / 1_024)
        try ControlData(bytes).forEachParagraph(Self.fields) { (values) throws(PackageError) in
            guard let status = values[1] else { return }
            guard let package = try Self.package(values, status: status, path: path) else { return }
            packages.append(package)
            if values[5] == "yes" || values[6] == "yes" { essential.insert(package.id) }
        }
        // dpkg's own architecture is built into it: so it is that of the package that brought it.
        let native =
            packages.first { $0.id.name.description == "dpkg" && $0.state != .configFiles }?.id.architecture
            ?? .compiled
        let foreign = architectures.filter { $0 != native && $0 != .all }
        inventory = Inventory(architectures: [native] + foreign, packages: packages)
        self.essential = essential
    }

    private static let fields = [
        "Package", "Status", "Architecture", "Version", "Source", "Essential", "Protected", "Provides",
    ]

    /// Whether dpkg's journal holds changes that are not in the status file. Only numbered files count:
    /// dpkg itself ignores what has another name.
    static func isInterrupted(folder: String) throws(PackageError) -> Bool {
        do {
            return try namesInFolder(folder + "/updates").contains { $0.utf8.allSatisfy(\.isDecimalDigit) }
        } catch {
            // Without the folder there is nothing that was begun; the status file tells whether there is a
            // database.
            if error.isAbsence { return false }
            throw PackageError(error)
        }
    }

    private static func architectures(listedIn path: String) throws(PackageError) -> [Architecture] {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, limit: 64 << 10)
        } catch {
            if error.isAbsence { return [] }
            throw PackageError(error)
        }
        return String(decoding: bytes, as: UTF8.self).lines().compactMap { Architecture($0) }
    }

    /// One paragraph; nil for a package of which nothing is on the machine.
    private static func package(
        _ values: [String?], status: String, path: String
    ) throws(PackageError) -> InstalledPackage? {
        let words = status.split(separator: " ")
        guard words.count == 3, let state = state(words[2], flag: words[1]) else {
            throw damaged(values, "its status is '\(status)'", path: path)
        }
        guard case .some(let state) = state else { return nil }
        guard let written = values[0], let name = PackageName(written) else {
            throw damaged(values, "it has no usable name", path: path)
        }
        guard let architecture = values[2].flatMap({ Architecture($0) }),
            let version = values[3].flatMap({ PackageVersion($0) })
        else {
            // A removal that was interrupted can leave an entry without version: broken, but not the whole
            // database.
            throw damaged(values, "it has no usable version or architecture", path: path)
        }
        let source = try source(values, name: name, version: version, path: path)
        return InstalledPackage(
            id: PackageID(name: name, architecture: architecture), version: version, source: source.name,
            sourceVersion: source.version, state: state, isHeld: words[0] == "hold",
            needsReinstallation: words[1] == "reinstreq" || words[2] == "half-installed",
            provides: values[7].map(Self.names) ?? [])
    }

    /// The names of a field such as `mail-transport-agent, libx1 (= 2)`.
    private static func names(_ field: String) -> [PackageName] {
        field.split(separator: ",").compactMap { part in
            part.split(whereSeparator: { " (:".contains($0) }).first.flatMap { PackageName($0) }
        }
    }

    /// The state that a status means; `.some(nil)` for "nothing is there", nil for a word that dpkg does
    /// not have.
    private static func state(_ status: Substring, flag: Substring) -> PackageState?? {
        guard flag == "ok" || flag == "reinstreq" else { return nil }
        switch status {
        case "not-installed": return .some(nil)
        case "config-files": return .configFiles
        case "half-installed", "unpacked", "half-configured": return .broken
        case "triggers-awaited", "triggers-pending": return flag == "ok" ? .triggersPending : .broken
        case "installed": return flag == "ok" ? .installed : .broken
        default: return nil
        }
    }

    /// The source package: `Source: name (version)`, each part left out where it is that of the binary
    /// package.
    private static func source(
        _ values: [String?], name: PackageName, version: PackageVersion, path: String
    ) throws(PackageError) -> (name: PackageName, version: PackageVersion) {
        guard let field = values[4] else { return (name, version.withoutRebuild) }
        guard let source = SourceField(field) else {
            throw damaged(values, "its source is '\(field)'", path: path)
        }
        return (source.name, source.version ?? version.withoutRebuild)
    }

    private static func damaged(_ values: [String?], _ why: String, path: String) -> PackageError {
        let name = values[0] ?? "without a name"
        return PackageError(
            .broken, "cannot understand package '\(name)' in '\(path)': \(why)", packages: [name])
    }
}

/// The value of a field `Source`: `name` or `name (version)` (deb-control(5)).
struct SourceField: Equatable {
    let name: PackageName
    /// nil where it is the version of the binary package.
    let version: PackageVersion?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard let first = words.first, let name = PackageName(first), words.count <= 2 else { return nil }
        self.name = name
        guard words.count == 2 else {
            version = nil
            return
        }
        guard words[1].hasPrefix("("), words[1].hasSuffix(")"),
            let version = PackageVersion(words[1].dropFirst().dropLast())
        else { return nil }
        self.version = version
    }
}

extension Architecture {
    /// Debian's name of the architecture that this program was compiled for.
    static var compiled: Architecture {
        #if arch(x86_64)
        let name = "amd64"
        #elseif arch(arm64)
        let name = "arm64"
        #elseif arch(arm)
        let name = "armhf"
        #elseif arch(i386)
        let name = "i386"
        #elseif arch(powerpc64le)
        let name = "ppc64el"
        #elseif arch(s390x)
        let name = "s390x"
        #elseif arch(riscv64)
        let name = "riscv64"
        #else
        #error("name the Debian architecture of this processor")
        #endif
        return Architecture(name) ?? .all
    }
}

extension InstalledPackage {
    /// Whether something of the package is on the machine, not only its configuration.
    var isPresent: Bool { state != .configFiles }
}
