internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The kept package files in a folder of the node's own: each under its digest, and a manifest of them.
///
/// A file is believed only if the manifest names it, and used only if its bytes have the digest. So what a
/// crash leaves half done, or a disk damages, is never installed. One process at a time writes: the one that
/// holds the node's lock.
struct PackageStore {
    let folder: String

    init(_ configuration: AptConfiguration) { folder = configuration.store }

    private var manifest: String { folder + "/manifest.json" }
    /// Where files are made before they are kept; empty between two calls of ``open()``.
    var incoming: String { folder + "/incoming" }

    private static let format: Int64 = 1
    private static let largestManifest = 16 << 20

    func path(of package: KeptPackage) -> String { "\(folder)/\(package.fileName)" }

    /// What is kept, oldest first. A manifest that is missing or damaged is that of an empty store:
    /// everything is kept anew then.
    func packages() -> [KeptPackage] {
        guard let bytes = try? readFile(manifest, limit: Self.largestManifest),
            let document = try? JSONValue(parsing: bytes), let content = document["manifest"],
            document["checksum"]?.string == Digest(of: content.canonicalBytes).hex,
            content["format"]?.integer == Self.format, let list = content["packages"]?.array
        else { return [] }
        return list.compactMap(KeptPackage.init(json:)).sorted { $0.number < $1.number }
    }

    /// Whether the file of a kept package is there, with the bytes that were kept.
    func isWhole(_ package: KeptPackage) -> Bool {
        let path = path(of: package)
        guard let size = sizeOfFile(path), Int64(size) == package.size else { return false }
        return (try? digestOfFile(path)) == package.digest
    }

    /// Makes the folder, for its owner alone.
    func makeOwnFolder() throws(FileError) {
        try makeFolder(folder)
        guard chmod(folder, 0o700) == 0 else {
            throw FileError(operation: "set the mode of", path: folder, code: errno)
        }
    }

    /// Makes the folders, and removes what a crash left of files that were about to be kept.
    func open() async throws(PackageError) {
        try mappingFileErrors { () throws(FileError) in try makeOwnFolder() }
        _ = try await runChild(["/bin/rm", "-rf", "--", incoming], environment: [:])
        try mappingFileErrors { () throws(FileError) in try makeFolder(incoming) }
    }

    /// Takes a file from the folder of incoming ones, under its digest; the manifest does not know it yet.
    ///
    /// - Parameter isDurable: whether it must be on the disk once this returns.
    func take(
        _ path: String, _ id: PackageID, _ version: PackageVersion, from origin: KeptPackage.Origin,
        isDurable: Bool
    ) throws(FileError) -> KeptPackage {
        if isDurable { try flushToDisk(path) }
        let package = KeptPackage(
            id: id, version: version, digest: try digestOfFile(path), size: Int64(sizeOfFile(path) ?? 0),
            origin: origin)
        try renameFile(path, to: self.path(of: package))
        return package
    }

    /// Writes the manifest durably, in this order, and removes the files that are not in it.
    func write(_ packages: [KeptPackage]) throws(FileError) {
        let content: JSONValue = [
            "format": .number(Self.format), "packages": .array(packages.map(\.json)),
        ]
        let document: JSONValue = [
            "checksum": JSONValue(Digest(of: content.canonicalBytes)), "manifest": content,
        ]
        // The names of the files first, then what believes in them.
        try flushToDisk(folder)
        try writeFile(
            manifest + ".tmp", String(decoding: document.documentBytes, as: UTF8.self), mode: 0o600)
        try flushToDisk(manifest + ".tmp")
        try renameFile(manifest + ".tmp", to: manifest)
        try flushToDisk(folder)
        let known = Set(packages.map(\.fileName))
        for name in try namesInFolder(folder) where name.hasSuffix(".deb") && !known.contains(name) {
            try removeFile("\(folder)/\(name)")
        }
    }
}

/// Waits until a file's bytes, or a folder's names, are on the disk.
func flushToDisk(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "flush", path: path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(operation: "flush", path: path, code: errno) }
}
