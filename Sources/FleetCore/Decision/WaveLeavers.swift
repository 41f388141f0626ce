/// The nodes that have left a group since a declaration came, each in the wave that it would be in.
///
/// Who takes a failed node out of a group does not take the failure out of the world: it holds back the waves
/// behind its own as if it were still there. The waves are cut for it from the group as it was, so that
/// nobody gets before a failed node because that one was moved.
package struct WaveLeavers: Hashable, Sendable {
    /// Those of each wave that moved before the node, in the order of the group; as long as that is.
    package let waves: [[NodeName]]

    /// How many of a wave are looked at: all that may have been its witnesses, with those on hold between
    /// them, and as many again where others took their places.
    package static let mostOfWave = 2 * WavePlan.mostWitnesses

    /// - Parameter left: those that were in the group at the declaration's commit and are not now.
    package init(
        _ left: Set<NodeName>, from peers: [NodeName], digest: Digest, steps: [Quota], before node: NodeName
    ) {
        let left = left.subtracting(peers)
        guard !left.isEmpty else {
            waves = []
            return
        }
        let plan = WavePlan(digest: digest, nodes: peers + left, steps: steps)
        var waves = (0..<(plan.wave(of: node) ?? 0)).map { index in
            // Behind those that may be witnesses a failure would not count while the node is there, either.
            plan.wave(index).prefix(Self.mostOfWave).filter(left.contains)
        }
        while waves.last?.isEmpty == true { waves.removeLast() }
        self.waves = waves
    }

    /// Those of a wave, from 0.
    package func wave(_ index: Int) -> [NodeName] { index < waves.count ? waves[index] : [] }
}

extension Membership {
    /// Who has left the waves that move to a declaration before this node.
    package func waveLeavers(for declaration: Declaration) -> WaveLeavers {
        WaveLeavers(
            leavers[declaration] ?? [], from: peers, digest: declaration.digest,
            steps: group(for: declaration).waves?.steps ?? [], before: node.name)
    }
}
