package import FleetCore

/// Who wrote or committed, and when by their clock.
package struct GitIdentity: Hashable, Sendable {
    /// The name.
    package let name: String
    /// The address.
    package let email: String
    /// Seconds since 1970-01-01 UTC.
    package let time: Int64
    /// Minutes by which local time was ahead of UTC.
    package let offsetMinutes: Int

    package init(name: String, email: String, time: Int64, offsetMinutes: Int) {
        self.name = name
        self.email = email
        self.time = time
        self.offsetMinutes = offsetMinutes
    }
}

/// A commit, read and parsed; not yet authenticated.
package struct GitCommit: Hashable, Sendable {
    /// The commit's name.
    package let id: CommitID
    /// Its tree.
    package let treeID: ObjectID
    /// Its parents, the first one first.
    package let parents: [CommitID]
    /// Who wrote the change.
    package let author: GitIdentity
    /// Who made the commit.
    package let committer: GitIdentity
    /// The message, whole; bytes that are not UTF-8 are repaired.
    package let message: String
    /// The signature, if the commit has one.
    package let signature: GitCommitSignature?
}
