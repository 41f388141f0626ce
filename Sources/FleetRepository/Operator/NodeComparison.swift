internal import FleetCore

/// What becomes of the nodes' files between a commit and the merge that is proposed after it.
struct NodeComparison {
    let clone: Clone
    let proposal: MergeProposal

    private struct Place {
        let group: GroupName
        let path: String
        let blob: ObjectID
    }

    /// In the order of names.
    func changes() throws(GitError) -> [MergePlan.NodeChange] {
        let (before, now) = (try places(at: proposal.base), try places(at: proposal.result))
        var changes: [MergePlan.NodeChange] = []
        for node in Set(before.keys).union(now.keys).sorted() {
            func note(_ kind: MergePlan.NodeChange.Kind) {
                changes.append(MergePlan.NodeChange(node: node, kind: kind))
            }
            switch (before[node], now[node]) {
            case (let old?, nil): note(.removed(old.group))
            case (nil, let new?): note(.added(new.group))
            case (let old?, let new?):
                if old.group != new.group { note(.moved(from: old.group, to: new.group)) }
                guard old.blob != new.blob else { continue }
                for kind in try differences(node, old, new) { note(kind) }
            case (nil, nil): continue
            }
        }
        return changes
    }

    private func places(at commit: CommitID) throws(GitError) -> [NodeName: Place] {
        let paths =
            try clone.repository.paths(
                below: Layout.groups, in: commit, limit: MergePlanner.pathLimit) ?? []
        var places: [NodeName: Place] = [:]
        for (path, entry) in paths {
            guard case .node(let node, let group) = FileKind(path: path) else { continue }
            places[node] = Place(group: group, path: path, blob: entry.id)
        }
        return places
    }

    private func differences(
        _ node: NodeName, _ old: Place, _ new: Place
    ) throws(GitError) -> [MergePlan.NodeChange.Kind] {
        guard let before = try record(node, old), let now = try record(node, new) else {
            return [.changed(["its file"])]
        }
        var kinds: [MergePlan.NodeChange.Kind] = []
        if before.key != now.key { kinds.append(.rekeyed) }
        if before.hold != now.hold { kinds.append(now.hold.map { .held($0) } ?? .released) }
        var others: [String] = []
        if before.labels != now.labels { others.append("labels") }
        if before.exceptions != now.exceptions { others.append("except") }
        if before.retry != now.retry { others.append("retry") }
        if !others.isEmpty { kinds.append(.changed(others)) }
        return kinds
    }

    private func record(_ node: NodeName, _ place: Place) throws(GitError) -> NodeRecord? {
        let limit = Layout.limit(of: .node(node, place.group))
        let bytes = try clone.repository.blob(place.blob, path: place.path, limitBytes: limit)
        return NodeFile.decode(bytes, name: node, group: place.group, path: place.path).value?.node
    }
}
