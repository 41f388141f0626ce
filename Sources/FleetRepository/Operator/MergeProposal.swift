package import FleetCore

/// The commit that a merge would make. It is in the temporary clone alone, and signed by nobody.
package struct MergeProposal: Hashable, Sendable {
    package let base: CommitID
    package let head: CommitID
    let result: CommitID
}

extension FleetClone {
    /// Merges `head` into `base`, as a pull request is merged: into one commit after `base`.
    ///
    /// - Throws: ``OperatorError``: `invalid` if the two conflict.
    package func proposal(merging head: CommitID, into base: CommitID) throws(OperatorError) -> MergeProposal
    {
        let git = StockGit(folder: clone.repository.folder)
        let merged = try git.attempt(["merge-tree", "--write-tree", "--name-only", base.hex, head.hex])
        let lines = merged.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard merged.exitCode <= 1, let tree = lines.first else {
            throw OperatorError(
                .failure, "git could not merge \(head.short) into \(base.short): \(merged.errors)")
        }
        guard merged.exitCode == 0 else {
            let files = lines.dropFirst().prefix { !$0.isEmpty }.joined(separator: ", ")
            throw OperatorError(
                .invalid, "\(head.short) and \(base.short) conflict in \(files): merge or rebase first")
        }
        let name = try git.run(
            "-c", "user.name=plimsoll", "-c", "user.email=plimsoll@localhost", "commit-tree", tree, "-p",
            base.hex,
            "-p", head.hex, "-m", "merge")
        guard let result = CommitID(name) else {
            throw OperatorError(.failure, "git did not name the merge")
        }
        return MergeProposal(base: base, head: head, result: result)
    }
}

/// Two commits of a work tree: what is asked to be merged into what.
package struct CommitRange: Hashable, Sendable {
    package let base: CommitID
    package let head: CommitID

    /// Resolves `BASE..HEAD` in a clone; a side that is left out is the remote branch, as the clone knows it,
    /// or the clone's `HEAD`.
    ///
    /// - Parameters:
    ///   - text: nil stands for both sides left out.
    ///   - isClone: whether the branch is that of a remote.
    ///   - tip: the tip of the remote branch, if that was asked.
    package init(
        _ text: String?, in folder: String, branch: String, isClone: Bool, tip: CommitID?
    ) throws(OperatorError) {
        let git = StockGit(folder: folder)
        let (base, head) = try Self.sides(of: text ?? "..")
        if !base.isEmpty {
            self.base = try Self.commit(base, git)
        } else if let tip {
            self.base = tip
        } else {
            self.base = try Self.commit(
                isClone ? "refs/remotes/origin/\(branch)" : "refs/heads/\(branch)", git)
        }
        self.head = try Self.commit(head.isEmpty ? "HEAD" : head, git)
    }

    private static func sides(of text: String) throws(OperatorError) -> (base: String, head: String) {
        guard let dots = text.firstRange(of: "..") else { return (text, "") }
        let (base, head) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
        guard !head.contains(".."), !head.hasPrefix(".") else {
            throw OperatorError(
                .usage, "'\(text)': expected BASE..HEAD with two dots, such as origin/main..HEAD")
        }
        return (base, head)
    }

    /// Resolves the name of a commit, as git knows it in a folder.
    static func commit(_ name: String, _ git: StockGit) throws(OperatorError) -> CommitID {
        let found = try git.attempt([
            "rev-parse", "--quiet", "--verify", "--end-of-options", "\(name)^{commit}",
        ])
        guard found.exitCode == 0, let commit = CommitID(found.output) else {
            throw OperatorError(.usage, "'\(name)' names no commit in '\(git.folder)'")
        }
        return commit
    }
}
