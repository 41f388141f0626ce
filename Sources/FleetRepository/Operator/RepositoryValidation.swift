internal import FleetCore

/// All that an operator should know of a fleet repository before a merge: whether its files are right, who is
/// trusted, and what this release does not do yet.
package enum RepositoryValidation {
    /// Validates the whole tree.
    ///
    /// - Parameter knownZones: the names of a time zone database; nil where there is none to compare with.
    /// - Throws: `FileTreeError` if the tree cannot be read now; what is wrong with its content is a problem.
    package static func validate(
        _ tree: any FileTree, knownZones: Set<String>? = nil
    ) throws(FileTreeError) -> Validation {
        let format = try FleetValidator.validate(tree)
        let files = FleetFiles(tree: tree)
        if case .success(let bytes) = try files.bytes(Layout.fleet),
            let needed = FleetFile.requiredAgent(bytes),
            needed > .current
        {
            // What this program finds wrong may be right in the newer one.
            return format
        }
        var trust = TrustExamination(files: files)
        try trust.run()
        var limits = ReleaseLimits(files: files)
        try limits.run()
        var zones = ZoneExamination(files: files, known: knownZones ?? [])
        if knownZones != nil { try zones.run() }
        return Validation(
            problems: format.problems + trust.problems + limits.problems + zones.problems,
            warnings: format.warnings + trust.warnings + limits.warnings)
    }
}
