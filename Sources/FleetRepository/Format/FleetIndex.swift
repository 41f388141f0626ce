internal import FleetCore

/// Who is in which group, by the paths alone.
struct FleetIndex: Sendable {
    /// All groups that have a `group.yaml`.
    private(set) var groups: Set<GroupName> = []
    /// The files of each group's nodes, in the order of their paths.
    private(set) var nodes: [GroupName: [(name: NodeName, path: String)]] = [:]

    init(paths: [String]) {
        for path in paths {
            switch FileKind(path: path) {
            case .group(let group): groups.insert(group)
            case .node(let name, let group): nodes[group, default: []].append((name, path))
            case .fleet, .baseline, .sourceList, .trust, .misplaced, .other: break
            }
        }
    }

    /// How many nodes each group has.
    var sizes: [GroupName: Int] { nodes.mapValues(\.count) }

    /// The files of a node: one, if all is well.
    func files(of name: NodeName) -> [(group: GroupName, path: String)] {
        nodes.flatMap { group, files in files.filter { $0.name == name }.map { (group, $0.path) } }
            .sorted { $0.path < $1.path }
    }
}
