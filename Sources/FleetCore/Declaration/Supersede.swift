/// What a node of a group does with a newer declaration while gates still wait for its soak of the one that
/// it has.
package enum Supersede: String, Sendable, CaseIterable {
    /// It takes the newest at once. Where merges come faster than soaks end, no group behind it ever moves.
    case newest
    /// It ends the soak that it is in first, then takes the newest.
    case finish
}
