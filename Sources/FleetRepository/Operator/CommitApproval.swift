package import FleetCore

/// A person's word that a commit is meant for the branch, before it is signed: what the word is about.
package struct CommitApproval: Sendable {
    /// What is approved.
    package let target: CommitID
    /// The commit on which the empty commit stands that says so.
    package let parent: CommitID
    /// What nodes have already, with which the target is compared.
    package let ground: CommitID
    /// The files that change from the ground to the target, one a line as `git diff --stat` shows them, made
    /// fit for a terminal.
    package let changes: [String]
    /// Whether the target is on the branch already, and waits there.
    package let isOnBranch: Bool
    /// The trailers of the message.
    let trailers: [String]
    /// What was found of the branch.
    let history: HistoryAudit

    /// The message of the commit.
    var message: String { "Approve \(target.short)\n\n\(trailers.joined(separator: "\n"))" }
}

extension FleetClone {
    /// Makes out what approving a commit means.
    ///
    /// - Parameters:
    ///   - name: a commit as the operator's repository knows it; nil is the newest one of the branch that
    ///     waits for approval, or where none does what is checked out.
    ///   - git: the operator's repository.
    /// - Throws: ``OperatorError``: `notAuthentic` if the branch is not, `usage` if there is nothing to
    ///   approve.
    package func approval(
        of name: String?, from introduction: CommitID?, by git: StockGit
    ) throws(OperatorError) -> CommitApproval {
        let history = try audit(from: introduction)
        if let failure = history.failure {
            throw OperatorError(
                .notAuthentic, "\(failure): nothing that stands on it can be; heal it by 'plimsoll vouch'")
        }
        try bringObjects(to: git)
        let settings = try trustSettings(after: history.ground)
        let isWaiting = try areWaiting(after: history.ground)
        let newest = name == nil ? history.pending?.newest : nil
        let head = if let newest { newest } else { try CommitRange.commit(name ?? "HEAD", git) }
        let isOnBranch = history.chain.contains(head)
        let target = isOnBranch ? head : try approved(by: head, git)
        if isOnBranch {
            guard let place = history.chain.firstIndex(of: head),
                let ground = history.chain.firstIndex(of: history.ground), place > ground
            else {
                throw OperatorError(
                    .usage, "\(head.short) is on the branch already, and does not wait for approval there")
            }
        } else if settings.branch == nil, !isWaiting {
            throw OperatorError(
                .usage,
                "the fleet asks for no approval: at \(history.ground.short) 'trust' in \(Layout.fleet) has "
                    + "neither 'branch' nor 'threshold', and \(Layout.trustRules) no 'threshold'")
        }
        let approves = isWaiting ? "\(ApprovalLink.trailerKey): \(target)" : nil
        return CommitApproval(
            target: target, parent: isOnBranch ? history.tip : head, ground: history.ground,
            changes: try Self.changes(from: history.ground, to: target, git), isOnBranch: isOnBranch,
            trailers: [approves, settings.branch?.trailer].compactMap(\.self), history: history)
    }

    /// The commit below the approvals that are on top of it.
    private func approved(by head: CommitID, _ git: StockGit) throws(OperatorError) -> CommitID {
        try git.run(
            "push", "--quiet", "--force", clone.repository.folder, "\(head.hex):refs/plimsoll/topic")
        do throws(GitError) {
            return try ApprovalLink.approved(by: head, in: CommitJudge(clone))
        } catch {
            throw OperatorError(error)
        }
    }

    /// Lets the operator's repository know the commits of the branch as it was fetched.
    private func bringObjects(to git: StockGit) throws(OperatorError) {
        try git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", clone.repository.folder,
            FleetReferences.branch)
    }

    /// Whether a commit on top of this one waits for more signatures than its own.
    private func areWaiting(after commit: CommitID) throws(OperatorError) -> Bool {
        do throws(GitError) {
            return try TrustBook(clone).areWaiting(after: commit)
        } catch {
            throw OperatorError(error)
        }
    }

    private static func changes(
        from ground: CommitID, to target: CommitID, _ git: StockGit
    ) throws(OperatorError) -> [String] {
        // Plumbing: the configuration of whoever reads may hide no file.
        let shown = try git.run(
            "diff-tree", "-r", "--stat=100", "--summary", "--no-renames", "--no-ext-diff", ground.hex,
            target.hex)
        return shown.isEmpty ? [] : TerminalText.lines(shown)
    }

    /// Signs the empty commit in the operator's repository. Nothing is pushed, and no reference changed.
    ///
    /// - Returns: the commit, and what of the branch waits with it; nil where nothing does, or the target is
    ///   not on the branch yet.
    /// - Throws: ``OperatorError``: `usage` if no node would believe the key.
    package func sign(
        _ approval: CommitApproval, with key: SigningKeyChoice, by git: StockGit
    ) throws(OperatorError) -> (commit: CommitID, pending: PendingApproval?) {
        guard try isListed(key.publicKey, at: approval.ground) else {
            throw OperatorError(
                .usage,
                "the key \(key.publicKey.fingerprint) is not in \(Layout.allowedSigners) of "
                    + "\(approval.ground.short): nobody would believe the approval; name one that is by "
                    + "'--key PATH'")
        }
        let made = try git.run(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.setting)", "commit-tree", "-S",
            "-p", approval.parent.hex, "-m", approval.message, "\(approval.parent.hex)^{tree}")
        guard let id = CommitID(made) else {
            throw OperatorError(.failure, "git did not name the commit that it made")
        }
        guard approval.isOnBranch else { return (id, nil) }
        try git.run("push", "--quiet", "--force", clone.repository.folder, "\(id.hex):refs/plimsoll/approval")
        let verdict: ChainVerdict
        do throws(GitError) {
            var authenticator = ChainAuthenticator(clone)
            verdict = try authenticator.verify(
                approval.history.unsettled + [id], after: approval.history.settled)
        } catch {
            throw OperatorError(error)
        }
        if let failure = verdict.failure {
            throw OperatorError(.notAuthentic, "no node would believe the approval: \(failure.message)")
        }
        return (id, verdict.pending)
    }

    private func isListed(_ key: SSHPublicKey, at commit: CommitID) throws(OperatorError) -> Bool {
        do throws(GitError) {
            guard case .success(let signers) = try TrustBook(clone).signers(at: commit) else { return false }
            return signers.signers.contains { $0.key == key }
        } catch {
            throw OperatorError(error)
        }
    }
}
