/// A digest together with the commit that brought it to the branch.
///
/// Proofs and failures are about a declaration, never about a digest alone: a revert of a revert brings the
/// same digest back, and must pass the gate again.
package struct Declaration: Hashable, Sendable {
    package let digest: Digest
    package let commit: CommitID

    package init(digest: Digest, commit: CommitID) {
        self.digest = digest
        self.commit = commit
    }

    package var json: JSONValue { ["digest": JSONValue(digest), "commit": JSONValue(commit)] }

    /// - Returns: nil unless `json` has a digest and a commit.
    package init?(json: JSONValue?) {
        guard let digest = json?["digest"]?.string.flatMap(Digest.init),
            let commit = json?["commit"]?.string.flatMap(CommitID.init)
        else { return nil }
        self.init(digest: digest, commit: commit)
    }
}

extension Declaration: CustomStringConvertible {
    package var description: String { "\(digest.short) of \(commit.short)" }
}
