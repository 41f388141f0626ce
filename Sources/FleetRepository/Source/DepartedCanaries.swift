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
        let now = FleetReader(CommitTree(clone: clone, commit: followed))
        var members: Set<NodeName> = []
        var isKnown = false
        var left: [NodeName: [Declaration]] = [:]
        for declaration in declarations where try !hasSameNodes(group, declaration.commit) {
            if !isKnown { members = try now.members(of: group) }
            isKnown = true
            let then = FleetReader(CommitTree(clone: clone, commit: declaration.commit))
            for node in try then.members(of: group).subtracting(members) {
                left[node, default: []].append(declaration)
            }
        }
        guard !left.isEmpty else { return [] }
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

    /// Whether a group has the very same nodes' files at a commit as at the followed one: two tree entries
    /// tell, which is all that most cycles need.
    private func hasSameNodes(_ group: GroupName, _ commit: CommitID) throws(FleetReadError) -> Bool {
        let folder = Layout.nodes(of: group)
        do throws(GitError) {
            let entries = (
                try clone.repository.entry(at: folder, in: commit),
                try clone.repository.entry(at: folder, in: followed)
            )
            return entries.0 == entries.1
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
