package import FleetCore

/// A commit that its parent authorises: signed by a key that the parent lists, or an unsigned merge that adds
/// nothing to such a one. Whatever acts on history takes no other.
package struct VerifiedCommit: Hashable, Sendable {
    package let id: CommitID
    /// The first parent, or the approved commit before it; nil for the first commit.
    package private(set) var parent: CommitID?
    /// Who signed it, or what it merges, as `allowed_signers` names them; nil for the introduction and what
    /// was before it, which the node's configuration vouches for.
    package let signer: String?

    /// Demands a commit, and that its signature was found good by a key that its first parent lists.
    init(_ commit: GitCommit, _ voucher: CommitVoucher) {
        id = commit.id
        parent = commit.parents.first
        signer = voucher.signer
    }

    /// Demands an unsigned merge of two parents and the voucher of the second one, by a key that the *first*
    /// one lists: the merge adds nothing to what was signed there.
    ///
    /// - Parameter isUpToDate: whether the second parent descends from the first one.
    /// - Throws: ``TrustError`` with what the merge adds, or why nobody vouches for what it brings.
    init(
        unsigned merge: GitCommit, of side: GitCommit, isUpToDate: Bool,
        _ voucher: Result<CommitVoucher, TrustError>
    ) throws(TrustError) {
        guard merge.parents.count == 2, merge.parents[1] == side.id else {
            throw TrustError(
                merge.id, .mergeOfMany, "as a merge of \(merge.parents.count) parents it needs a signature")
        }
        guard isUpToDate else {
            throw TrustError(
                merge.id, .mergeBehind,
                "the branch that it merges, \(side.id.short), was not up to date with "
                    + "\(merge.parents[0].short); bring it up to date before it is merged, or sign the merge")
        }
        guard merge.treeID == side.treeID else {
            throw TrustError(
                merge.id, .mergeAdds,
                "its files are not those of the merged \(side.id.short): it adds what nobody signed")
        }
        switch voucher {
        case .success(let voucher):
            id = merge.id
            parent = merge.parents[0]
            signer = voucher.signer
        case .failure(let error):
            throw TrustError(
                merge.id, .mergeUnvouched,
                "nobody vouches for the merged \(side.id.short) either: \(error.message)")
        }
    }

    /// The introduction, which the node's configuration pins by its full name, or an ancestor of it: the name
    /// of a commit pins all that was before it.
    init(pinned commit: GitCommit) {
        id = commit.id
        parent = commit.parents.first
        signer = nil
    }
}

extension VerifiedCommit {
    /// The same as a step from the commit that was approved before it: what is between the two has never
    /// been in force.
    func following(_ ground: CommitID) -> VerifiedCommit {
        var step = self
        step.parent = ground
        return step
    }

    /// What nodes that were introduced before have followed up to an introduction, which is the last one;
    /// oldest first.
    ///
    /// Its name pins all that was before it, so all of that is trusted, and nothing waits at it. But what was
    /// approved together below it is one step here, too, as it is for those who saw it come.
    ///
    /// - Throws: `GitError` if a commit of it is not there or the chain is longer than any node follows.
    static func pinned(
        to introduction: GitCommit, in clone: Clone
    ) throws(GitError) -> [VerifiedCommit] {
        let chain = try pinnedChain(to: introduction, in: clone.repository)
        let book = TrustBook(clone)
        var steps = Array(chain.prefix(1))
        var next = 1
        while next < chain.count, let ground = steps.last?.id {
            guard try book.areWaiting(after: ground) else {
                steps.append(chain[next].following(ground))
                next += 1
                continue
            }
            var authenticator = ChainAuthenticator(clone)
            let verdict = try authenticator.verify(chain[next...].map(\.id), after: ground)
            steps += verdict.steps
            next += verdict.verified.count
            // One that nobody believed who was there: for who trusts the introduction it is one like others.
            guard next < chain.count else { break }
            steps.append(chain[next].following(verdict.ground))
            next += 1
        }
        guard let last = chain.last, let ground = steps.last?.id, ground != last.id else { return steps }
        return steps + [last.following(ground)]
    }

    /// The first-parent chain up to an introduction, oldest first.
    private static func pinnedChain(
        to introduction: GitCommit, in repository: borrowing GitRepository
    ) throws(GitError) -> [VerifiedCommit] {
        var newestFirst = [VerifiedCommit(pinned: introduction)]
        while let id = newestFirst.last?.parent {
            guard let commit = try repository.commit(id) else {
                throw GitError("read commit", id.hex, .notFound, "it is not in the clone")
            }
            guard newestFirst.count <= ChainAuthenticator.longestStretch else {
                throw GitError("follow", introduction.id.hex, .other(0), "the chain below it is too long")
            }
            newestFirst.append(VerifiedCommit(pinned: commit))
        }
        return newestFirst.reversed()
    }
}
