internal import FleetCore

/// All that an operator should know of a fleet repository before a merge: whether its files are right, and
/// who is trusted.
package enum RepositoryValidation {
    /// Validates the whole tree.
    ///
    /// - Parameters:
    ///   - before: the tree before a change: then the change must not loosen a gate and bring what the gate
    ///     is for.
    ///   - history: the commits behind the tree; nil where there are none.
    ///   - knownZones: the names of a time zone database; nil where there is none to compare with.
    /// - Throws: `FileTreeError` if a tree cannot be read now; what is wrong with its content is a problem.
    package static func validate(
        _ tree: any FileTree, since before: (any FileTree)? = nil,
        history: ValidationHistory? = nil, knownZones: Set<String>? = nil
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
        var zones = ZoneExamination(files: files, known: knownZones ?? [])
        if knownZones != nil { try zones.run() }
        let loosened = try before.map { before throws(FileTreeError) in
            try LooseningExamination(from: before, to: tree).groups()
        }
        let refused = (loosened ?? []).filter(\.changesBaseline).flatMap(\.problems)
        let told = (loosened ?? []).filter { !$0.changesBaseline }.flatMap(\.problems)
        let short = try WindowLengthExamination(files: files).warnings()
        let late = try RolloutTimeExamination(files: files).warnings()
        let void = try history.map { history throws(FileTreeError) in
            try ProceedExamination(files: files, history: history).warnings()
        }
        return Validation(
            problems: format.problems + trust.problems + zones.problems + refused,
            warnings: format.warnings + trust.warnings + told + late + short
                + (void ?? []))
    }
}
