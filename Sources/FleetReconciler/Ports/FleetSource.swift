package import FleetCore

/// The port to the fleet repository: a clone, and the remote it comes from.
package protocol FleetSource {
    /// Brings what is new on the branch into the clone, from the first remote that has it as it should be.
    /// Nothing is believed by that.
    ///
    /// - Parameter memory: what the node remembers: its mark tells what is new, and what it follows may name
    ///   further remotes.
    func fetch(_ memory: NodeState) async -> Answers

    /// Authenticates what the clone has and follows it, from what the node remembers. Pure but for reading
    /// the clone.
    ///
    /// - Throws: ``SourceError`` if the clone or the introduction is of no use.
    func follow(_ memory: NodeState) throws(SourceError) -> Following

    /// Reads what the followed commit wants of this node, and the declarations that it may have to choose
    /// from.
    func read(_ following: Following, memory: NodeState) throws(SourceError) -> Desired

    /// Fetches and verifies the newest reports of the nodes that a decision needs, as the followed commit
    /// lists them: of a gate's groups, or of the witnesses of the waves before this node.
    ///
    /// - Parameter desired: names the declarations whose entries the gate may have to compare, and says in
    ///   which order the group moves.
    /// - Returns: the evidence, and what to remember of the nodes so that less is never accepted.
    func evidence(
        of need: EvidenceNeed, for desired: Desired, memory: NodeState, at now: Instant
    ) async -> EvidenceReading
}

/// What became of asking the remotes for the branch.
package struct Answers: Hashable, Sendable {
    /// What is wrong with remotes that were asked, as far as authenticating the clone does not tell it.
    package var conditions: [Reason]
    /// Whether one had the branch as it should be: then the conditions are about others, and a person should
    /// know of them, but nothing was missed.
    package var isAnswered: Bool

    package init(conditions: [Reason] = [], isAnswered: Bool = true) {
        self.conditions = conditions
        self.isAnswered = isAnswered
    }

    /// The conditions of remotes that another one made up for.
    var passedOver: [Reason] { isAnswered ? conditions : [] }
}

/// Where a node stands in the history, after authenticating what is new.
package struct Following: Hashable, Sendable {
    package var mark: CommitID?
    package var followed: CommitID?
    package var introduction: CommitID?
    /// The newest commit that has had its approvals; nil where the source knows of none.
    package var ground: CommitID?
    /// The newest commit at which nothing waited for approval; nil where that is the ground.
    package var settled: CommitID?
    package var stacks: [BaselineName: DeclarationStack]
    /// Whether the tip is authentic and can be read.
    package var mayAdmit: Bool
    package var conditions: [Reason]
    /// The commit whose holds count: the newest authentic one, even if the rest of it cannot be read.
    package var holdsAt: CommitID?
    /// When the mark was committed, by the committer's clock: a wall clock before it is wrong. nil where that
    /// is not known.
    package var markDate: Timestamp?

    package init(
        mark: CommitID?, followed: CommitID?, introduction: CommitID?,
        stacks: [BaselineName: DeclarationStack],
        mayAdmit: Bool, conditions: [Reason], holdsAt: CommitID?, markDate: Timestamp? = nil
    ) {
        self.mark = mark
        self.followed = followed
        self.introduction = introduction
        self.stacks = stacks
        self.mayAdmit = mayAdmit
        self.conditions = conditions
        self.holdsAt = holdsAt
        self.markDate = markDate
    }
}

/// Evidence as it was read, with the memory that goes with it.
package struct EvidenceReading: Hashable, Sendable {
    package var evidence: Evidence
    package var peers: [PeerMemory]
    /// Why nothing new could be read; nil if the remote answered.
    package var condition: Reason?

    package init(evidence: Evidence, peers: [PeerMemory], condition: Reason? = nil) {
        self.evidence = evidence
        self.peers = peers
        self.condition = condition
    }
}

/// Why the fleet repository is of no use to this node.
package struct SourceError: Error, Hashable, Sendable {
    package let code: Code
    /// What was tried, what came of it and what follows; for people.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        /// The clone is damaged; it must be made anew.
        case cloneDamaged
        /// The introduction is not in the history, or is not what it should be.
        case introduction
        /// A disk or permission error.
        case storage
    }
}

extension SourceError: CustomStringConvertible {
    package var description: String { message }
}
