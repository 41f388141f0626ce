/// The order in which a group's nodes move to a declaration, cut into waves.
///
/// Every node computes the same from the names of the group's nodes alone, whether they are on hold or not:
/// tree entries tell who is in a group, the content of thousands of files does not have to be read. The order
/// differs from declaration to declaration, so that the first are not always the same.
package struct WavePlan: Hashable, Sendable {
    /// All nodes of the group, in the order of SHA-256(digest ‖ 0 ‖ node), the digest as 64 hexadecimal
    /// digits.
    package let order: [NodeName]
    /// Where each wave ends in the order; rising, one for each step.
    private let ends: [Int]
    private let positions: [NodeName: Int]

    /// How many nodes of a wave are its witnesses at most: whatever the size of the fleet, a node reads few
    /// reports.
    package static let mostWitnesses = 32

    /// - Parameter steps: the shares of the group, cumulative. Wave *k* ends after ⌈share·n⌉ nodes, at least
    ///   one, and never before the wave before it.
    package init(digest: Digest, nodes: [NodeName], steps: [Quota]) {
        let keys = OrderKey.Maker(prefix: Array(digest.hex.utf8) + [0])
        var keyed: [(name: NodeName, key: OrderKey)] = []
        for node in nodes { keyed.append((node, keys.key(for: Array(node.description.utf8)))) }
        keyed.sort { $0.key < $1.key }
        let order = keyed.map(\.name)
        self.order = order
        var ends: [Int] = []
        for step in steps {
            let end = min(max(step.required(of: nodes.count), 1), nodes.count)
            ends.append(max(end, ends.last ?? 0))
        }
        self.ends = ends
        var positions: [NodeName: Int] = [:]
        for (position, node) in order.enumerated() { positions[node] = position }
        self.positions = positions
    }

    /// How many waves there are.
    package var count: Int { ends.count }

    /// The nodes that a wave adds to those before it; empty for a wave that adds nobody, which is passed.
    ///
    /// - Parameter index: from 0.
    package func wave(_ index: Int) -> ArraySlice<NodeName> {
        order[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The wave that adds a node, from 0; nil for a node that is not in the group.
    package func wave(of node: NodeName) -> Int? {
        positions[node].flatMap { position in ends.firstIndex { position < $0 } }
    }
}
