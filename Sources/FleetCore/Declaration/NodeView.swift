/// What one commit of the fleet repository says to one node, and no more than that.
package struct NodeView: Hashable, Sendable {
    package let fleet: Fleet
    /// The node's group, with the fleet's defaults taken up.
    package let group: Group
    package let node: NodeRecord
    /// The group's baseline, with its includes merged.
    package let baseline: Baseline
    /// The source lists that the baseline names, in its order; nil if it leaves the sources of the system as
    /// they are.
    package let sources: [SourceList]?
    /// The groups that the gate looks at, in its order. Empty where there is no gate, or a broken one.
    package let canaries: [CanaryGroup]
    /// The soaks of the gates that look at this node's group and of its own waves, shortest first, each once:
    /// the milestones of its reports.
    package let soaksLookingHere: [TimeSpan]
    /// All nodes of the node's group, in no order that matters: those that its waves are cut from.
    package let peers: [NodeName]
    /// What a person has said of the group's pauses.
    package let proceed: Proceed?

    package init(
        fleet: Fleet, group: Group, node: NodeRecord, baseline: Baseline, sources: [SourceList]?,
        canaries: [CanaryGroup], soaksLookingHere: [TimeSpan], peers: [NodeName], proceed: Proceed?
    ) {
        self.peers = peers
        self.proceed = proceed
        self.fleet = fleet
        self.group = group
        self.node = node
        self.baseline = baseline
        self.sources = sources
        self.canaries = canaries
        self.soaksLookingHere = soaksLookingHere
    }
}

/// A group that a gate looks at.
package struct CanaryGroup: Hashable, Sendable {
    package let name: GroupName
    /// The reason of a hold of the whole group: then all its nodes leave the share, never the failures.
    package let hold: String?
    /// Its nodes, in the order of their names.
    package let nodes: [NodeRecord]

    package init(name: GroupName, hold: String?, nodes: [NodeRecord]) {
        self.name = name
        self.hold = hold
        self.nodes = nodes
    }
}

/// A hold that the fleet repository puts on a node.
package struct Hold: Hashable, Sendable {
    package let level: Level
    package let reason: String

    package init(level: Level, reason: String) {
        self.level = level
        self.reason = reason
    }

    /// Whose file says it.
    package enum Level: String, Sendable, CaseIterable {
        case fleet
        case group
        case node
    }
}

/// What one commit of the fleet repository says to all nodes of a group alike.
package struct GroupView: Hashable, Sendable {
    package let fleet: Fleet
    /// The group, with the fleet's defaults taken up.
    package let group: Group
    /// The groups that the gate looks at, in its order.
    package let canaries: [CanaryGroup]
    /// All nodes of the group; empty where it has no waves.
    package let peers: [NodeName]
    /// What a person has said of the group's pauses.
    package let proceed: Proceed?

    package init(
        fleet: Fleet, group: Group, canaries: [CanaryGroup], peers: [NodeName] = [], proceed: Proceed? = nil
    ) {
        self.fleet = fleet
        self.group = group
        self.canaries = canaries
        self.peers = peers
        self.proceed = proceed
    }

    /// The same, with the group as it is while its baseline is urgent.
    package var whenUrgent: GroupView {
        GroupView(
            fleet: fleet, group: group.whenUrgent, canaries: canaries, peers: peers, proceed: proceed)
    }
}
