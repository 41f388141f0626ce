package import FleetCore
package import FleetReconciler

extension GitFleetSource {
    package func follow(_ memory: NodeState) throws(SourceError) -> Following {
        do throws(GitError) {
            var following = try advance(memory)
            if let mark = following.mark, let commit = try clone.repository.commit(mark) {
                following.markDate = Timestamp(seconds: commit.committer.time)
            }
            return following
        } catch  where error.isOfContent {
            // The bytes are what their names stand for: whoever serves them is at fault, and not the clone.
            var following = Following(
                mark: memory.mark, followed: memory.followed, introduction: memory.introduction,
                stacks: memory.stacks, mayAdmit: true, conditions: [], holdsAt: memory.mark)
            following.refuse(Reason(.untrusted, "the branch cannot be followed: \(error)"))
            if isWorking { leaveTip(for: memory.mark) }
            return following
        } catch {
            throw SourceError(error.code == .diskFull ? .storage : .cloneDamaged, error.description)
        }
    }

    /// Lets the branch here be the mark again: what cannot be parsed is in the way of every fetch, and the
    /// next one brings it back if the server still has it.
    private func leaveTip(for mark: CommitID?) {
        if let mark, (try? clone.repository.commit(mark)) != nil {
            try? clone.repository.setReference(FleetReferences.branch, to: mark)
        } else {
            _ = try? clone.repository.deleteReference(FleetReferences.branch)
        }
    }

    /// Verify first, then move the mark: to the last authentic commit before the first that is not.
    private func advance(_ memory: NodeState) throws(GitError) -> Following {
        var state = Following(
            mark: memory.mark, followed: memory.followed, introduction: memory.introduction,
            stacks: memory.stacks, mayAdmit: true, conditions: [], holdsAt: memory.mark)
        let isIntroduced = memory.introduction == settings.introduction
        guard let tip = try clone.repository.reference(FleetReferences.branch) else { return state }
        if isIntroduced, tip == memory.mark, memory.followed == memory.mark { return state }
        let start = (isIntroduced ? memory.mark : nil) ?? settings.introduction
        guard try clone.repository.commit(start) != nil else {
            state.refuse(
                isIntroduced
                    ? Reason(
                        .remoteBehind, "the clone does not have the mark \(start.short); the remote is older")
                    : Reason(
                        .untrusted, "the introduction \(start) is not in the history of '\(settings.remote)'")
            )
            return state
        }
        let walk = try clone.repository.firstParents(
            from: tip, backTo: start, limit: ChainAuthenticator.longestStretch)
        guard case .reached(let newestFirst) = walk else {
            state.refuse(try reasonOff(tip: tip, start: start, isIntroduced: isIntroduced))
            return state
        }
        if !isIntroduced { try introduce(&state) }
        var authenticator = ChainAuthenticator(clone)
        let (verified, failure, obstacle) = try authenticator.verifyUpToObstacle(newestFirst.reversed())
        try grow(&state, along: verified)
        if let failure {
            state.refuse(Reason(.untrusted, failure.description))
        }
        if let obstacle { state.refuse(Reason(.unverifiable, obstacle.description)) }
        try chooseFollowed(&state, verified: verified)
        return state
    }

    /// Begins with the introduction, which the node's configuration vouches for.
    ///
    /// Its name pins all that was before it, and what is declared is counted from the first commit on: a node
    /// that was introduced later than its canaries must mean the same declarations.
    private func introduce(_ state: inout Following) throws(GitError) {
        guard let commit = try clone.repository.commit(settings.introduction) else { return }
        state.stacks = [:]
        for ancestor in try VerifiedCommit.pinned(below: commit, in: clone.repository) {
            try DeclarationReader(clone: clone).grow(&state.stacks, by: ancestor)
        }
        state.followed = nil
        state.introduction = settings.introduction
        try grow(&state, along: [VerifiedCommit(pinned: commit)])
    }

    /// Why the mark is not on the tip's first-parent chain.
    private func reasonOff(tip: CommitID, start: CommitID, isIntroduced: Bool) throws(GitError) -> Reason {
        guard isIntroduced else {
            return Reason(
                .untrusted, "the introduction \(start) is not on the first-parent chain of the branch")
        }
        // An ancestor is old, not hostile: a lagging mirror, a restored backup, last month's stick.
        if try clone.repository.isAncestor(tip, of: start) {
            return Reason(.remoteBehind, "the remote is at \(tip.short), older than the mark \(start.short)")
        }
        return Reason(
            .untrusted,
            "the branch's tip \(tip.short) does not have the mark \(start.short) on its first-parent chain: "
                + "history was rewritten"
        )
    }

    /// Moves the mark along verified commits, and grows the stacks of declarations with it.
    private func grow(_ state: inout Following, along commits: [VerifiedCommit]) throws(GitError) {
        for commit in commits {
            // Before the mark moves: a `trust/` as no git writes it may tell two readers two answers.
            _ = try clone.repository.entry(at: Layout.allowedSigners, in: commit.id)
            try DeclarationReader(clone: clone).grow(&state.stacks, by: commit)
            state.mark = commit.id
            state.holdsAt = commit.id
        }
    }

    /// The followed commit: the newest authentic one that this node can read.
    private func chooseFollowed(_ state: inout Following, verified: [VerifiedCommit]) throws(GitError) {
        var candidates = [state.mark].compactMap(\.self) + verified.reversed().dropFirst().map(\.id)
        if let introduction = state.introduction, state.followed == nil { candidates.append(introduction) }
        for candidate in candidates where candidate != state.followed {
            switch try read(candidate) {
            case .success: state.followed = candidate
            case .failure(let reason):
                if candidate == state.mark { state.refuse(reason) }
                continue
            }
            return
        }
    }

    /// Whether this node can read a commit: everything that it needs is without error, and needs no newer
    /// agent.
    ///
    /// - Throws: `GitError` if this machine cannot get at its content: only what it says can be wrong for
    ///   every node.
    private func read(_ commit: CommitID) throws(GitError) -> Result<Void, Reason> {
        do throws(FleetReadError) {
            let view = try FleetReader(CommitTree(clone: clone, commit: commit)).view(of: settings.node)
            self.view = (commit, view)
            return .success(())
        } catch {
            if let reason = error.reason(at: commit) { return .failure(reason) }
            if case .inaccessible = error {
                throw GitError("read commit", commit.hex, .notFound, error.description)
            }
            return .success(())
        }
    }
}

extension Following {
    /// Notes why nothing new may be admitted now.
    fileprivate mutating func refuse(_ reason: Reason) {
        // A remote that is behind is no reason not to go on with what is known. Where the newest of that
        // could not be read, the stacks are ahead of what is followed, and nothing may be admitted by them.
        if reason.code != .remoteBehind || followed != mark { mayAdmit = false }
        conditions.append(reason)
    }
}
