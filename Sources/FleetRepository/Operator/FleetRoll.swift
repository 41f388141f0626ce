package import FleetCore

/// Who is in the fleet at one commit: the fleet's file and every node's.
package struct FleetRoll: Sendable {
    package let commit: CommitID
    package let fleet: Fleet
    /// The groups that have nodes or a file, in the order of their names.
    package let groups: [GroupName]
    /// In the order of groups, then names.
    package let nodes: [Member]

    /// A node as the fleet repository lists it.
    package struct Member: Sendable {
        package let name: NodeName
        package let group: GroupName
        /// nil where the node's file, or the key in it, cannot be read.
        package let key: SSHPublicKey?
        /// What the node's file says; nil where it cannot be read.
        package let record: NodeRecord?
        let path: String
    }

    /// Reads the roll at a commit of a clone.
    ///
    /// - Throws: ``FleetReadError`` if the fleet's file cannot be read; what is wrong with a node's leaves
    ///   its key out.
    init(at commit: CommitID, in clone: Clone) throws(FleetReadError) {
        self.commit = commit
        fleet = try Self.fleet(at: commit, in: clone)
        do throws(GitError) {
            let listed =
                try clone.repository.paths(below: Layout.groups, in: commit, limit: Self.pathLimit) ?? []
            var groups: Set<GroupName> = []
            var members: [Member] = []
            for (path, entry) in listed {
                switch FileKind(path: path) {
                case .group(let group): groups.insert(group)
                case .node(let name, let group):
                    groups.insert(group)
                    let record = try Self.record(entry, at: path, name: name, group: group, in: clone)
                    members.append(
                        Member(
                            name: name, group: group, key: record.flatMap { try? SSHPublicKey(text: $0.key) },
                            record: record, path: path))
                case .fleet, .baseline, .proceed, .sourceList, .trust, .misplaced, .other: continue
                }
            }
            self.groups = groups.sorted()
            nodes = members.sorted { ($0.group, $0.name) < ($1.group, $1.name) }
        } catch {
            throw .inaccessible(FileTreeError(path: Layout.groups, code: .access, message: error.message))
        }
    }

    /// More paths below `groups` than this are refused.
    private static let pathLimit = 200_000

    static func fleet(at commit: CommitID, in clone: Clone) throws(FleetReadError) -> Fleet {
        let read: Result<[UInt8], Problem>
        do throws(FileTreeError) {
            read = try FleetFiles(tree: CommitTree(clone: clone, commit: commit)).bytes(Layout.fleet)
        } catch {
            throw .inaccessible(error)
        }
        let bytes: [UInt8]
        switch read {
        case .success(let content): bytes = content
        case .failure(let problem): throw .unreadable([problem])
        }
        if let needed = FleetFile.requiredAgent(bytes), needed > .current { throw .needsNewerAgent(needed) }
        let decoded = FleetFile.decode(bytes)
        guard let fleet = decoded.flawless?.fleet else { throw .unreadable(decoded.problems) }
        return fleet
    }

    /// The key in a node's file; nil where that cannot be read.
    static func key(
        _ entry: GitTreeEntry, at path: String, name: NodeName, group: GroupName, in clone: Clone
    ) throws(GitError) -> SSHPublicKey? {
        try record(entry, at: path, name: name, group: group, in: clone)
            .flatMap { try? SSHPublicKey(text: $0.key) }
    }

    /// What a node's file says; nil where it cannot be read.
    private static func record(
        _ entry: GitTreeEntry, at path: String, name: NodeName, group: GroupName, in clone: Clone
    ) throws(GitError) -> NodeRecord? {
        guard entry.isFile,
            let bytes = try? clone.repository.blob(
                entry.id, path: path, limitBytes: Layout.limit(of: .node(name, group)))
        else { return nil }
        return NodeFile.decode(bytes, name: name, group: group, path: path).value?.node
    }
}
