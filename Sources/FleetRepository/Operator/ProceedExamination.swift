internal import FleetCore

/// The commits behind a tree that is validated: what was declared is counted along them.
package struct ValidationHistory {
    let clone: Clone
    /// The newest commit; the tree may have changes that are not committed yet.
    let commit: CommitID
}

/// Finds words about pauses that are about nothing that was ever declared: such a `proceed.yaml` is well
/// formed, lets nobody pass, and looks as if it did.
struct ProceedExamination {
    let files: FleetFiles
    let history: ValidationHistory

    func warnings() throws(FileTreeError) -> [Problem] {
        var warnings: [Problem] = []
        // Where commits wait for approval, the approvals tell which of them has declared what.
        guard (try? TrustBook(history.clone).areWaiting(after: history.commit)) != true else { return [] }
        for path in try files.tree.paths(below: Layout.groups) {
            guard case .proceed(let group) = FileKind(path: path),
                let proceed = try files.decoded(path, { ProceedFile.decode($0, group: group) }).flawless,
                let written = try files.writtenGroup(group), written.waves?.pauses.isEmpty == false,
                // Where the history cannot be read nothing is said of it.
                let (stack, chain) = try? DeclarationReader(clone: history.clone)
                    .stack(of: written.baseline, at: history.commit),
                let declared = stack.declared
            else { continue }
            let known = stack.layers.map(\.declaration) + stack.withdrawals.map(\.declaration)
            guard !known.contains(proceed.declaration) else { continue }
            let twin = known.last { $0.digest == proceed.declaration.digest }
            // An old word may be about what has fallen off the stack since.
            guard twin != nil || !chain.contains(proceed.declaration.commit) else { continue }
            let key = twin == nil ? "declaration" : "commit"
            let (_, place) = try place(of: key, inside: path)
            let why =
                twin.map {
                    "commit \(proceed.declaration.commit.short) did not declare it, \($0.commit.short) did"
                }
                ?? "\(proceed.declaration) was never declared for '\(written.baseline)'"
            warnings.append(
                Problem(
                    path, place,
                    "void: \(why), so this word lets nobody pass; declared is \(declared): write it anew by "
                        + "'plimsoll proceed \(group)' at the branch's tip"))
        }
        return warnings
    }

    private func place(of key: String, inside path: String) throws(FileTreeError) -> (String, Place) {
        guard case .success(let bytes) = try files.bytes(path),
            let node = try? DocumentParser.parse(bytes, file: path),
            case .mapping(let pairs) = node.content,
            let declaration = pairs.first(where: { $0.key == "declaration" })
        else { return (path, .start) }
        guard case .mapping(let inner) = declaration.value.content,
            let pair = inner.first(where: { $0.key == key })
        else { return (path, declaration.keyPlace) }
        return (path, pair.keyPlace)
    }
}

extension DeclarationReader {
    /// The declarations of a baseline along the first-parent chain of a commit, and that chain.
    func stack(
        of baseline: BaselineName, at commit: CommitID
    ) throws -> (DeclarationStack, chain: [CommitID]) {
        var chain: [CommitID] = []
        var next: CommitID? = commit
        while let current = next, chain.count < ChainAuthenticator.longestStretch {
            chain.append(current)
            next = try clone.repository.firstParent(of: current)
        }
        var stack = DeclarationStack()
        var folder: GitTreeEntry?
        for (place, commit) in chain.reversed().enumerated() {
            let found = try clone.repository.entry(at: Layout.baselines, in: commit)
            if place > 0, found == folder { continue }
            folder = found
            let read = try FleetFiles(tree: CommitTree(clone: clone, commit: commit)).mergedBaseline(baseline)
            stack.declare(read.flawless.map { CanonicalForm($0).digest }, by: commit, parent: nil)
        }
        return (stack, chain)
    }
}
