/// What the fleet repository wants of a node, as read at the followed commit.
package struct Desired: Hashable, Sendable {
    /// The followed commit; nil before the first.
    package let commit: CommitID?
    package let standing: FleetStanding
    /// Whether the history is authentic up to a tip that can be read: only then anything new is admitted.
    package let mayAdmit: Bool
    /// Holds of the fleet's, group's and node's file and of files on the node.
    package let holds: [Reason]
    /// What is wrong with the repository or the way to it.
    package let conditions: [Reason]

    package init(
        commit: CommitID?, standing: FleetStanding, mayAdmit: Bool = true, holds: [Reason] = [],
        conditions: [Reason] = []
    ) {
        self.commit = commit
        self.standing = standing
        self.mayAdmit = mayAdmit
        self.holds = holds
        self.conditions = conditions
    }
}

/// How a node stands to its fleet.
package enum FleetStanding: Hashable, Sendable {
    case member(Membership)
    /// No file of this node is in the repository; the text says which one is awaited.
    case absent(awaited: String)
    /// The repository cannot be read yet: no introduction, no authentic commit, no connection.
    case unknown
}

/// What the fleet repository says to one of its nodes.
package struct Membership: Hashable, Sendable {
    package let fleet: Fleet
    package let group: Group
    package let node: NodeRecord
    /// The declarations of the group's baseline.
    package let stack: DeclarationStack
    /// What declarations say, as far as this node needs and can read it.
    package let versions: [Declaration: DeclaredBaseline]
    /// The soaks of the gates that look at this group and of its own waves, rising.
    package let soaks: [TimeSpan]
    /// All nodes of the group, for its waves; may be empty where it has none.
    package let peers: [NodeName]
    /// Plans that are known already, where many nodes share them.
    private let knownPlans: [Declaration: WavePlan]
    /// What a person has said of the group's pauses.
    package let proceed: Proceed?
    /// The nodes that have left the group since a declaration came, where the group moves in waves.
    package let leavers: [Declaration: Set<NodeName>]
    /// Why it cannot be told who has left the group; nil where it can.
    package let leaversUnknown: String?
    /// When declarations were committed, by the committers' clocks, as far as that is known.
    package var declaredAt: [Declaration: Timestamp] = [:]
    /// Which declarations are urgent, as ``judged(at:)`` found.
    package internal(set) var urgent: [Declaration: Urgency] = [:]

    package init(
        fleet: Fleet, group: Group, node: NodeRecord, stack: DeclarationStack,
        versions: [Declaration: DeclaredBaseline], soaks: [TimeSpan] = [],
        peers: [NodeName] = [], knownPlans: [Declaration: WavePlan] = [:], proceed: Proceed? = nil,
        leavers: [Declaration: Set<NodeName>] = [:], leaversUnknown: String? = nil
    ) {
        self.leavers = leavers
        self.leaversUnknown = leaversUnknown
        self.peers = peers
        self.knownPlans = knownPlans
        self.proceed = proceed
        self.fleet = fleet
        self.group = group
        self.node = node
        self.stack = stack
        self.versions = versions
        self.soaks = Set(soaks).sorted()
    }

    /// In which order the group moves to a declaration; nil for a group without waves.
    package func wavePlan(for declaration: Declaration) -> WavePlan? {
        let group = group(for: declaration)
        guard let waves = group.waves else { return nil }
        let known = waves.steps == self.group.waves?.steps ? knownPlans[declaration] : nil
        return known
            ?? WavePlan(digest: declaration.digest, nodes: peers, steps: waves.steps)
    }

    /// What holds for tries of failed declarations.
    package var retry: RetryToken { RetryToken(group: group.retry, node: node.retry) }
}

/// A baseline as a declaration has it.
package struct DeclaredBaseline: Hashable, Sendable {
    package let baseline: Baseline
    /// The texts of the baseline's source lists; nil if it names none.
    package let sources: [SourceList]?
    /// The newest commit at which it was on top.
    package let readAt: CommitID

    package init(baseline: Baseline, sources: [SourceList]?, readAt: CommitID) {
        self.baseline = baseline
        self.sources = sources
        self.readAt = readAt
    }
}

/// What is the case on the node.
package struct Actual: Hashable, Sendable {
    /// What is installed, or why that could not be read.
    package let inventory: Result<Inventory, Reason>
    package let facts: SystemFacts
    /// The rules of the time zones that the group's windows and freezes name, or why they are not known.
    package let zones: [ZoneName: Result<ZoneRules, ZoneError>]
    /// Whether something that is installed takes effect only after a reboot.
    package let reboot: RebootStatement

    package init(
        inventory: Result<Inventory, Reason>, facts: SystemFacts,
        zones: [ZoneName: Result<ZoneRules, ZoneError>] = [:], reboot: RebootStatement = RebootStatement()
    ) {
        self.reboot = reboot
        self.inventory = inventory
        self.facts = facts
        self.zones = zones
    }
}

extension Reason: Error {}
