/// What a node knows of the nodes that its gate looks at.
package struct Evidence: Hashable, Sendable {
    /// The nodes of each group, as the followed commit lists them, and those that have left it since a
    /// declaration, in the order of names.
    package let groups: [GroupName: [CanaryEvidence]]
    /// The witnesses of each wave of this node's own group that moves to a declaration before it, as far as
    /// they were asked for; with those on hold that stand between them, and those that have left the group
    /// since. An empty wave has nobody to judge.
    package private(set) var waves: [Declaration: [[CanaryEvidence]]]
    /// This reader's own running time: how long it has been watching, in all.
    package let watching: TimeSpan
    /// When this reader first saw a declaration, on the same scale.
    package let firstSeen: [Declaration: TimeSpan]
    /// The fleet's heartbeat.
    package let heartbeat: TimeSpan
    /// Which entries a declaration has, as far as this node could read them.
    package let entries: [Declaration: Set<EntryKey>]
    /// Groups that nodes have left which could not be asked.
    package private(set) var unasked: [GroupName: Unasked]

    /// Nodes that have left a group and could not be asked: one of them may have failed on a declaration that
    /// it was there for, so that the group does not open that one meanwhile.
    package struct Unasked: Hashable, Sendable {
        package let reason: Reason
        package let declarations: Set<Declaration>

        package init(_ reason: Reason, for declarations: Set<Declaration>) {
            self.reason = reason
            self.declarations = declarations
        }
    }

    /// Why nobody can tell whether one that has left a group failed on a declaration; nil if it can be told.
    package func unasked(_ group: GroupName, for declaration: Declaration) -> Reason? {
        unasked[group].flatMap { $0.declarations.contains(declaration) ? $0.reason : nil }
    }

    package init(
        groups: [GroupName: [CanaryEvidence]], watching: TimeSpan, firstSeen: [Declaration: TimeSpan],
        heartbeat: TimeSpan, entries: [Declaration: Set<EntryKey>],
        waves: [Declaration: [[CanaryEvidence]]] = [:], unasked: [GroupName: Unasked] = [:]
    ) {
        self.groups = groups
        self.waves = waves
        self.unasked = unasked
        self.watching = watching
        self.firstSeen = firstSeen
        self.heartbeat = heartbeat
        self.entries = entries
    }

    /// This evidence and what was read later: of the waves before this node.
    package func adding(
        waves more: [Declaration: [[CanaryEvidence]]], unasked others: [GroupName: Unasked] = [:]
    ) -> Evidence {
        var evidence = self
        evidence.waves.merge(more) { _, new in new }
        evidence.unasked.merge(others) { _, new in new }
        return evidence
    }

    /// What a node knows that has read no report of others: how long it has been watching, and since when it
    /// has known what is declared.
    package init(unreadBy memory: NodeState, in membership: Membership, at now: Instant) {
        self.init(
            groups: [:], watching: memory.running.total(at: now), firstSeen: memory.firstSeen,
            heartbeat: membership.fleet.heartbeat, entries: [:])
    }

    /// Nothing read: no gate is open on it.
    package static let none = Evidence(
        groups: [:], watching: .zero, firstSeen: [:], heartbeat: Fleet.defaultHeartbeat, entries: [:])
}

/// What a node knows of one other node.
package struct CanaryEvidence: Hashable, Sendable {
    package let node: NodeName
    /// Whether a person has put the node on hold.
    package let isHeld: Bool
    package let testimony: Testimony
    /// When this reader last saw something new of it, in the reader's running time; before any report, when
    /// it first knew of the node.
    package let lastNews: TimeSpan
    /// What it has called failed in the newest report of it that was ever believed.
    package let failed: Set<Declaration>
    /// The labels of its file in the fleet repository.
    package let labels: [String: String]
    /// For a node that is not in the group any more: the declarations at whose commits it was. It counts for
    /// their failures only: who takes a failed node out of a group does not take the failure out of the
    /// world. Nil for a node of the group.
    package let departedFrom: Set<Declaration>?

    package init(
        node: NodeName, isHeld: Bool, testimony: Testimony, lastNews: TimeSpan, failed: Set<Declaration> = [],
        labels: [String: String] = [:], departedFrom: Set<Declaration>? = nil
    ) {
        self.failed = failed
        self.labels = labels
        self.departedFrom = departedFrom
        self.node = node
        self.isHeld = isHeld
        self.testimony = testimony
        self.lastNews = lastNews
    }

    /// What the node has said of itself, as far as this reader believes it.
    ///
    /// Indirect, so that a copy is that of a reference: a gate sorts and filters up to a thousand of them.
    package indirect enum Testimony: Hashable, Sendable {
        /// Its newest report, verified, and the commit that holds it.
        case report(Report, id: CommitID)
        /// It has never reported.
        case none
        /// Its newest report is not believed, and why.
        case rejected(String)
        /// Its newest report names a fleet commit that this reader does not have yet.
        case peerAhead(CommitID)
        /// Its newest report names a fleet commit beside this reader's chain: somebody shows two histories.
        case fork(CommitID)
    }
}
