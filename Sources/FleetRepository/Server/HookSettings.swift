package import FleetCore

/// What the hook of a bare repository must know, kept in the repository's own configuration.
package struct HookSettings: Hashable, Sendable {
    /// The branch that nodes follow.
    package var branch: String
    /// The commit from which history is trusted, as nodes pin it.
    package var introduction: CommitID
    /// The bare repository that has the branch, where this one is for reports alone; nil is this one.
    package var fleet: String?

    package init(branch: String, introduction: CommitID, fleet: String?) {
        self.branch = branch
        self.introduction = introduction
        self.fleet = fleet
    }

    static let branchKey = "plimsoll.branch"
    static let introductionKey = "plimsoll.introduction"
    static let fleetKey = "plimsoll.fleet"

    /// Reads them from the repository's own configuration file; nothing else that git is configured with
    /// counts.
    ///
    /// - Throws: ``OperatorError``: `invalid` where one is missing or wrong.
    init(of repository: borrowing GitRepository) throws(OperatorError) {
        do {
            let text = try repository.setting(Self.introductionKey) ?? ""
            guard let introduction = CommitID(text) else {
                throw OperatorError(
                    .invalid,
                    "'\(Self.introductionKey)' in the configuration of '\(repository.folder)' is '\(text)'; "
                        + "expected \(CommitID.expected): run 'plimsoll hook install' there")
            }
            self.introduction = introduction
            branch = try repository.setting(Self.branchKey) ?? "main"
            fleet = try repository.setting(Self.fleetKey)
        } catch {
            throw OperatorError(error)
        }
    }

    /// Writes them.
    func write(to repository: borrowing GitRepository) throws(GitError) {
        try repository.set(Self.branchKey, to: branch)
        try repository.set(Self.introductionKey, to: introduction.hex)
        try repository.set(Self.fleetKey, to: fleet)
    }
}
