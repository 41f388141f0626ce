internal import FleetCore

/// Names for the commits of one push: `refs/plimsoll/outgoing/0` and so on. Only the holder of the state lock
/// pushes.
///
/// What a killed child leaves is overwritten by the next push and removed by `CloneMaintenance`.
struct OutgoingReferences {
    /// Where they stand.
    static let prefix = "refs/plimsoll/outgoing/"

    /// The names, in the order of the commits.
    let names: [String]

    init(_ commits: [CommitID], in repository: borrowing GitRepository) throws(GitError) {
        names = commits.indices.map { "\(Self.prefix)\($0)" }
        for (name, commit) in zip(names, commits) { try repository.setReference(name, to: commit) }
    }

    func remove(from repository: borrowing GitRepository) {
        // A name that stays does no harm, and must not turn what the server accepted into a failure.
        for name in names { _ = try? repository.deleteReference(name) }
    }
}
