internal import FleetCore

/// The keys of nodes at any commit of the fleet's history, found without reading the whole list of nodes each
/// time.
struct KeyBook {
    private let clone: Clone
    /// Where each node's file stood when it was looked for last: it seldom moves.
    private var paths: [NodeName: String] = [:]
    /// The key in each blob that was read.
    private var keys: [ObjectID: SSHPublicKey?] = [:]
    /// The lists of nodes that were read last, by the tree of `groups`.
    private var lists: [ObjectID: [NodeName: String]] = [:]

    /// As many lists of nodes are kept; they may be long.
    private static let listLimit = 8
    private static let pathLimit = 200_000

    init(_ clone: Clone) { self.clone = clone }

    /// What a commit says of a node's key.
    enum Answer: Hashable {
        case key(SSHPublicKey)
        /// No file of the commit lists the node.
        case notListed
        /// The node's file, or the key in it, cannot be read.
        case unreadable
    }

    mutating func key(of node: NodeName, at commit: CommitID) throws(GitError) -> Answer {
        guard let (path, entry) = try place(of: node, at: commit) else { return .notListed }
        if let known = keys[entry.id] { return known.map(Answer.key) ?? .unreadable }
        guard case .node(let name, let group) = FileKind(path: path) else { return .unreadable }
        let key = try FleetRoll.key(entry, at: path, name: name, group: group, in: clone)
        keys.updateValue(key, forKey: entry.id)
        return key.map(Answer.key) ?? .unreadable
    }

    private mutating func place(
        of node: NodeName, at commit: CommitID
    ) throws(GitError) -> (path: String, entry: GitTreeEntry)? {
        if let path = paths[node], let entry = try clone.repository.entry(at: path, in: commit) {
            return (path, entry)
        }
        guard let path = try list(at: commit)[node],
            let entry = try clone.repository.entry(at: path, in: commit)
        else { return nil }
        paths[node] = path
        return (path, entry)
    }

    private mutating func list(at commit: CommitID) throws(GitError) -> [NodeName: String] {
        guard let folder = try clone.repository.entry(at: Layout.groups, in: commit) else { return [:] }
        if let known = lists[folder.id] { return known }
        var list: [NodeName: String] = [:]
        for (path, _) in try clone.repository.paths(below: Layout.groups, in: commit, limit: Self.pathLimit)
            ?? []
        {
            if case .node(let name, _) = FileKind(path: path) { list[name] = path }
        }
        if lists.count >= Self.listLimit { lists = [:] }
        lists[folder.id] = list
        return list
    }
}
