/// A small package to build: a name, a version, and what a test or the demo needs of it.
package struct SandboxPackage: Hashable, Sendable {
    package var name: String
    package var version: String
    package var architecture: String
    /// The field `Source`, such as `foo` or `foo (2.0)`; nil where it is the package itself.
    package var source: String?
    /// The field `Depends`.
    package var depends: String?
    /// Further lines of the control file, such as `Essential: yes`.
    package var fields: [String]
    /// Files by their absolute path; those below `/etc` become conffiles.
    package var files: [String: String]
    /// Maintainer scripts by their name (`postinst`, …), for `/bin/sh`.
    package var scripts: [String: String]

    package init(
        _ name: String, _ version: String, architecture: String = "all", source: String? = nil,
        depends: String? = nil, fields: [String] = [], files: [String: String]? = nil,
        scripts: [String: String] = [:]
    ) {
        self.name = name
        self.version = version
        self.architecture = architecture
        self.source = source
        self.depends = depends
        self.fields = fields
        self.files = files ?? ["/usr/share/\(name)-\(architecture)/version": version + "\n"]
        self.scripts = scripts
    }

    /// The control file (deb-control(5)).
    var control: String {
        var lines = [
            "Package: \(name)", "Version: \(version)", "Architecture: \(architecture)",
            "Maintainer: Nobody <nobody@example.com>", "Description: a package to try Plimsoll with",
        ]
        if let source { lines.append("Source: \(source)") }
        if let depends { lines.append("Depends: \(depends)") }
        return (lines + fields).joined(separator: "\n") + "\n"
    }

    /// Paths of files that dpkg treats as configuration.
    var conffiles: [String] { files.keys.filter { $0.hasPrefix("/etc/") }.sorted() }

    /// The file name in a repository: an epoch's colon has no place there.
    var fileName: String {
        "\(name)_\(version.map { $0 == ":" ? "%3a" : "\($0)" }.joined())_\(architecture).deb"
    }
}
