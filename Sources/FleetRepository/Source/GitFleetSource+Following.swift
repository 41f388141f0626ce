package import FleetCore
package import FleetReconciler

extension GitFleetSource {
    package func follow(_ memory: NodeState) throws(SourceError) -> Following {
        if let judged, judged.memory == memory { return judged.following }
        return try judge(memory)
    }

    /// Authenticates the branch that is in the clone.
    func judge(_ memory: NodeState) throws(SourceError) -> Following {
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
            (following.ground, following.settled) = (memory.ground, memory.settled)
            following.refuse(Reason(.untrusted, "the branch cannot be followed: \(error)"))
            if isWorking { leaveTip(for: memory.mark) }
            return following
        } catch {
            throw SourceError(error.code == .diskFull ? .storage : .cloneDamaged, error.description)
        }
    }

    /// Lets the branch here be the mark again: what cannot be parsed is in the way of every fetch, and the
    /// next one brings it back if the server still has it.
    func leaveTip(for mark: CommitID?) {
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
        (state.ground, state.settled) = (memory.ground, memory.settled)
        let isIntroduced = memory.introduction == settings.introduction
        guard let tip = try clone.repository.reference(FleetReferences.branch) else { return state }
        if isIntroduced, tip == memory.mark, memory.followed == memory.mark, memory.ground == memory.mark {
            return state
        }
        // A state that knows no ground is one of an older agent: what it marked may have lacked approval.
        let settled = isIntroduced ? memory.settled ?? memory.ground : nil
        let start = settled ?? settings.introduction
        let mark = isIntroduced ? memory.mark : nil
        guard try clone.repository.commit(start) != nil, try clone.repository.commit(mark ?? start) != nil
        else {
            let missing = (mark ?? start).short
            state.refuse(
                isIntroduced
                    ? Reason(
                        .remoteBehind, "the clone does not have the mark \(missing); the remote is older")
                    : Reason(
                        .untrusted, "the introduction \(start) is not in the history of '\(asked)'")
            )
            return state
        }
        let walk = try clone.repository.firstParents(
            from: tip, backTo: start, limit: ChainAuthenticator.longestStretch)
        guard case .reached(let newestFirst) = walk,
            mark.map({ $0 == start || newestFirst.contains($0) }) ?? true
        else {
            if let mark, let twin = try twin(of: mark, below: tip) {
                return try advance(memory.forgettingApproval(mark: twin))
            }
            state.refuse(try reasonOff(tip: tip, start: mark ?? start, isIntroduced: isIntroduced))
            return state
        }
        var authenticator = ChainAuthenticator(clone)
        let verdict = try authenticator.verifyUpToObstacle(newestFirst.reversed(), after: start)
        if let mark, mark != start, !verdict.verified.contains(where: { $0.id == mark }) {
            let why = verdict.failure?.description ?? "the mark \(mark.short) is not authentic any more"
            state.refuse(
                verdict.obstacle.map { Reason(.unverifiable, $0.description) } ?? Reason(.untrusted, why))
            return state
        }
        if let failure = verdict.failure { state.refuse(Reason(.untrusted, failure.description)) }
        if let obstacle = verdict.obstacle {
            state.refuse(Reason(.unverifiable, obstacle.description))
        }
        if let pending = verdict.pending { state.conditions.append(pending.reason) }
        if settled == nil { try introduce(&state) }
        guard try grow(&state, by: verdict) else {
            return try advance(memory.forgettingApproval(mark: memory.mark))
        }
        return state
    }

    /// Begins with the introduction, which the node's configuration vouches for.
    ///
    /// Its name pins all that was before it, and what is declared is counted from the first commit on: a node
    /// that was introduced later than its canaries must mean the same declarations.
    private func introduce(_ state: inout Following) throws(GitError) {
        guard let commit = try clone.repository.commit(settings.introduction) else { return }
        state.stacks = [:]
        for step in try VerifiedCommit.pinned(to: commit, in: clone) {
            try DeclarationReader(clone: clone).grow(&state.stacks, by: step)
        }
        state.followed = nil
        state.introduction = settings.introduction
        (state.mark, state.ground) = (commit.id, commit.id)
    }

    /// The commit of a branch that stands in the mark's place and says exactly the same; nil if none does.
    ///
    /// A signature's text is no part of what is signed, nor is the message of a merge that needs none:
    /// whoever serves a branch can serve its newest commit under another name, as authentic as the real one.
    /// Only the newest, for the next one names its parent. Such a node would refuse every later commit.
    private func twin(of mark: CommitID, below tip: CommitID) throws(GitError) -> CommitID? {
        guard let known = try clone.repository.commit(mark), let parent = known.parents.first,
            case .reached(let newestFirst) = try clone.repository.firstParents(
                from: tip, backTo: parent, limit: ChainAuthenticator.longestStretch),
            let id = newestFirst.last, let other = try clone.repository.commit(id), other.isTwin(of: known)
        else { return nil }
        return id
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

    /// Moves the mark along verified commits, and grows the stacks of declarations along the approved ones.
    ///
    /// - Returns: false if what is remembered as approved was not: then all is to be found anew.
    private func grow(_ state: inout Following, by verdict: ChainVerdict) throws(GitError) -> Bool {
        // Those up to the remembered ground are walked again where something waited after them.
        let known = verdict.steps.firstIndex { $0.id == state.ground }
        let steps = verdict.steps[(known.map { $0 + 1 } ?? 0)...]
        guard
            known != nil || steps.first.map({ $0.parent == state.ground }) ?? (verdict.ground == state.ground)
        else { return false }
        // Before the mark moves: a `trust/` as no git writes it may tell two readers two answers.
        for commit in verdict.verified {
            _ = try clone.repository.entry(at: Layout.allowedSigners, in: commit.id)
        }
        for step in steps { try DeclarationReader(clone: clone).grow(&state.stacks, by: step) }
        state.mark = verdict.verified.last?.id ?? state.mark
        state.holdsAt = state.mark
        state.ground = verdict.ground
        state.settled = verdict.settled == verdict.ground ? nil : verdict.settled
        try chooseFollowed(&state, among: steps.map(\.id))
        return true
    }

    /// The followed commit: the newest approved one that this node can read.
    private func chooseFollowed(_ state: inout Following, among steps: [CommitID]) throws(GitError) {
        var candidates = [state.ground].compactMap(\.self) + steps.reversed().dropFirst()
        if let introduction = state.introduction, state.followed == nil { candidates.append(introduction) }
        for candidate in candidates where candidate != state.followed {
            switch try read(candidate) {
            case .success: state.followed = candidate
            case .failure(let reason):
                if candidate == state.ground { state.refuse(reason) }
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
        let problems = try TrustBook(clone).writtenRules(at: commit).problems
        guard problems.isEmpty else {
            let error = FleetReadError.unreadable(problems)
            return .failure(Reason(.unreadable, "commit \(commit.short): \(error)"))
        }
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
        if reason.code != .remoteBehind || followed != (ground ?? mark) { mayAdmit = false }
        conditions.append(reason)
    }
}

extension GitCommit {
    /// Whether it has the parents and files of another one, and what people signed of the two is the same.
    fileprivate func isTwin(of other: GitCommit) -> Bool {
        parents == other.parents && treeID == other.treeID
            // Of a merge that is signed by nobody who counts, what it merges is what was signed.
            && (parents.count > 1 || signature?.payload == other.signature?.payload)
    }
}

extension NodeState {
    /// The same without what was found of approvals, so that all is found anew from the introduction.
    fileprivate func forgettingApproval(mark: CommitID?) -> NodeState {
        var state = self
        (state.mark, state.ground, state.settled) = (mark, nil, nil)
        return state
    }
}
