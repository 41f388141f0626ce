/// The rule that settled a decision, by its number in the order in which ``decide`` goes through them.
package enum DecisionRule: Int, Sendable, CaseIterable {
    /// A transaction that was interrupted is finished or undone before anything else.
    case interrupted = 0
    /// A person's stop.
    case hold
    /// Not in the fleet; or its history is not authentic, or its tip not readable.
    case membership
    /// What is declared is admitted.
    case enforce
    /// The declaration failed here, finally.
    case failed
    /// The branch went back.
    case rollback
    /// The gate is not open.
    case gate
    /// Freeze, window, wave, budget.
    case time
    /// Everything says yes.
    case admit

    /// The rule in one sentence, without a full stop.
    package var words: String {
        switch self {
        case .interrupted: "a transaction was interrupted: it is finished or undone first"
        case .hold: "on hold: nothing is changed"
        case .membership: "nothing new is admitted: not in the fleet, or the branch is not to be followed"
        case .enforce: "what is declared is admitted: it is reached, and kept"
        case .failed: "the declaration failed here, finally: what is admitted stays"
        case .rollback: "the branch went back: the declared one is admitted at once"
        case .gate: "the gate is not open: what is admitted is kept meanwhile"
        case .time: "it may be admitted, but not now: window, freeze, wave or budget"
        case .admit: "everything says yes: it is admitted"
        }
    }
}
