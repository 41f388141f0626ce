package import FleetCore

/// A person's word for a history in which something is not authentic, before it is signed: what the word is
/// about.
package struct HistoryVouching: Sendable {
    /// The last authentic commit, with which nodes go on.
    package let last: CommitID
    /// The branch's tip.
    package let tip: CommitID
    /// The commit that is not authentic, and why.
    package let failure: TrustError
    /// Every commit that the word is about, newest first: id, author and subject, made fit for a terminal.
    package let commits: [String]
    /// How the tip's files differ from those of the last authentic commit, made fit for a terminal.
    package let changes: [String]
    /// Whether all of `changes` is there; a very long one is cut off.
    package let isWhole: Bool
    /// Whether the tip's files are left out.
    package let isDiscarding: Bool
    /// What the merge must name; nil where the fleet asks for nothing.
    let branch: FleetBranch?
    /// What was found of the branch.
    let history: HistoryAudit
}

extension FleetClone {
    /// Makes out what vouching for the branch means.
    ///
    /// - Parameter isDiscarding: whether what is not authentic shall be left out.
    /// - Returns: nil if the branch is authentic.
    /// - Throws: ``OperatorError``: `notAuthentic` if the introduction is not on the branch.
    package func vouching(
        from introduction: CommitID?, isDiscarding: Bool
    ) throws(OperatorError) -> HistoryVouching? {
        let history = try audit(from: introduction)
        guard let failure = history.failure else { return nil }
        let git = StockGit(folder: clone.repository.folder)
        let commits = try git.run(
            "rev-list", "--no-commit-header", "--format=%H %an: %s", "\(history.last)..\(history.tip)")
        // Plumbing: neither attributes nor the configuration of whoever reads may hide a line.
        let changes = try git.attempt([
            "diff-tree", "-r", "-p", "--stat", "--no-renames", "--text", "--no-ext-diff", "--no-textconv",
            history.last.hex, history.tip.hex,
        ])
        guard changes.exitCode == 0 else {
            throw OperatorError(
                .failure,
                "git could not compare \(history.last.short) and \(history.tip.short): \(changes.errors)")
        }
        return HistoryVouching(
            last: history.last, tip: history.tip, failure: failure, commits: TerminalText.lines(commits),
            changes: TerminalText.lines(changes.output),
            isWhole: changes.output.utf8.count < StockGit.outputLimit / 2,
            isDiscarding: isDiscarding, branch: try trustSettings(after: history.ground).branch,
            history: history)
    }

    /// What a commit on top of this one must fulfil.
    func trustSettings(after commit: CommitID) throws(OperatorError) -> TrustSettings {
        do throws(GitError) {
            return try TrustBook(clone).settings(after: commit)
        } catch {
            throw OperatorError(error)
        }
    }

    /// Signs the merge that heals the branch, in the operator's repository: first parent the last authentic
    /// commit, second parent the tip. Nothing is pushed, and no reference changed.
    ///
    /// - Returns: the merge, and what waits for approval with it; nil where nothing does.
    /// - Throws: ``OperatorError``: `notAuthentic` if no node would believe it.
    package func sign(
        _ vouching: HistoryVouching, with key: SigningKeyChoice, by git: StockGit
    ) throws(OperatorError) -> (commit: CommitID, pending: PendingApproval?) {
        try git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", clone.repository.folder,
            FleetReferences.branch)
        let tree = vouching.isDiscarding ? vouching.last : vouching.tip
        let made = try git.run(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.setting)", "commit-tree", "-S",
            "-p", vouching.last.hex, "-p", vouching.tip.hex, "-m", vouching.message, "\(tree.hex)^{tree}")
        guard let id = CommitID(made) else {
            throw OperatorError(.failure, "git did not name the commit that it made")
        }
        try git.run("push", "--quiet", clone.repository.folder, "\(id.hex):refs/plimsoll/vouched")
        let verdict: ChainVerdict
        do throws(GitError) {
            var authenticator = ChainAuthenticator(clone)
            verdict = try authenticator.verify(
                vouching.history.unsettled + [id], after: vouching.history.settled)
        } catch {
            throw OperatorError(error)
        }
        guard let refusal = verdict.failure else { return (id, verdict.pending) }
        let hint = refusal.code == .bringsUnauthentic ? "; leave it out by '--discard'" : ""
        throw OperatorError(.notAuthentic, "no node would believe the merge: \(refusal.message)\(hint)")
    }
}

extension HistoryVouching {
    fileprivate var message: String {
        let what = isDiscarding ? "Leave out" : "Vouch for"
        return """
            \(what) what came after \(last.short)

            Commit \(failure.commit.hex) is not authentic: \(failure.message).\(branch.paragraph)
            """
    }
}

extension FleetBranch? {
    /// The end of a message: the trailer, where the fleet asks for it, in a paragraph of its own.
    package var paragraph: String { map { "\n\n\($0.trailer)" } ?? "" }
}
