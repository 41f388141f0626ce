/// What history says of the facts that a receipt names: read from the fleet's authentic chain, and from
/// reports whose signatures were found good.
package struct ReceiptGround: Sendable {
    /// The first report of the node's chain that brings the receipt.
    package let bearer: Report
    /// The report before that one in the chain; nil if it is the first.
    package let before: Report?
    /// What the commit that the receipt names says.
    package let place: Place
    /// The declarations of the receipt's baseline at that commit, grown from the introduction.
    package let stack: DeclarationStack
    /// What became of looking up each report that the receipt names, by its id.
    package let reports: [CommitID: WitnessReport]
    /// Whether the node had said before that the declaration was proven there.
    package let proof: OwnProof
    /// The entries of the receipt's declaration, and of those that the witnesses have, as far as they can be
    /// read.
    package let entries: [Declaration: Set<EntryKey>]

    package init(
        bearer: Report, before: Report?, place: Place, stack: DeclarationStack,
        reports: [CommitID: WitnessReport] = [:], proof: OwnProof = .none,
        entries: [Declaration: Set<EntryKey>] = [:]
    ) {
        self.bearer = bearer
        self.before = before
        self.place = place
        self.stack = stack
        self.reports = reports
        self.proof = proof
        self.entries = entries
    }

    /// Where the commit that a receipt names lies, and what it says to the receipt's group.
    package enum Place: Sendable {
        case setting(Setting)
        /// It is not on the fleet's authentic chain.
        case beside
        /// It lies before the introduction, from which declarations are counted.
        case beforeIntroduction
        /// It lists the node in another group, or in none.
        case otherGroup(GroupName?)
        /// It lies on the chain after the commit that the report follows.
        case afterBearer
        /// Its content is wrong, so that no node can follow it.
        case unreadable(String)
        /// This program cannot tell what it says.
        case unavailable(String)
    }

    /// What a commit says to one group, and of the node.
    package struct Setting: Sendable {
        /// With the group as it was for the declaration: urgent or not.
        package let view: GroupView
        /// What the commit lists for the node.
        package let node: NodeRecord
        /// The nodes that were in a group that the gate looks at when the declaration came, and are not now;
        /// and those of the own group where it moves in waves.
        package let departed: [GroupName: [Peer]]
        /// The order in which the group moves to the receipt's declaration; nil without waves.
        package let plan: WavePlan?
        /// The witnesses of each wave before the node's own, whether on hold or not, and those that have left
        /// it since.
        package let waves: [[Peer]]
        /// Why the declaration was urgent by the commit; nil where it was not.
        package let urgency: Urgency?

        package init(
            view: GroupView, node: NodeRecord, departed: [GroupName: [Peer]] = [:], plan: WavePlan? = nil,
            waves: [[Peer]] = [], urgency: Urgency? = nil
        ) {
            self.urgency = urgency
            self.view = view
            self.departed = departed
            self.node = node
            self.plan = plan
            self.waves = waves
        }
    }

    /// A node that others look at.
    package struct Peer: Hashable, Sendable {
        package let node: NodeName
        package let isHeld: Bool
        package let labels: [String: String]
        /// Whether it has left the group since the declaration: then it counts for failures only.
        package let hasLeft: Bool

        package init(
            _ node: NodeName, isHeld: Bool, labels: [String: String] = [:], hasLeft: Bool = false
        ) {
            self.hasLeft = hasLeft
            self.node = node
            self.isHeld = isHeld
            self.labels = labels
        }
    }

    /// What became of looking up a report that a receipt names.
    package enum WitnessReport: Sendable {
        /// It is in the witness' chain and authentic.
        ///
        /// - isByListedKey: whether the key that signed it is the one that the receipt's commit lists.
        case found(Report, isByListedKey: Bool)
        /// It says to be of another node.
        case ofAnother(NodeName)
        /// It is in the witness' chain, and is not authentic.
        case notAuthentic(String)
        /// The witness' chain has another report with that number.
        case beside
        /// Nobody has it here.
        case missing
    }

    /// Whether a node had called a declaration proven before it went back to it.
    package enum OwnProof: Sendable {
        case before
        /// Only in the very report that brings the receipt.
        case withIt
        case none
    }
}
