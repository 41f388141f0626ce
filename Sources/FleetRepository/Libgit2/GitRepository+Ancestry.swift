internal import CLibgit2
package import FleetCore

/// What a walk along first parents found. The commits are listed newest first, beginning with where it
/// started.
package enum FirstParentWalk: Equatable, Sendable {
    /// The walk met the wanted commit, which is not listed.
    case reached([CommitID])
    /// The walk came to the first commit of the history without meeting the wanted one.
    case ended([CommitID])
    /// The walk was given up at the limit.
    case limited([CommitID])
}

extension GitRepository {
    /// Walks from `tip` along first parents until it meets `ancestor`.
    ///
    /// - Throws: `.notFound` if a commit on the way is missing.
    package func firstParents(
        from tip: CommitID, backTo ancestor: CommitID, limit: Int
    ) throws(GitError) -> FirstParentWalk {
        var walked: [CommitID] = []
        var next: CommitID? = tip
        while let current = next {
            if current == ancestor { return .reached(walked) }
            guard walked.count < limit else { return .limited(walked) }
            walked.append(current)
            next = try firstParent(of: current)
        }
        return .ended(walked)
    }

    /// The first parent of a commit; nil for the first commit of a history.
    package func firstParent(of id: CommitID) throws(GitError) -> CommitID? {
        let commit = try commitHandle(id)
        guard let parent = git_commit_parent_id(commit.pointer, 0) else { return nil }
        return try CommitID(parent.pointee, "read commit")
    }

    /// Whether `ancestor` can be reached from `descendant` through any parents. A commit is its own ancestor.
    package func isAncestor(_ ancestor: CommitID, of descendant: CommitID) throws(GitError) -> Bool {
        if ancestor == descendant { return true }
        var old = ancestor.bytes
        var new = descendant.bytes
        var result: Int32 = 0
        try git("compare commit", ancestor.hex) {
            result = git_graph_descendant_of(pointer, &new, &old)
            return result
        }
        return result == 1
    }

    /// All that a commit's history holds, through any parents: each commit before its parents.
    ///
    /// - Returns: nil if there are more than `limit`.
    /// - Throws: `.notFound` if a commit of it is missing.
    package func history(of tip: CommitID, limit: Int) throws(GitError) -> [CommitID]? {
        var found: [CommitID] = []
        var isWhole = true
        try walk(from: tip) { id in
            isWhole = found.count < limit
            if isWhole { found.append(id) }
            return isWhole
        }
        return isWhole ? found : nil
    }

    /// The first `limit` commits of a history, each before its parents, and how many come after them.
    ///
    /// - Throws: `.notFound` if a commit of it is missing.
    package func newestHistory(
        of tip: CommitID, limit: Int
    ) throws(GitError) -> (newest: [CommitID], older: Int) {
        var newest: [CommitID] = []
        var older = 0
        try walk(from: tip) { id in
            if newest.count < limit { newest.append(id) } else { older += 1 }
            return true
        }
        return (newest, older)
    }

    /// What the histories of `tips` hold that the history of `known` does not.
    ///
    /// - Returns: nil if there are more than `limit`.
    /// - Throws: `.notFound` if a commit of it is missing.
    package func commits(
        of tips: [CommitID], notIn known: CommitID, limit: Int
    ) throws(GitError) -> [CommitID]? {
        var found: [CommitID] = []
        var isWhole = true
        for tip in tips where isWhole {
            try walk(from: tip, hiding: known) { id in
                isWhole = found.count < limit
                if isWhole { found.append(id) }
                return isWhole
            }
        }
        return isWhole ? found : nil
    }

    /// Goes through a commit's history, through any parents, each commit before its parents.
    ///
    /// - Parameters:
    ///   - hidden: whose history is left out; nil leaves out nothing.
    ///   - visit: whether to go on.
    private func walk(
        from tip: CommitID, hiding hidden: CommitID? = nil, visit: (CommitID) -> Bool
    ) throws(GitError) {
        let operation = "walk history"
        let walk = try GitHandle(operation, tip.hex, release: git_revwalk_free) {
            git_revwalk_new(&$0, pointer)
        }
        try git(operation, tip.hex) {
            git_revwalk_sorting(walk.pointer, UInt32(GIT_SORT_TOPOLOGICAL.rawValue))
        }
        var start = tip.bytes
        try git(operation, tip.hex) { git_revwalk_push(walk.pointer, &start) }
        if let hidden {
            var end = hidden.bytes
            try git(operation, hidden.hex) { git_revwalk_hide(walk.pointer, &end) }
        }
        while true {
            var id = git_oid()
            let result = git_revwalk_next(&id, walk.pointer)
            if result == GIT_ITEROVER.rawValue { return }
            guard result == 0 else { throw GitError(operation, tip.hex, result: result) }
            guard visit(try CommitID(id, operation)) else { return }
        }
    }
}
