package import FleetCore

/// What a rollout depends on at one commit, of all groups and nodes: read once, for a whole fleet.
package struct RolloutGround: Sendable {
    package let commit: CommitID
    package let fleet: Fleet
    /// In the order of their names.
    package let groups: [Group]
    /// In the order of groups, then names.
    package let nodes: [NodeRecord]
    /// The digest of each baseline that a group has.
    package let digests: [BaselineName: Digest]
    /// The nodes that have an exception from an entry of their baseline; it may have come to its end.
    package let excepted: Set<NodeName>
}

/// A repository that no rollout can be told of.
package struct InvalidRepository: Error, Sendable {
    package let commit: CommitID
    package let validation: Validation
}

/// Commits of a fleet repository, with what their rollouts depend on.
package final class RolloutSource {
    private let clone: Clone
    private let kept: FleetClone?
    /// The commit whose rollout is asked for.
    package let head: CommitID
    /// What was there before it; nil where what is declared at the head is the beginning.
    package let base: CommitID?

    /// The tip of a fleet's branch.
    package init(tipOf fetched: FleetClone) {
        clone = fetched.clone
        kept = fetched
        head = fetched.tip
        base = nil
    }

    /// A range of commits in a repository on this machine, such as `origin/main..HEAD`.
    ///
    /// - Throws: ``OperatorError``: `usage` if the text is no range, or the folder has no such commits.
    package init(range: String, in folder: String) throws(OperatorError) {
        let git = StockGit(folder: folder)
        let place = try git.attempt(["rev-parse", "--path-format=absolute", "--git-common-dir"])
        guard place.exitCode == 0 else {
            throw OperatorError(
                .usage, "'\(folder)' is no Git repository; a range needs one on this machine: \(place.errors)"
            )
        }
        guard let dots = range.firstRange(of: "..") else {
            throw OperatorError(.usage, "'\(range)' is no range; expected BASE..HEAD")
        }
        let end = range[dots.upperBound...]
        base = try Self.commit(range[..<dots.lowerBound], in: git)
        head = try Self.commit(end.isEmpty ? "HEAD" : end, in: git)
        do {
            clone = Clone(try GitRepository(open: place.output))
        } catch {
            throw OperatorError(error)
        }
        kept = nil
    }

    private static func commit(_ name: Substring, in git: StockGit) throws(OperatorError) -> CommitID {
        let found = try git.attempt([
            "rev-parse", "--quiet", "--verify", "--end-of-options", "\(name)^{commit}",
        ])
        let line = found.output.split(separator: "\n").last ?? ""
        guard found.exitCode == 0, let id = CommitID(line) else {
            throw OperatorError(.usage, "there is no commit '\(name)' in '\(git.folder)'")
        }
        return id
    }

    /// Reads what a rollout depends on.
    ///
    /// - Throws: ``InvalidRepository`` with all that is wrong at the commit; ``FileTreeError``.
    package func ground(at commit: CommitID) throws -> RolloutGround {
        let tree = CommitTree(clone: clone, commit: commit)
        let validation = try RepositoryValidation.validate(tree)
        guard validation.problems.isEmpty else {
            throw InvalidRepository(commit: commit, validation: validation)
        }
        return try FleetFiles(tree: tree).ground(at: commit)
    }

    /// The declarations of a baseline along the first-parent chain of a commit.
    package func stack(of baseline: BaselineName, at commit: CommitID) throws -> DeclarationStack {
        try DeclarationReader(clone: clone).stack(of: baseline, at: commit).0
    }
}

extension FleetFiles {
    /// Reads all groups and nodes of a tree that is valid.
    fileprivate func ground(at commit: CommitID) throws -> RolloutGround {
        let fleetFile = try decoded(Layout.fleet) { FleetFile.decode($0) }
        guard let fleet = fleetFile.flawless, let values = fleet.fleet else {
            throw FleetReadError.unreadable(fleetFile.problems)
        }
        let index = FleetIndex(paths: try tree.paths(below: Layout.groups))
        var files: [GroupName: GroupFile] = [:]
        var sizes: [GroupName: Int] = [:]
        for name in index.groups {
            let file = try decoded(Layout.group(name)) { GroupFile.decode($0, name: name, fleet: fleet) }
            guard let value = file.flawless else { throw FleetReadError.unreadable(file.problems) }
            files[name] = value
            sizes[name] = index.nodes(of: name).count
        }
        let graph = GateGraph(groups: files, unreadable: [], sizes: sizes)
        let groups = files.values.sorted { $0.name < $1.name }
            .compactMap { $0.group(gate: graph.setting(of: $0)) }
        var entries: [BaselineName: Set<EntryKey>] = [:]
        var digests: [BaselineName: Digest] = [:]
        for name in Set(groups.map(\.baseline)) {
            let baseline = try mergedBaseline(name)
            guard let value = baseline.flawless else { throw FleetReadError.unreadable(baseline.problems) }
            entries[name] = Set(value.entries.map(\.key))
            digests[name] = CanonicalForm(value).digest
        }
        var nodes: [NodeRecord] = []
        var excepted: Set<NodeName> = []
        for group in groups {
            for (name, path) in index.nodes(of: group.name).sorted(by: { $0.name < $1.name }) {
                let file = try decoded(path) {
                    NodeFile.decode($0, name: name, group: group.name, path: path)
                }
                guard let node = file.flawless?.node else { throw FleetReadError.unreadable(file.problems) }
                nodes.append(node)
                let named = entries[group.baseline] ?? []
                if node.exceptions.keys.contains(where: named.contains) { excepted.insert(name) }
            }
        }
        return RolloutGround(
            commit: commit, fleet: values, groups: groups, nodes: nodes, digests: digests, excepted: excepted)
    }
}
