internal import FleetCore

/// All that an operator should know of a fleet repository before a merge: whether its files are right, who is
/// trusted, and what this release does not do yet.
package enum RepositoryValidation {
    /// Validates the whole tree.
    ///
    /// - Throws: `FileTreeError` if the tree cannot be read now; what is wrong with its content is a problem.
    package static func validate(_ tree: any FileTree) throws(FileTreeError) -> Validation {
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
        return Validation(
            problems: format.problems + trust.problems + limits.problems,
            warnings: format.warnings + trust.warnings + limits.warnings)
    }
}
