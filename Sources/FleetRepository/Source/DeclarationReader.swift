internal import FleetCore

/// Reads what baselines say along the chain.
struct DeclarationReader {
    let clone: Clone

    /// The stacks after a part of the chain.
    func stacks(
        along commits: some Sequence<VerifiedCommit>
    ) throws(GitError) -> [BaselineName: DeclarationStack] {
        var stacks: [BaselineName: DeclarationStack] = [:]
        for commit in commits { try grow(&stacks, by: commit) }
        return stacks
    }

    /// Grows the stack of each baseline by one commit of the chain.
    ///
    /// A commit that leaves the folder `baselines` as its parent has it changes no stack, which one look at
    /// two tree entries tells.
    func grow(_ stacks: inout [BaselineName: DeclarationStack], by commit: VerifiedCommit) throws(GitError) {
        try grow(&stacks, by: commit.id, parent: commit.parent)
    }

    /// The same by a commit that nobody has signed yet: what a merge would declare.
    func grow(
        _ stacks: inout [BaselineName: DeclarationStack], by commit: CommitID, parent: CommitID?
    ) throws(GitError) {
        let folder = try clone.repository.entry(at: Layout.baselines, in: commit)
        if let parent, !stacks.isEmpty,
            folder == (try clone.repository.entry(at: Layout.baselines, in: parent))
        {
            return
        }
        guard folder?.kind == .folder else { return }
        for entry in try clone.repository.entries(of: Layout.baselines, in: commit) ?? []
        where entry.isFile {
            guard entry.name.hasSuffix(".yaml"), let name = BaselineName(entry.name.dropLast(5)) else {
                continue
            }
            var stack = stacks[name] ?? DeclarationStack()
            stack.declare(try digest(of: name, at: commit), by: commit, parent: parent)
            if !stack.layers.isEmpty { stacks[name] = stack }
        }
    }

    /// The digest of a baseline at a commit; nil if its content cannot be read, which changes no stack.
    ///
    /// - Throws: `GitError` if this machine cannot get at the content: a stack that was grown without it
    ///   would be another one than that of every other node, for ever.
    private func digest(of name: BaselineName, at commit: CommitID) throws(GitError) -> Digest? {
        let reader = FleetReader(CommitTree(clone: clone, commit: commit))
        do throws(FleetReadError) {
            return CanonicalForm(try reader.baseline(named: name)).digest
        } catch {
            guard case .inaccessible = error else { return nil }
            throw GitError("read baseline", "\(name) at \(commit.short)", .notFound, error.description)
        }
    }

    /// What a declaration says, at the newest of `commits` where it is this declaration and can be read.
    func baseline(
        _ name: BaselineName, of declaration: Declaration, at commits: [CommitID?]
    ) -> DeclaredBaseline? {
        for commit in (commits + [declaration.commit]).compactMap(\.self) {
            let reader = FleetReader(CommitTree(clone: clone, commit: commit))
            guard let read = try? reader.declared(name),
                CanonicalForm(read.baseline).digest == declaration.digest
            else { continue }
            return DeclaredBaseline(baseline: read.baseline, sources: read.sources, readAt: commit)
        }
        return nil
    }

    /// What a commit says to one node, with what the declarations say that it may have to choose from.
    func membership(
        _ view: NodeView, stacks: [BaselineName: DeclarationStack], memory: NodeState, at followed: CommitID
    ) -> Membership {
        let name = view.group.baseline
        let stack = stacks[name] ?? DeclarationStack()
        var versions: [Declaration: DeclaredBaseline] = [:]
        if let declared = stack.declared, CanonicalForm(view.baseline).digest == declared.digest {
            versions[declared] = DeclaredBaseline(
                baseline: view.baseline, sources: view.sources, readAt: followed)
        }
        for admission in [memory.admitted, memory.previous].compactMap(\.self) {
            let declaration = admission.declaration
            guard versions[declaration] == nil else { continue }
            let stack = stacks[admission.baseline]
            versions[declaration] = baseline(
                admission.baseline, of: declaration, at: [stack?.coveredAt(declaration), admission.readAt])
        }
        for declaration in stack.ahead(of: memory.base?.declaration) where versions[declaration] == nil {
            versions[declaration] = baseline(
                name, of: declaration, at: [stack.coveredAt(declaration), followed])
        }
        let left = leavers(of: view.group, since: stack.ahead(of: memory.base?.declaration), at: followed)
        var membership = Membership(
            fleet: view.fleet, group: view.group, node: view.node, stack: stack, versions: versions,
            soaks: view.soaksLookingHere, peers: view.peers, proceed: view.proceed,
            leavers: left.nodes, leaversUnknown: left.unknown)
        if view.group.missed != .wait {
            for declaration in versions.keys { membership.declaredAt[declaration] = time(of: declaration) }
        }
        return membership
    }

    private func time(of declaration: Declaration) -> Timestamp? {
        (try? clone.repository.commit(declaration.commit)).flatMap(\.self).map {
            Timestamp(seconds: $0.committer.time)
        }
    }

    /// Who has left a group that moves in waves since each declaration, or why that cannot be told.
    func leavers(
        of group: Group, since declarations: [Declaration], at followed: CommitID
    ) -> (nodes: [Declaration: Set<NodeName>], unknown: String?) {
        guard group.movesInWaves, !declarations.isEmpty else { return ([:], nil) }
        let finder = DepartedCanaries(clone: clone, followed: followed)
        do throws(FleetReadError) {
            var leavers: [Declaration: Set<NodeName>] = [:]
            for (node, declarations) in try finder.names(from: group.name, since: declarations) {
                for declaration in declarations { leavers[declaration, default: []].insert(node) }
            }
            return (leavers, nil)
        } catch {
            return ([:], error.description)
        }
    }
}

extension DeclarationStack {
    /// The newest commit at which a declaration was on top, as far as the stack remembers; nil while it is.
    fileprivate func coveredAt(_ declaration: Declaration) -> CommitID? {
        layers.first { $0.declaration == declaration }?.coveredAt ?? withdrawal(of: declaration)?.coveredAt
    }
}
