package import FleetCore

extension FleetReader {
    /// The names of a group's nodes, by the tree's entries alone.
    package func members(of group: GroupName) throws(FleetReadError) -> Set<NodeName> {
        let folder = Layout.nodes(of: group)
        let paths = try attempt { () throws(FileTreeError) in try files.tree.paths(below: folder) }
        return Set(FleetIndex(paths: paths).nodes(of: group).map(\.name))
    }

    /// The names of all nodes of the fleet, by the tree's entries alone.
    package func members() throws(FleetReadError) -> Set<NodeName> {
        let index = try index()
        return Set(index.groupsWithNodes.flatMap { index.nodes(of: $0).map(\.name) })
    }

    /// What the file of a node says, in whatever group it is.
    ///
    /// - Returns: nil if there is no such file, or more than one, or it is wrong.
    /// - Throws: `inaccessible`; `unreadable` if the folder of the groups is.
    package func record(of name: NodeName) throws(FleetReadError) -> NodeRecord? {
        try record(of: name, in: try index())
    }

    /// The same for many nodes of one tree, whose entries are listed once.
    func record(of name: NodeName, in index: FleetIndex) throws(FleetReadError) -> NodeRecord? {
        let found = index.files(of: name)
        guard let (group, path) = found.first, found.count == 1 else { return nil }
        return try attempt { () throws(FileTreeError) in
            try files.decoded(path) { NodeFile.decode($0, name: name, group: group, path: path) }
        }.flawless?.node
    }
}
