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
