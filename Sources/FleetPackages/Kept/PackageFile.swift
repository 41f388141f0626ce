internal import FleetCore
internal import FleetReconciler

/// A package file (`.deb`), read by `dpkg-deb`.
struct PackageFile {
    let path: String

    private static let environment = ["PATH": AptConfiguration.defaultSearchPath, "LC_ALL": "C.UTF-8"]

    /// The name that apt gives a package file in its archives: name, version and architecture, with what they
    /// cannot hold written `%xx`.
    static func archiveName(of id: PackageID, _ version: PackageVersion) -> String {
        let parts = ["\(id.name)", "\(version)", "\(id.architecture)"].map { part in
            part.map { $0 == ":" ? "%3a" : $0 == "_" ? "%5f" : "\($0)" }.joined()
        }
        return parts.joined(separator: "_") + ".deb"
    }

    /// The fields of its control file, without an empty line.
    func control() async throws(PackageError) -> String {
        let output = try await runChild(["dpkg-deb", "--field", path], environment: Self.environment)
        guard output.succeeded else {
            throw PackageError(.unreadable, "'\(path)' is no package file: \(output.errorText.prefix(500))")
        }
        return output.outputText.lines()
            .joined(separator: "\n")
    }

    /// Whether it is a whole published file of this package in this version: what it holds can be unpacked,
    /// and so has the checksums of its compression.
    func isWhole(_ id: PackageID, _ version: PackageVersion) async -> Bool {
        guard await isFile(of: id, version) else { return false }
        let output = try? await runChild(
            ["sh", "-c", #"exec dpkg-deb --fsys-tarfile "$1" >/dev/null"#, "sh", path],
            environment: Self.environment)
        return output?.succeeded ?? false
    }

    /// The field of the control file that tells a rebuilt package file from a published one, wherever it
    /// lies.
    static let rebuiltField = "Plimsoll-Rebuilt"

    /// Whether it says that it is this package in this version, and published, or rebuilt on a node.
    func isFile(of id: PackageID, _ version: PackageVersion, isRebuilt: Bool = false) async -> Bool {
        let format = "${Package}:${Architecture} ${Version} ${\(Self.rebuiltField)}"
        let output = try? await runChild(
            ["dpkg-deb", "--show", "--showformat=\(format)", path], environment: Self.environment)
        let expected = "\(id) \(version) \(isRebuilt ? "yes" : "")"
        return output?.succeeded == true && output?.outputText == expected
    }
}
