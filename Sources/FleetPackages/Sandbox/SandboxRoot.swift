internal import FleetCore
package import FleetReconciler

/// A tree that dpkg and apt take for a machine: an empty database and an empty configuration.
///
/// Real packages are installed in it by real transactions, and nothing of the host is touched. It has no
/// shell: maintainer scripts run on the host, with `DPKG_ROOT` naming the tree.
package struct SandboxRoot: Sendable {
    /// The tree's root, as an absolute path.
    package let path: String

    /// Makes the tree in `path`.
    ///
    /// - Parameters:
    ///   - sources: the system's own source lists in deb822 form, by their name.
    ///   - foreignArchitectures: those that packages may have besides the machine's own.
    ///   - osRelease: the content of os-release(5), if the tree shall have one.
    /// - Throws: ``PackageError`` if it cannot be written.
    package init(
        path: String, sources: [String: String] = [:], foreignArchitectures: [String] = [],
        osRelease: String? = nil
    ) throws(PackageError) {
        self.path = path
        let folders = [
            "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial", "var/log/apt", "etc/apt/apt.conf.d", "etc/apt/preferences.d",
            "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d",
        ]
        try mappingFileErrors { () throws(FileError) in
            for folder in folders { try makeFolder("\(path)/\(folder)") }
            try writeFile(path + "/var/lib/dpkg/status", "")
            if !foreignArchitectures.isEmpty {
                let all = ["\(Architecture.compiled)"] + foreignArchitectures
                try writeFile(path + "/var/lib/dpkg/arch", all.joined(separator: "\n") + "\n")
            }
            for (name, content) in sources {
                try writeFile("\(path)/etc/apt/sources.list.d/\(name).sources", content)
            }
            if let osRelease { try writeFile(path + "/etc/os-release", osRelease) }
        }
    }
}
