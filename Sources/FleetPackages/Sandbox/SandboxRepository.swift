package import FleetCore
package import FleetReconciler

/// A small apt repository in a folder: real packages, built by `dpkg-deb` and indexed by `apt-ftparchive`.
///
/// Tests and `plimsoll demo` live on it.
package struct SandboxRepository: Sendable {
    /// The folder, as an absolute path.
    package let path: String

    private static let environment = ["PATH": AptConfiguration.defaultSearchPath, "LC_ALL": "C.UTF-8"]

    /// Makes an empty repository in `path`.
    ///
    /// - Throws: ``PackageError`` if the folder cannot be written, or if dpkg-dev's and apt's tools are not
    ///   installed.
    package init(path: String) async throws(PackageError) {
        self.path = path
        try mappingFileErrors { () throws(FileError) in try makeFolder(path + "/pool") }
        try await index()
    }

    /// Builds packages and indexes all that the repository then has.
    ///
    /// - Throws: ``PackageError`` if a tool fails.
    package func add(_ packages: [SandboxPackage]) async throws(PackageError) {
        for package in packages { try await build(package) }
        try await index()
    }

    /// Takes package files away, as a mirror does that only keeps the newest.
    package func remove(_ packages: [SandboxPackage]) async throws(PackageError) {
        try mappingFileErrors { () throws(FileError) in
            for package in packages { try removeFile(filePath(of: package)) }
        }
        try await index()
    }

    /// The package's file in the pool.
    package func filePath(of package: SandboxPackage) -> String { "\(path)/pool/\(package.fileName)" }

    /// The digest of a package's file.
    package func digest(of package: SandboxPackage) throws(PackageError) -> Digest {
        try mappingFileErrors { () throws(FileError) in try digestOfFile(filePath(of: package)) }
    }

    /// A source list with this repository, in deb822 form. Nothing signs it: it is trusted by its path.
    package var sourceList: String {
        "Types: deb\nURIs: file:\(path)\nSuites: ./\nTrusted: yes\n"
    }

    private func build(_ package: SandboxPackage) async throws(PackageError) {
        let tree = "\(path)/build"
        _ = try await Self.run(["rm", "-rf", tree])
        try mappingFileErrors { () throws(FileError) in
            try makeFolder(tree + "/DEBIAN")
            try writeFile(tree + "/DEBIAN/control", package.control)
            if !package.conffiles.isEmpty {
                try writeFile(tree + "/DEBIAN/conffiles", package.conffiles.joined(separator: "\n") + "\n")
            }
            for (name, script) in package.scripts {
                try writeFile("\(tree)/DEBIAN/\(name)", "#!/bin/sh\n\(script)\n", mode: 0o755)
            }
            for (file, content) in package.files {
                if let slash = file.lastIndex(of: "/") { try makeFolder(tree + file[..<slash]) }
                try writeFile(tree + file, content)
            }
        }
        _ = try await Self.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, filePath(of: package)])
        _ = try await Self.run(["rm", "-rf", tree])
    }

    private func index() async throws(PackageError) {
        let packages = try await Self.run([
            "sh", "-c", #"cd "$1" && exec apt-ftparchive packages pool"#, "sh", path,
        ])
        try mappingFileErrors { () throws(FileError) in try writeFile(path + "/Packages", packages) }
        let release = try await Self.run([
            "sh", "-c", #"cd "$1" && exec apt-ftparchive release ."#, "sh", path,
        ])
        try mappingFileErrors { () throws(FileError) in try writeFile(path + "/Release", release) }
    }

    private static func run(_ arguments: [String]) async throws(PackageError) -> String {
        let result = try await runChild(arguments, environment: environment)
        guard result.succeeded else {
            throw PackageError(
                .unreadable,
                "'\(arguments.joined(separator: " "))' ended with \(result.status): \(result.errorText)")
        }
        return result.outputText
    }
}
