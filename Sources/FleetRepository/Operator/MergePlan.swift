package import FleetCore

/// What merging a range of commits would do to a fleet.
package struct MergePlan: Sendable {
    package let base: CommitID
    package let head: CommitID
    /// Of the files as they would be.
    package let validation: Validation
    package var baselines: [BaselinePlan] = []
    package var groups: [GroupPlan] = []
    package var nodes: [NodeChange] = []
    package var trust: [TrustChange] = []
    /// Keys of `fleet.yaml` that change for the whole fleet.
    package var fleet: [SettingChange] = []

    /// Whether nothing that nodes go by would change.
    package var isEmpty: Bool {
        baselines.isEmpty && groups.isEmpty && nodes.isEmpty && trust.isEmpty && fleet.isEmpty
    }

    /// A baseline whose file changes, or one that it includes.
    package struct BaselinePlan: Sendable {
        package let name: BaselineName
        package let effect: Effect
        package let changes: [EntryChange]
        package let order: VersionOrder
        /// Words for what changes besides the packages.
        package let besides: [String]
        /// Why it would be urgent, whatever day it is; nil where it would not.
        package var urgent: Urgency?
    }

    /// What becomes of a baseline's declarations.
    package enum Effect: Sendable {
        /// A new declaration; with the commit that withdrew the same digest before, if one did.
        case declares(Digest, withdrawnBy: CommitID?)
        /// The branch goes back to a declaration, and takes off those above it, newest first.
        case resumes(Declaration, withdrawing: [Declaration])
        /// The declaration stays.
        case keeps
        /// The file is gone; no group has it.
        case removed
    }

    /// A group that is concerned: by its baseline's declaration, or by its own settings.
    package struct GroupPlan: Sendable {
        package let name: GroupName
        /// How many nodes it has afterwards, and how many of these are on hold by their own files.
        package let nodes: Int
        package let heldNodes: Int
        /// Whether its nodes get another declaration.
        package let moves: Bool
        /// As it would be.
        package let group: Group
        /// How many nodes each wave adds; empty without waves.
        package let waveSizes: [Int]
        package let fleetHold: String?
        package let settings: [SettingChange]
        /// What protects its nodes less than before.
        package let loosened: [Loosening]
        /// What its nodes have now, by their newest reports; nil if none were read.
        package var present: Present?
    }

    /// What a group's nodes say that they have.
    package struct Present: Hashable, Sendable {
        /// How many nodes have each declaration.
        package var admitted: [Declaration: Int] = [:]
        /// Nodes without a report that is to be believed, or without anything admitted.
        package var unknown = 0
    }

    /// A key that has another value.
    package struct SettingChange: Hashable, Sendable {
        package let key: String
        /// In words; nil where there is nothing.
        package let from: String?
        package let to: String?
    }

    package struct NodeChange: Hashable, Sendable {
        package let node: NodeName
        package let kind: Kind

        package enum Kind: Hashable, Sendable {
            case added(GroupName)
            case removed(GroupName)
            case moved(from: GroupName, to: GroupName)
            case rekeyed
            case held(String)
            case released
            case changed([String])
        }
    }

    package struct TrustChange: Hashable, Sendable {
        package let isAdded: Bool
        /// Whose key it is and its fingerprint, or the file.
        package let subject: String
    }
}
