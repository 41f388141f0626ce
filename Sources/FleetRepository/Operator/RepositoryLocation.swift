internal import Glibc

/// Where a command finds the fleet: what `--repository` names.
package struct RepositoryLocation: Hashable, Sendable {
    /// The repository that is asked, for the branch and for the reports.
    package let remote: RemoteURL
    /// The objects of the clone in which the operator works: what is there need not be fetched again.
    let objects: String?
    /// The folder that was named, and the objects of the repository in it; nil for a URL.
    package let folder: String?
    let ownObjects: String?
    /// Whether it is a clone, whose branch and reports are at its remote.
    package var isClone: Bool { objects != nil }
    /// The commit that this clone has on the branch, to tell the remote what need not be sent.
    let known: String?

    /// Resolves a path or URL.
    ///
    /// A path to a clone that has a remote `origin` stands for that remote: only there the nodes' reports
    /// are. A path to any other repository, and each URL (`file://` too), stands for itself.
    ///
    /// - Throws: ``OperatorError`` if there is no repository at the path, or the text is neither path nor
    ///   URL.
    package init(_ text: String, branch: String) throws(OperatorError) {
        guard let folder = Self.folder(text) else {
            do {
                remote = try RemoteURL(text)
            } catch {
                throw OperatorError(.usage, "'\(text)' is no folder, and as a URL: \(error.message)")
            }
            objects = nil
            known = nil
            self.folder = nil
            ownObjects = nil
            return
        }
        let git = StockGit(folder: folder)
        let place = try git.attempt([
            "rev-parse", "--path-format=absolute", "--git-dir", "--git-path", "objects",
        ])
        let lines = place.output.split(separator: "\n").map(String.init)
        guard place.exitCode == 0, lines.count == 2 else {
            throw OperatorError(
                .usage,
                "'\(text)' is no Git repository; name the fleet repository by '--repository PATH-or-URL': "
                    + place.errors)
        }
        let origin = try git.attempt(["remote", "get-url", "origin"])
        let tip = try git.attempt(["rev-parse", "--quiet", "--verify", "refs/heads/\(branch)^{commit}"])
        let isClone = origin.exitCode == 0
        do {
            remote = try isClone ? Self.remote(origin.output, of: folder) : RemoteURL(lines[0])
        } catch {
            throw OperatorError(.usage, "the remote 'origin' of '\(text)': \(error.message)")
        }
        objects = isClone ? lines[1] : nil
        self.folder = folder
        ownObjects = lines[1]
        known = isClone && tip.exitCode == 0 ? tip.output : nil
    }

    /// The folder that a text names, from the root; nil if there is none.
    private static func folder(_ text: String) -> String? {
        var status = stat()
        guard !text.contains("://"), !text.utf8.contains(0), stat(text, &status) == 0,
            status.st_mode & S_IFMT == S_IFDIR, let resolved = realpath(text, nil)
        else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A remote as a clone's configuration has it; a path in it is relative to the clone.
    private static func remote(_ text: String, of folder: String) throws(NetworkError) -> RemoteURL {
        if !text.contains("://"), !text.hasPrefix("/"), let path = Self.folder("\(folder)/\(text)") {
            return try RemoteURL(path)
        }
        return try RemoteURL(text)
    }
}
