package import FleetCore

/// The fleet that a simulation begins with.
package struct FleetShape: Hashable, Sendable {
    package var groups: [GroupShape]
    /// The time between two cycles of a node, in seconds.
    package var interval: Int64 = 300
    package var heartbeat = Fleet.defaultHeartbeat

    package init(_ groups: [GroupShape]) { self.groups = groups }

    package struct GroupShape: Hashable, Sendable {
        package var group: Group
        package var nodes: Int

        package init(_ group: Group, nodes: Int) {
            self.group = group
            self.nodes = nodes
        }
    }

    /// The label by which budgets count.
    package static let siteLabel = "site"

    /// The labels of the n-th node of a group: three sites share the nodes.
    static func labels(_ number: Int) -> [String: String] { [siteLabel: "site-\(number % 3)"] }

    package var nodes: Int { groups.reduce(0) { $0 + $1.nodes } }

    /// The name of the n-th node of a group, from 1.
    package static func name(_ number: Int, in group: GroupName) -> NodeName {
        .simulated("\(group)-\(number)")
    }

    /// The names of all nodes.
    package var names: [NodeName] {
        groups.flatMap { shape in (1...max(shape.nodes, 1)).map { Self.name($0, in: shape.group.name) } }
    }
}

extension Name {
    /// A name that the simulator makes up; one that is no name is a mistake in it.
    package static func simulated(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("'\(text)' is not \(expected)") }
        return name
    }
}
