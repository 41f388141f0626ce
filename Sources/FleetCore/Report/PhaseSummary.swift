/// The state of a node in one word, from the most pressing to the least.
package struct PhaseSummary: Sendable {
    package let phase: Phase

    package init(desired: Desired, decision: Decision, memory: NodeState, reasons: [Reason], health: Health) {
        phase = Self.phase(
            desired: desired, decision: decision, memory: memory, codes: Set(reasons.map(\.code)),
            health: health)
    }

    private static func phase(
        desired: Desired, decision: Decision, memory: NodeState, codes: Set<Reason.Code>, health: Health
    ) -> Phase {
        if memory.intent != nil { return codes.contains(.managerStalled) ? .stalled : .blocked }
        if !desired.holds.isEmpty { return .held }
        guard case .member(let membership) = desired.standing else {
            return codes.contains(.untrusted) ? .untrusted : .notEnrolled
        }
        if codes.contains(.untrusted) { return .untrusted }
        if !codes.isDisjoint(with: [.unreadable, .newerAgentNeeded]) { return .unreadable }
        let declared = membership.stack.declared
        if codes.contains(.declarationFailed) {
            let wasUndone = memory.transaction?.result == .undone && decision.admitted != nil
            return wasUndone ? .rolledBack : .failed
        }
        if !health.regressions.isEmpty { return .degraded }
        if !codes.isDisjoint(with: blocking) { return .blocked }
        if !health.badBefore.isEmpty { return .blocked }
        guard let admitted = decision.admitted, !codes.contains(.budget) else { return .waiting }
        if case .converge = decision.action { return .converging }
        if !codes.isDisjoint(with: [.rebootRequired, .restartPending]) { return .rebootRequired }
        let isDrifted = !(decision.assessment?.request.isEmpty ?? true)
        return admitted.declaration == declared && !isDrifted ? .converged : .waiting
    }

    /// What keeps a node from changing and is nobody's fault, or needs somebody's hand on this node.
    private static let blocking: Set<Reason.Code> = [
        .attemptFailed, .packagesLocked, .packageUnavailable, .sourceUnreachable, .noSpace, .planRefused,
        .irreversible, .planImpossible,
        .digestMismatch, .packagesBroken, .packagesUnreadable, .interrupted, .backingOff, .newerKept,
        .heldByHand,
        .systemMismatch, .windowTooShort, .unverifiable,
    ]
}
