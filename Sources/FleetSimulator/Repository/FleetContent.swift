package import FleetCore

/// A person's or a forge's key that may, or may not, sign commits of the branch.
package struct Signer: Hashable, Sendable, Comparable {
    package let name: String

    package init(_ name: String) { self.name = name }

    package static func < (left: Signer, right: Signer) -> Bool { left.name < right.name }
}

/// What one commit of the simulated fleet repository holds: its files, as values.
package struct FleetContent: Sendable {
    package var fleet: Fleet
    package var groups: [GroupName: Group]
    package var nodes: [NodeName: NodeRecord]
    package var baselines: [BaselineName: Baseline]
    /// `trust/`: who may sign the next commit.
    package var trust: Set<Signer>
    /// What a person has said of the pauses of groups.
    package var proceeds: [GroupName: Proceed] = [:]
    /// Baselines whose file has an error.
    package var broken: Set<BaselineName>
    /// The digests of baselines that stand for others, which are not simulated package by package.
    package var digests: [BaselineName: Digest] = [:]

    package init(
        fleet: Fleet, groups: [Group], nodes: [NodeRecord], baselines: [Baseline], trust: Set<Signer>
    ) {
        self.fleet = fleet
        self.groups = Dictionary(groups.map { ($0.name, $0) }) { first, _ in first }
        self.nodes = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        self.baselines = Dictionary(baselines.map { ($0.name, $0) }) { first, _ in first }
        self.trust = trust
        broken = []
    }
}
