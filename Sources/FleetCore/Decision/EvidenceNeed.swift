extension Membership {
    /// The groups whose reports the next decision needs: none while no gate has to be asked, so a node at
    /// rest reads nobody.
    package func groupsToAsk(memory: NodeState, desired: Desired) -> [GroupName] {
        guard desired.mayAdmit, desired.holds.isEmpty, memory.intent == nil,
            case .rule(let rule) = group.gate,
            let declared = stack.declared, memory.finalFailure(of: declared, under: retry) == nil
        else { return [] }
        let base = memory.admitted?.progress == .provisional ? memory.previous : memory.admitted
        return base?.declaration == declared ? [] : rule.after
    }
}
