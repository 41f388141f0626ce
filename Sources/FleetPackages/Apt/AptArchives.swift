internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The package files of a plan, in the workspace: fetched, and checked against the digests of the request.
struct AptArchives {
    let configuration: AptConfiguration
    let plan: Plan
    private let command: AptCommand
    private let inventory: Inventory

    init(_ configuration: AptConfiguration, plan: Plan, inventory: Inventory) {
        self.configuration = configuration
        self.plan = plan
        self.inventory = inventory
        command = AptCommand(configuration)
    }

    /// Fetches what is missing and checks what has a digest.
    func fetch() async throws(PackageError) {
        let record = DownloadRecord(configuration)
        let names = incoming.compactMap(name(of:))
        if !record.hasWhole(names, for: plan.request) {
            do {
                try await fetchMissing()
            } catch {
                guard error.code == .sourceUnreachable || error.code == .unavailable else { throw error }
                // Kept files come from no source.
                guard plan.origin != .kept else { throw error }
                // The sources have moved on: what they offered under a name they may offer under another one.
                try await AptSources(configuration, request: plan.request).update()
                try await fetchMissing()
            }
        }
        for change in incoming { try checkDigest(of: change) }
        try mappingFileErrors { () throws(FileError) in try record.note(names, for: plan.request) }
    }

    /// The changes for which a package file is needed.
    private var incoming: [PackageChange] {
        let damaged = Set(inventory.packages.filter(\.needsReinstallation).map(\.id))
        return plan.changes.filter { $0.to != nil && ($0.to != $0.from || damaged.contains($0.id)) }
    }

    private func name(of change: PackageChange) -> String? {
        change.to.map { configuration.archiveName(of: change.id, $0) }
    }

    private func path(of name: String) -> String { "\(configuration.archivesFolder)/\(name)" }

    private func fetchMissing() async throws(PackageError) {
        let arguments = AptTransaction.installation(of: plan, in: inventory)
        let files = try await listing(arguments)
        var missing: [RemoteFile] = []
        for file in files where try !isThere(file) { missing.append(file) }
        try checkSpace(for: missing)
        for file in missing where file.uri.hasPrefix("file:") { try copy(file) }
        guard missing.contains(where: { !$0.uri.hasPrefix("file:") }) else { return }
        let output = try await command.get(["--download-only"] + arguments)
        guard output.succeeded else { throw failure(output) }
    }

    /// All package files of the plan, those that are there already, too: apt is shown an empty folder.
    private func listing(_ arguments: [String]) async throws(PackageError) -> [RemoteFile] {
        let empty = configuration.workspacePath("empty")
        try mappingFileErrors { () throws(FileError) in try makeFolder(empty + "/partial") }
        let output = try await command.get(
            [
                "--print-uris", "-o", "Acquire::ForceHash=SHA256", "-o", "Dir::Cache::archives=\(empty)",
            ] + arguments)
        guard output.succeeded else { throw failure(output) }
        return RemoteFile.parse(output.outputText)
    }

    /// Whether a file is there, whole. apt looks at sizes alone; after a power cut there may be a file of
    /// that size with nothing in it. Such a one is removed.
    private func isThere(_ file: RemoteFile) throws(PackageError) -> Bool {
        guard let name = file.safeName, sizeOfFile(path(of: name)) != nil else { return false }
        return try mappingFileErrors { () throws(FileError) in
            if try digestOfFile(path(of: name)) == file.sha256 { return true }
            try removeFile(path(of: name))
            return false
        }
    }

    private func failure(_ output: ChildOutput) -> PackageError {
        AptFailure(configuration: configuration, sources: plan.request.sources)
            .error(output.outputText + output.errorText, otherwise: .sourceUnreachable)
    }

    private func checkSpace(for files: [RemoteFile]) throws(PackageError) {
        var status = statvfs()
        guard statvfs(configuration.archivesFolder, &status) == 0 else { return }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let needed = files.reduce(UInt64(0)) { $0 &+ UInt64($1.size) }
        let reserve = Ahead.isOn ? UInt64(status.f_blocks) &* UInt64(status.f_frsize) / Self.reservedPart : 0
        guard free.overflow || needed &+ reserve < free.partialValue else {
            let kept = reserve > 0 ? " besides \(reserve >> 20) MiB that stay free" : ""
            throw PackageError(
                .noSpace,
                "'\(configuration.archivesFolder)' has \(free.partialValue >> 20) MiB left, and the plan's "
                    + "package files need \(needed >> 20) MiB\(kept)")
        }
    }

    /// What is downloaded ahead of its time leaves a tenth of the disk free: nobody has vouched for it yet.
    private static let reservedPart: UInt64 = 10

    /// Takes a package file from a source on this machine: apt would use it where it lies, where it can
    /// still change.
    private func copy(_ file: RemoteFile) throws(PackageError) {
        guard let name = file.safeName, let origin = file.localPath else {
            throw PackageError(.sourceUnreachable, "cannot use '\(file.uri)' as a package file")
        }
        let partial = "\(configuration.archivesFolder)/partial/\(name)"
        let digest: Digest
        do {
            digest = try copyFile(origin, to: partial)
        } catch {
            let code: PackageError.Code = error.isLackOfSpace ? .noSpace : .sourceUnreachable
            throw PackageError(code, error.message)
        }
        guard digest == file.sha256 else {
            throw PackageError(
                .sourceUnreachable, "'\(origin)' has the digest \(digest), and its source says \(file.sha256)"
            )
        }
        try mappingFileErrors { () throws(FileError) in
            try renameFile(partial, to: "\(configuration.archivesFolder)/\(name)")
        }
    }

    private func checkDigest(of change: PackageChange) throws(PackageError) {
        let native = inventory.native
        let wanted = plan.request.sha256.first { change.id.answers($0.key, native: native) }?.value
        guard let wanted else { return }
        guard let path = name(of: change).map(path(of:)) else { return }
        let found = try mappingFileErrors { () throws(FileError) in try digestOfFile(path) }
        guard found != wanted else { return }
        // What is not wanted must not be found by the next attempt.
        try mappingFileErrors { () throws(FileError) in try removeFile(path) }
        throw PackageError(
            .digestMismatch,
            "'\(change.id)' was offered with the digest \(found), and the baseline says \(wanted)",
            packages: [change.id.description])
    }
}

/// A package file that apt would fetch, as `apt-get --print-uris` lists it: `'URI' name size SHA256:digest`.
struct RemoteFile: Equatable {
    let uri: String
    /// The file's name in apt's folder of archives.
    let name: String
    /// In bytes.
    let size: Int
    let sha256: Digest

    static func parse(_ output: String) -> [RemoteFile] {
        output.lines().compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 4, words[0].first == "'", words[0].last == "'", words[0].count > 2,
                let size = Int(words[2]), size >= 0, words[3].hasPrefix("SHA256:"),
                let digest = Digest(words[3].dropFirst(7))
            else { return nil }
            return RemoteFile(
                uri: String(words[0].dropFirst().dropLast()), name: String(words[1]), size: size,
                sha256: digest)
        }
    }

    /// The name, if it names a file in a folder and nothing else.
    var safeName: String? {
        name.utf8.contains(UInt8(ascii: "/")) || name.utf8.first == UInt8(ascii: ".") ? nil : name
    }

    /// The path of a `file:` URI, with `%xx` read back; nil for another one.
    var localPath: String? {
        guard uri.hasPrefix("file:") else { return nil }
        var rest = Array(uri.utf8.dropFirst(5))[...]
        if rest.starts(with: Array("//".utf8)) { rest = rest.dropFirst(2) }
        var path: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count >= 2,
                let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                path.append(byte)
                continue
            }
            path.append(decoded)
            rest = rest.dropFirst(2)
        }
        return path.first == UInt8(ascii: "/") ? String(decoding: path, as: UTF8.self) : nil
    }
}
