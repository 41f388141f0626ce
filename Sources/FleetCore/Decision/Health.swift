/// What a cycle's checks mean: for the soak, for the proof of the admitted declaration, and for its being
/// reached.
package struct Health: Sendable {
    /// Checks that are bad now and were well with the admitted declaration: it may have felled them later.
    package let regressions: [CheckResult]
    /// Checks that were bad already when the declaration came.
    package let badBefore: [CheckResult]
    /// Why a person should look.
    package let reasons: [Reason]
    private let isWell: Bool
    private let isReached: Bool
    private let checks: [CheckResult]
    private let longestSoak: TimeSpan
    private let interval: TimeSpan
    private let now: Instant

    /// - Parameter interval: the configured time between two cycles.
    package init(
        memory: NodeState, decision: Decision, checks: [CheckResult], reboot: RebootStatement,
        restarts: PendingRestarts? = nil, interval: TimeSpan, desired: Desired, now: Instant
    ) {
        let failed = checks.filter(\.isBad)
        let known = Set(memory.admitted?.badChecks ?? [])
        let hasSettled = memory.admitted?.progress == .reached || memory.isUnsettled
        regressions = hasSettled ? failed.filter { !known.contains($0.name) } : []
        badBefore = hasSettled ? failed.filter { known.contains($0.name) } : failed
        var reasons: [Reason] = []
        if let first = regressions.first {
            reasons.append(
                Reason(
                    .checkFailed, count: regressions.count,
                    "check '\(first.name)' turned bad: \(first.message)"))
        }
        if let first = badBefore.first {
            reasons.append(
                Reason(
                    .checkFailedBefore, count: badBefore.count,
                    "check '\(first.name)' was bad before the change: \(first.message)"))
        }
        if reboot.isRequired {
            reasons.append(Reason(.rebootRequired, reboot.reason ?? "a reboot is required"))
        }
        let waiting = restarts?.waiting ?? []
        if let first = waiting.first {
            let more = waiting.count > 1 ? " and \(waiting.count - 1) more" : ""
            reasons.append(
                Reason(
                    .restartPending, count: waiting.count,
                    "\(first.unit)\(more) runs old code, and must be restarted for what is installed to be "
                        + "in effect"))
        }
        self.reasons = reasons
        let isForThisSystem = !decision.reasons.contains { $0.code == .systemMismatch }
        let isComplete = isForThisSystem && decision.assessment?.request.isEmpty ?? false
        isReached = isComplete && memory.intent == nil && decision.admitted != nil && !memory.isUnsettled
        isWell =
            isReached && failed.isEmpty && !reboot.isRequired && waiting.isEmpty
            && decision.assessment?.leftOut.isEmpty ?? false && decision.assessment?.isCompliant ?? false
            && decision.enforced != nil
        self.checks = checks
        if case .member(let membership) = desired.standing {
            longestSoak = membership.soaks.last ?? .zero
        } else {
            longestSoak = .zero
        }
        self.interval = interval
        self.now = now
    }

    /// Brings the memory up to date. In a quiet cycle, with every soak that looks here fulfilled, it changes
    /// nothing.
    package func apply(to memory: inout NodeState) {
        guard var admitted = memory.admitted else {
            memory.wellness = nil
            memory.unwell = nil
            return
        }
        memory.unwell = regressions.isEmpty && badBefore.isEmpty ? nil : admitted.declaration
        if isReached, admitted.progress != .reached {
            admitted.progress = .reached
            admitted.badChecks = checks.filter(\.isBad).map(\.name)
        }
        if admitted.progress == .reached || memory.isUnsettled {
            // A check that has been well since is not excused any more.
            let failed = Set(checks.filter(\.isBad).map(\.name))
            admitted.badChecks = admitted.badChecks.filter(failed.contains)
        }
        memory.admitted = admitted
        measureSoak(of: admitted.declaration, in: &memory)
        if memory.wellness?.isProven ?? false, memory.wellness?.declaration == admitted.declaration {
            memory.previous = nil
        }
        memory.forgetOldProofs()
    }

    private func measureSoak(of declaration: Declaration, in memory: inout NodeState) {
        guard isWell else {
            memory.wellness = nil
            // A soak is unbroken time. The declaration stays proven; how long it has been well begins anew.
            if !regressions.isEmpty || !badBefore.isEmpty { memory.setProof(of: declaration, to: .zero) }
            return
        }
        guard let run = memory.wellness, run.declaration == declaration else {
            memory.wellness = Wellness(beginning: declaration, at: now)
            return
        }
        guard !run.isProven || run.healthyFor < longestSoak else { return }
        let longer = run.continued(at: now, interval: interval)
        memory.wellness = longer
        let known = memory.proven.first { $0.declaration == declaration }?.healthyFor ?? .zero
        memory.proven.removeAll { $0.declaration == declaration }
        memory.proven.append(Proof(declaration: declaration, healthyFor: max(known, longer.healthyFor)))
    }
}

extension NodeState {
    /// How many proofs and failures are remembered besides those that may not be dropped.
    private static let rememberedProofs = DeclarationStack.capacity

    fileprivate mutating func setProof(of declaration: Declaration, to span: TimeSpan) {
        guard let index = proven.firstIndex(where: { $0.declaration == declaration }) else { return }
        proven[index].healthyFor = span
    }

    /// Drops the oldest proofs and failures beyond what a stack holds; admitted, previous and declared are
    /// never dropped.
    fileprivate mutating func forgetOldProofs() {
        let kept = Set(
            [admitted?.declaration, previous?.declaration].compactMap(\.self)
                + stacks.values.flatMap { $0.layers.map(\.declaration) })
        while proven.count > Self.rememberedProofs,
            let index = proven.firstIndex(where: { !kept.contains($0.declaration) })
        {
            proven.remove(at: index)
        }
        while failed.count > Self.rememberedProofs,
            let index = failed.firstIndex(where: { !kept.contains($0.failure.declaration) })
        {
            failed.remove(at: index)
        }
        changes.keep { declaration in
            kept.contains(declaration) || stacks.values.contains { $0.withdrawal(of: declaration) != nil }
        }
        reboots.removeAll { !kept.contains($0.declaration) }
    }
}
