internal import FleetCore

/// The keys of all nodes along the fleet's history.
///
/// It is built in one walk that looks into a folder only where it differs from the commit before: libgit2
/// keeps no large folder in memory, so that looking up each report's node by its path would read a folder
/// of ten thousand nodes for each report.
struct KeyBook {
    private let clone: Clone
    /// The number of each commit's list of nodes; commits that leave `groups` as it was share one.
    private var numbers: [CommitID: Int] = [:]
    /// What became of each node's file, in the order of numbers.
    private var events: [NodeName: [Event]] = [:]
    /// The folders of the list that was read last.
    private var folders: [String: Folder] = [:]
    /// The key in each blob that was read.
    private var keys: [ObjectID: SSHPublicKey?] = [:]

    private struct Event {
        let number: Int
        /// Where the node's file stands from here on; nil where it was taken out.
        let place: Place?
    }

    private struct Place {
        let path: String
        let group: GroupName
        let entry: GitTreeEntry
    }

    private struct Folder {
        let id: ObjectID
        let entries: [String: GitTreeEntry]
    }

    /// Folders deeper than this are not looked into.
    private static let deepest = 16

    /// - Parameter chain: the commits that reports may name, oldest first.
    init(_ clone: Clone, along chain: [CommitID]) throws(GitError) {
        self.clone = clone
        var last: ObjectID?
        var number = 0
        for commit in chain {
            let groups = try clone.repository.entry(at: Layout.groups, in: commit)
            if groups?.id != last {
                number += 1
                last = groups?.id
                let folder = groups?.kind == .folder ? groups?.id : nil
                try turn(Layout.groups, to: folder, at: commit, number, depth: 0)
            }
            numbers[commit] = number
        }
        folders = [:]
    }

    /// Notes how a folder differs from what it was.
    private mutating func turn(
        _ path: String, to id: ObjectID?, at commit: CommitID, _ number: Int, depth: Int
    ) throws(GitError) {
        let old = folders[path]
        guard old?.id != id, depth < Self.deepest else { return }
        var new: [String: GitTreeEntry] = [:]
        if id != nil {
            for entry in try clone.repository.entries(of: path, in: commit) ?? [] { new[entry.name] = entry }
        }
        folders[path] = id.map { Folder(id: $0, entries: new) }
        for (name, entry) in old?.entries ?? [:] where new[name] != entry {
            let inner = "\(path)/\(name)"
            if entry.kind == .folder {
                if new[name]?.kind == .folder { continue }
                try turn(inner, to: nil, at: commit, number, depth: depth + 1)
            } else if new[name] == nil {
                remove(inner, number)
            }
        }
        for (name, entry) in new where old?.entries[name] != entry {
            let inner = "\(path)/\(name)"
            if entry.kind == .folder {
                try turn(inner, to: entry.id, at: commit, number, depth: depth + 1)
            } else if case .node(let node, let group) = FileKind(path: inner) {
                let place = Place(path: inner, group: group, entry: entry)
                events[node, default: []].append(Event(number: number, place: place))
            }
        }
    }

    /// Notes that a node's file is gone, unless the node has one elsewhere already: then it was moved.
    private mutating func remove(_ path: String, _ number: Int) {
        guard case .node(let node, _) = FileKind(path: path), events[node]?.last?.place?.path == path
        else { return }
        events[node]?.append(Event(number: number, place: nil))
    }

    /// What a commit says of a node's key.
    enum Answer: Hashable {
        case key(SSHPublicKey)
        /// No file of the commit lists the node.
        case notListed
        /// The node's file, or the key in it, cannot be read.
        case unreadable
    }

    mutating func key(of node: NodeName, at commit: CommitID) throws(GitError) -> Answer {
        guard let place = place(of: node, at: commit) else { return .notListed }
        if let known = keys[place.entry.id] { return known.map(Answer.key) ?? .unreadable }
        let key = try FleetRoll.key(place.entry, at: place.path, name: node, group: place.group, in: clone)
        keys.updateValue(key, forKey: place.entry.id)
        return key.map(Answer.key) ?? .unreadable
    }

    /// What a commit says of a node; nil if it does not list the node, or its file is wrong.
    func record(of node: NodeName, at commit: CommitID) -> NodeRecord? {
        place(of: node, at: commit).flatMap { record(of: node, in: $0) }
    }

    private func record(of node: NodeName, in place: Place) -> NodeRecord? {
        guard place.entry.isFile,
            let bytes = try? clone.repository.blob(
                place.entry.id, path: place.path, limitBytes: Layout.limit(of: .node(node, place.group)))
        else { return nil }
        return NodeFile.decode(bytes, name: node, group: place.group, path: place.path).flawless?.node
    }

    /// The groups that have had a node at some commit.
    var groups: Set<GroupName> { Set(events.values.joined().compactMap { $0.place?.group }) }

    /// Where a node was at last, and what its file said there; nil if no commit ever listed it.
    func lastPlace(of node: NodeName) -> (group: GroupName, record: NodeRecord?)? {
        guard let place = events[node]?.last(where: { $0.place != nil })?.place else { return nil }
        return (place.group, record(of: node, in: place))
    }

    private func place(of node: NodeName, at commit: CommitID) -> Place? {
        guard let number = numbers[commit] else { return nil }
        return events[node]?.last { $0.number <= number }?.place
    }
}
