internal import FleetCore

/// What `plimsoll validate` judges: files, and what they are compared with.
package struct ValidationSubject {
    package let tree: any FileTree
    /// The tree before the change; nil where there is none to compare with.
    package let before: (any FileTree)?
    /// The commits behind the tree; nil where there are none.
    package let history: ValidationHistory?

    /// The files of a folder as they are, committed or not, compared with the newest commit if the folder is
    /// the work tree of a Git repository.
    ///
    /// - Throws: ``OperatorError``: `usage` if there is no such folder; also if git cannot be asked.
    package init(folder: String) throws(OperatorError) {
        let folderTree = DirectoryTree(root: folder)
        guard folderTree.exists else {
            throw OperatorError(
                .usage, "'\(folder)' is no folder; expected that of a fleet repository, or BASE..HEAD")
        }
        tree = folderTree
        let git = StockGit(folder: folder)
        let prefix = try git.attempt(["rev-parse", "--show-prefix"])
        let tip = try git.attempt(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        // In a folder below a work tree the paths of the commit are others.
        guard prefix.exitCode == 0, prefix.output.isEmpty, tip.exitCode == 0,
            let head = CommitID(tip.output)
        else {
            before = nil
            history = nil
            return
        }
        let committed = try Self.tree(of: head, git)
        before = committed
        history = ValidationHistory(clone: committed.clone, commit: head)
    }

    /// What a range of commits brings: the files of its end, compared with the commit at which it left the
    /// branch that it is for.
    ///
    /// - Throws: ``OperatorError``: `usage` if one of them is no commit of the repository.
    package init(range: String, folder: String) throws(OperatorError) {
        guard let (base, head) = Self.ends(of: range) else {
            throw OperatorError(.usage, "'\(range)' is no range of commits; expected BASE..HEAD")
        }
        let git = StockGit(folder: folder)
        let end = try Self.commit(head, git)
        let start = try Self.commit(base, git)
        let fork = try git.attempt(["merge-base", start.hex, end.hex])
        guard fork.exitCode == 0, let before = CommitID(fork.output) else {
            throw OperatorError(.usage, "'\(base)' and '\(head)' have no commit in common")
        }
        self.before = try Self.tree(of: before, git)
        let committed = try Self.tree(of: end, git)
        tree = committed
        history = ValidationHistory(clone: committed.clone, commit: end)
    }

    /// Whether an argument is meant as a range of commits, and not as a folder such as `../fleet`.
    package static func isRange(_ text: String) -> Bool { ends(of: text) != nil }

    /// The two ends; the second is `HEAD` where nothing is written.
    private static func ends(of range: String) -> (base: String, head: String)? {
        guard let dots = range.firstRange(of: "..") else { return nil }
        let base = String(range[..<dots.lowerBound])
        let head = String(range[dots.upperBound...])
        guard !base.isEmpty, !base.hasSuffix("/"), !base.hasPrefix("-"), !head.hasPrefix("/"),
            !head.hasPrefix(".")
        else { return nil }
        return (base, head.isEmpty ? "HEAD" : head)
    }

    private static func commit(_ name: String, _ git: StockGit) throws(OperatorError) -> CommitID {
        let found = try git.attempt([
            "rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}",
        ])
        guard found.exitCode == 0, let commit = CommitID(found.output) else {
            let why = found.errors.isEmpty ? "no such commit" : found.errors
            throw OperatorError(.usage, "'\(name)' in '\(git.folder)': \(why)")
        }
        return commit
    }

    private static func tree(of commit: CommitID, _ git: StockGit) throws(OperatorError) -> CommitTree {
        let folder = try git.run("rev-parse", "--path-format=absolute", "--git-common-dir")
        do {
            return CommitTree(clone: Clone(try GitRepository(open: folder)), commit: commit)
        } catch {
            throw OperatorError(.failure, error.description)
        }
    }
}
