/// Whose reports a decision needs.
package enum EvidenceNeed: Hashable, Sendable {
    /// Those of all nodes of the groups that a gate looks at.
    case gate([GroupName])
    /// Those of the witnesses of each wave that moves to a declaration before this node.
    case waves(Declaration)
}

extension Membership {
    /// The groups whose reports the next decision needs: none while no gate has to be asked, so a node at
    /// rest reads nobody.
    package func groupsToAsk(memory: NodeState, desired: Desired) -> [GroupName] {
        guard desired.mayAdmit, desired.holds.isEmpty, memory.intent == nil,
            case .rule(let rule) = group.gate,
            let declared = stack.declared, memory.finalFailure(of: declared, under: retry) == nil
        else { return [] }
        return memory.base?.declaration == declared ? [] : rule.after
    }
}

extension Membership {
    /// The groups to look at although no gate has to be asked: those of a gate that silence may open, once a
    /// heartbeat. Who is looked at only while something is declared was silent since nobody knows when.
    ///
    /// - Parameter running: the reader's running time.
    package func groupsToWatch(memory: NodeState, running: TimeSpan) -> [GroupName] {
        guard watchesSilence, case .rule(let rule) = group.gate else { return [] }
        if let last = memory.watchedAt, running - last < fleet.heartbeat { return [] }
        return rule.after
    }

    /// Since when a declaration that is new to this node counts as seen, by its running time.
    ///
    /// Where silence may excuse a canary, since the canaries were last looked at: what a node could not hear,
    /// because it was dark or has just been enrolled, excuses nobody.
    package func firstSight(memory: NodeState, running: TimeSpan) -> TimeSpan {
        watchesSilence ? min(running, memory.watchedAt ?? .zero) : running
    }

    private var watchesSilence: Bool {
        guard case .rule(let rule) = group.gate, case .leave = rule.silence else { return false }
        return true
    }
}
