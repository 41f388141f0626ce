internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The files that make apt work as a request demands, whatever the machine's own configuration says.
///
/// apt reads the file named by `APT_CONFIG` before the system's configuration, and a file given with
/// `--config-file` after it (apt.conf(5)). Where another root is managed, the first one moves `Dir`, so
/// that nothing of the host's `/etc/apt` is read at all; all that must hold stands in the second.
struct AptOptionFiles {
    let configuration: AptConfiguration

    /// The file for `APT_CONFIG`.
    var earlyFile: String { configuration.workspacePath("early.conf") }
    /// The file for `--config-file`.
    var mainFile: String { configuration.workspacePath("apt.conf") }
    private var preferencesFile: String { configuration.workspacePath("preferences") }
    private var sourcesFolder: String { configuration.workspacePath("sources") }

    /// Writes all files for a request.
    ///
    /// - Parameter origin: whether apt is shown the index of kept files, and whether it sees any source.
    func write(for request: ChangeRequest, from origin: Plan.Origin = .sources) throws(PackageError) {
        for path in [configuration.root, configuration.workspace, configuration.store] {
            guard path.hasPrefix("/"), !path.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") })
            else {
                throw PackageError(
                    .unreadable, "cannot use '\(path)': apt needs an absolute path without quotation marks")
            }
        }
        try mappingFileErrors { () throws(FileError) in
            try makeFolder(configuration.archivesFolder + "/partial")
            try makeFolder(configuration.listsFolder(of: request.sources) + "/partial")
            try writeFile(earlyFile, early)
            try writeFile(mainFile, main(sources: request.sources, from: origin))
            try writeFile(preferencesFile, AptPreferences(request.pins).text)
            if let sources = request.sources { try write(sources) }
        }
    }

    /// Puts exactly these source lists into the folder.
    ///
    /// Undoing may need two lists of one name, that of the declaration which failed and that of the one
    /// before: the second gets a number.
    private func write(_ sources: [SourceList]) throws(FileError) {
        try makeFolder(sourcesFolder)
        var contents: [String: String] = [:]
        for source in sources {
            var name = "\(source.name).sources"
            var number = 1
            while let other = contents[name], other != source.content {
                number += 1
                name = "\(source.name).\(number).sources"
            }
            contents[name] = source.content
        }
        for stale in try namesInFolder(sourcesFolder) where contents[stale] == nil {
            try removeFile("\(sourcesFolder)/\(stale)")
        }
        for (name, content) in contents { try writeFile("\(sourcesFolder)/\(name)", content) }
    }

    private var early: String {
        guard configuration.isAlternateRoot else { return "" }
        // `Dir` alone leaves the status file behind: its default is absolute.
        return """
            Dir "\(configuration.root)";
            Dir::State::status "\(configuration.databaseFolder)/status";

            """
    }

    private func main(sources: [SourceList]?, from origin: Plan.Origin) -> String {
        var lines = [
            // Files that people changed stay; `confdef` takes dpkg's own choice where there is one (dpkg(1)).
            // What must go also goes where an interruption left it unfit for removal.
            "#clear DPkg::Options;",
            "DPkg::Options { \"--force-confdef\"; \"--force-confold\"; \"--force-remove-reinstreq\"; };",
            // A pseudo-terminal would need one, and would hide what scripts write.
            "Dpkg::Use-Pty \"0\";",
            "APT::Install-Recommends \"false\";",
            "APT::Install-Suggests \"false\";",
            // Which node is in a phase is nothing that a baseline knows.
            "APT::Get::Always-Include-Phased-Updates \"true\";",
            "APT::Get::Assume-Yes \"true\";",
            "APT::Get::allow-downgrades \"true\";",
            "APT::Get::AutomaticRemove \"false\";",
            "APT::Color \"false\";",
            "quiet \"1\";",
            "Dir::Etc::Preferences \"\(preferencesFile)\";",
            "Dir::Etc::PreferencesParts \"/dev/null\";",
            "Dir::Cache::archives \"\(configuration.archivesFolder)\";",
            "Dir::Cache::pkgcache \"\(configuration.workspacePath("pkgcache.bin"))\";",
            "Dir::Cache::srcpkgcache \"\(configuration.workspacePath("srcpkgcache.bin"))\";",
            "DPkg::Lock::Timeout \"\(configuration.lockTimeout.seconds)\";",
        ]
        if sources != nil {
            lines += [
                "Dir::Etc::SourceList \"/dev/null\";",
                "Dir::Etc::SourceParts \"\(sourcesFolder)\";",
                "Dir::State::Lists \"\(configuration.listsFolder(of: sources))\";",
                // Otherwise apt only refers to the indexes of a source on this machine: they would go with
                // the stick.
                "Acquire::GzipIndexes \"true\";",
            ]
        }
        if origin != .sources {
            lines.append("APT::Sources::With { \"\(KeptIndex.path(configuration))\"; };")
        }
        if origin == .kept {
            lines += ["Dir::Etc::SourceList \"/dev/null\";", "Dir::Etc::SourceParts \"/dev/null\";"]
        }
        if configuration.isAlternateRoot {
            lines += [
                "DPkg::Options { \(dpkgOptions.map { "\"\($0)\";" }.joined(separator: " ")) };",
                // The user `_apt` may not enter the tree of somebody else.
                "APT::Sandbox::User \"\";",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What dpkg needs to work on another root than its own.
    ///
    /// Without `--log` it would write to the host's log, as the host's dpkg.cfg says. Maintainer scripts
    /// run outside the root, with `DPKG_ROOT` naming it: a small root has no shell of its own. In a tree of
    /// his own anybody may do this; then no file can be given to another user, which dpkg forgives when told.
    var dpkgOptions: [String] {
        guard configuration.isAlternateRoot else { return [] }
        return [
            "--root=\(configuration.root)", "--force-script-chrootless",
            "--log=\(configuration.path("var/log/dpkg.log"))",
        ] + (geteuid() == 0 ? [] : ["--force-not-root"])
    }
}
