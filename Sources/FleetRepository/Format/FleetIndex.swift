internal import FleetCore

/// Who is in which group, by the paths alone.
///
/// Every cycle of every node makes one, for a fleet of any size: so paths are only sorted into groups here,
/// and taken apart for the few groups that are asked about.
struct FleetIndex: Sendable {
    /// All groups that have a `group.yaml`.
    private(set) var groups: Set<GroupName> = []
    /// The paths below each group's `nodes`, in their order.
    private var paths: [GroupName: [String]] = [:]
    /// Paths that are no files of the format beside those below `nodes`.
    private var others: [String] = []

    init(paths: [String]) {
        var last: (text: Substring, group: GroupName?) = ("", nil)
        for path in paths where path.utf8.starts(with: "groups/".utf8) {
            let rest = path.utf8.dropFirst("groups/".utf8.count)
            guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else {
                others.append(path)
                continue
            }
            let text = path[rest.startIndex..<slash]
            if text != last.text { last = (text, GroupName(text)) }
            guard let group = last.group else { continue }
            let inner = rest[slash...].dropFirst()
            if inner.elementsEqual("group.yaml".utf8) {
                groups.insert(group)
            } else if inner.starts(with: "nodes/".utf8) {
                self.paths[group, default: []].append(path)
            } else if inner.elementsEqual("nodes".utf8) {
                others.append(path)
            }
        }
    }

    /// Where a folder with the files of nodes may have been meant, but something else stands.
    var placesOfFolders: [String] {
        others + paths.values.joined().filter { !$0.ends(with: ".yaml") }.sorted()
    }

    /// The groups with files of nodes, whether they have a `group.yaml` or not.
    var groupsWithNodes: [GroupName] { paths.keys.filter { !nodes(of: $0).isEmpty } }

    /// The files of a group's nodes, in the order of their paths.
    func nodes(of group: GroupName) -> [(name: NodeName, path: String)] {
        (paths[group] ?? []).compactMap { path in
            guard case .node(let name, _) = FileKind(path: path) else { return nil }
            return (name, path)
        }
    }

    /// The files of a node, in the order of their paths: one, if all is well.
    func files(of name: NodeName) -> [(group: GroupName, path: String)] {
        var found: [(group: GroupName, path: String)] = []
        for (group, paths) in paths {
            found += paths.filter { $0.ends(with: "/\(name).yaml") }.map { (group, $0) }
        }
        return found.sorted { $0.path < $1.path }
    }
}

extension StringProtocol {
    /// Whether the bytes of this text end with those of `ending`.
    func ends(with ending: String) -> Bool {
        utf8.count >= ending.utf8.count && utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }
}
