internal import FleetCore

/// Finds the nodes that were in a group when a declaration came to the branch, and are not in it any more: a
/// failed node that is moved or removed leaves the share of a gate, never the failures.
struct DepartedCanaries {
    let clone: Clone
    /// The followed commit.
    let followed: CommitID

    /// A node that has left a group.
    struct Departed {
        /// As its file has it now, wherever that is, else as it had it when it was in the group.
        let record: NodeRecord
        /// The declarations at whose commits it was in the group.
        let declarations: Set<Declaration>
    }

    /// - Returns: the nodes in the order of their names. One whose file cannot be made out, now and then, has
    ///   no key: nothing of it could be believed.
    /// - Throws: `FleetReadError.inaccessible`.
    func find(
        from group: GroupName, since declarations: [Declaration]
    ) throws(FleetReadError) -> [Departed] {
        try find(names(from: group, since: declarations))
    }

    /// The names of those that have left a group, by the trees' entries alone, and the declarations at whose
    /// commits they were in it.
    ///
    /// - Throws: `FleetReadError.inaccessible`.
    func names(
        from group: GroupName, since declarations: [Declaration]
    ) throws(FleetReadError) -> [NodeName: [Declaration]] {
        let folder = try entry(of: group, at: followed)
        var members: Set<NodeName>?
        var known: [ObjectID?: Set<NodeName>] = [:]
        var left: [NodeName: [Declaration]] = [:]
        for declaration in declarations {
            // Two tree entries tell that nothing has changed, which is all that most cycles need.
            let then = try entry(of: group, at: declaration.commit)
            guard then != folder else { continue }
            let present = if let members { members } else { try self.members(of: group, at: followed) }
            members = present
            let before =
                if let old = known[then] { old } else {
                    try self.members(of: group, at: declaration.commit)
                }
            known[then] = before
            for node in before.subtracting(present) { left[node, default: []].append(declaration) }
        }
        return left
    }

    /// What the files of nodes that have left a group say.
    ///
    /// - Parameter left: the declarations at whose commits each was in it, newest first.
    func find(_ left: [NodeName: [Declaration]]) throws(FleetReadError) -> [Departed] {
        guard !left.isEmpty else { return [] }
        let now = FleetReader(CommitTree(clone: clone, commit: followed))
        // Half a group may have moved: the fleet's entries are listed once, not for each of them.
        let index = try now.index()
        var indexes: [Declaration: FleetIndex] = [:]
        var departed: [Departed] = []
        for (node, declarations) in left.sorted(by: { $0.key < $1.key }) {
            var record = try now.record(of: node, in: index)
            if record == nil { record = try self.record(of: node, at: declarations, &indexes) }
            if let record { departed.append(Departed(record: record, declarations: Set(declarations))) }
        }
        return departed
    }

    private func members(of group: GroupName, at commit: CommitID) throws(FleetReadError) -> Set<NodeName> {
        try FleetReader(CommitTree(clone: clone, commit: commit)).members(of: group)
    }

    /// The folder of a group's nodes as a commit has it; nil if it has none.
    private func entry(of group: GroupName, at commit: CommitID) throws(FleetReadError) -> ObjectID? {
        let folder = Layout.nodes(of: group)
        do throws(GitError) {
            return try clone.repository.entry(at: folder, in: commit)?.id
        } catch {
            throw .inaccessible(FileTreeError(path: folder, code: .access, message: error.message))
        }
    }

    /// A node as it was at the newest of the commits where its file can be read.
    private func record(
        of node: NodeName, at declarations: [Declaration], _ indexes: inout [Declaration: FleetIndex]
    ) throws(FleetReadError) -> NodeRecord? {
        for declaration in declarations {
            let reader = FleetReader(CommitTree(clone: clone, commit: declaration.commit))
            let known = indexes[declaration]
            let index = if let known { known } else { try reader.index() }
            indexes[declaration] = index
            if let record = try reader.record(of: node, in: index) { return record }
        }
        return nil
    }
}
