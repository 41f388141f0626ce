internal import FleetCore

/// Reads what baselines say along the chain.
struct DeclarationReader {
    let clone: Clone

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
}
