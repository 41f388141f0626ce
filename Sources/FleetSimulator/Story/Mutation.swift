package import FleetCore
package import FleetReconciler

/// A deliberate bug: a rule that is broken between the reconciler and its world, as a bug in it would.
///
/// The simulator must find each of them; a rule whose breaking nobody notices is not tested.
package struct Mutation: Sendable {
    package let name: String
    /// The rule that it breaks.
    package let rule: String
    /// Changes the state as the reconciler reads it.
    package var load: (@Sendable (inout NodeState) -> Void)?
    /// Changes the state as it is written, given the one before; false leaves the writing out.
    package var save: (@Sendable (inout NodeState, NodeState?) -> Bool)?
    /// Changes what comes of authenticating; given the tip as fetched.
    package var following: (@Sendable (inout Following, SimulatedCommit?) -> Void)?
    package var desired: (@Sendable (inout Desired, SimulatedRepository) -> Void)?
    package var evidence: (@Sendable (inout EvidenceReading, Membership, [CanaryGroup]) -> Void)?
    package var skipsChecks = false
    package var believesAnyKey = false

    package init(_ name: String, breaks rule: String) {
        self.name = name
        self.rule = rule
    }
}
