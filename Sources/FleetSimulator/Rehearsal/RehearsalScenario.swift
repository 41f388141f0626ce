package import FleetCore

/// A fleet as one commit has it, as far as a rollout needs it: no packages, only which declaration each
/// baseline is.
package struct RehearsedFleet: Sendable {
    package var fleet: Fleet
    package var groups: [Group]
    /// In the order of groups, then names; an exception that keeps a node from vouching is one of any entry.
    package var nodes: [NodeRecord]
    package var digests: [BaselineName: Digest]
    /// The nodes that have an exception from the baseline of their group.
    package var excepted: Set<NodeName>

    package init(
        fleet: Fleet, groups: [Group], nodes: [NodeRecord], digests: [BaselineName: Digest],
        excepted: Set<NodeName> = []
    ) {
        self.fleet = fleet
        self.groups = groups
        self.nodes = nodes
        self.digests = digests
        self.excepted = excepted
    }

    /// What a group's nodes shall have; nil if it has no such group.
    package func digest(of group: GroupName) -> Digest? {
        groups.first { $0.name == group }.flatMap { digests[$0.baseline] }
    }
}

/// A rollout to rehearse, and what goes wrong in it.
package struct RehearsalScenario: Sendable {
    package let before: RehearsedFleet
    /// What the merge brings.
    package let after: RehearsedFleet
    /// How likely a node breaks on what it is changed to; of several rules about a node the last one holds.
    package var breaks: [BreakRule] = []
    /// The share of links that are dark all the time.
    package var dark = Share.none
    /// How long they were dark before the merge.
    package var darkSince = TimeSpan(seconds: 7 * 86_400)
    /// The share of links that fall dark at some time in the day after the merge.
    package var darkening = Share.none
    /// The time between two cycles of a node.
    package var interval = TimeSpan(seconds: 300)
    /// How long a change takes, and its undoing.
    package var change = TimeSpan(seconds: 120)
    /// When the merge is, by the wall clock: windows and freezes go by it.
    package var start: Timestamp
    /// The rules of the zones that windows and freezes name.
    package var zones: [ZoneName: Result<ZoneRules, ZoneError>] = [:]
    /// How long the rollout is looked at.
    package var span = TimeSpan(seconds: 14 * 86_400)
    /// Whether a person lets every pause pass at once.
    package var passesPauses = false

    /// The label by whose values nodes at work are counted in groups without a budget.
    package var countedLabel: String?

    package init(from before: RehearsedFleet, to after: RehearsedFleet, start: Timestamp) {
        self.before = before
        self.after = after
        self.start = start
    }

    /// The groups that the merge brings something to change.
    package var movingGroups: [Group] {
        after.groups.filter { after.digests[$0.baseline] != before.digest(of: $0.name) }
            .sorted { $0.name < $1.name }
    }

    func breaks(on node: NodeRecord) -> Share {
        breaks.last { $0.holds(for: node) }?.share ?? .none
    }
}
