package import FleetCore

/// What a cycle would do.
package struct CyclePreview: Sendable {
    package let desired: Desired
    package let decision: Decision
    /// The changes that the package manager announces; nil if none are pending.
    package let plan: Plan?
    /// Why there is no plan, or why it would be refused.
    package let obstacle: Reason?
    /// What is wrong with remotes that another one made up for.
    package let passedOver: [Reason]
}

extension Reconciler {
    /// Goes through a cycle up to the plan, and changes nothing: no package, no state, no report.
    package mutating func preview(at reading: Instant) async throws(CycleError) -> CyclePreview {
        do {
            memory = try store.load() ?? NodeState()
        } catch {
            throw CycleError(.state, error.message)
        }
        let answers = await source.fetch(memory)
        passedOver = answers.passedOver
        let following: Following
        do {
            following = try source.follow(memory)
        } catch {
            throw CycleError(error)
        }
        memory.adopt(following, at: reading)
        let now = reading.doubted(before: following.markDate)
        var desired = try read(following, answers: answers, at: now)
        desired.note(memory.staleness(in: desired, since: following.markDate, at: now))
        _ = noteFirstSeen(desired, at: now)
        var evidence = await readEvidence(for: &desired, at: now)
        let decision = await deliberate(
            &desired, actual: await observe(for: desired), evidence: &evidence, at: now)
        guard let request = decision.pending(isHeld: !desired.holds.isEmpty) else {
            return CyclePreview(
                desired: desired, decision: decision, plan: nil, obstacle: nil, passedOver: passedOver)
        }
        do {
            let plan = try await packages.plan(
                decision.admitted.map { request.returning(to: $0) } ?? request)
            return CyclePreview(
                desired: desired, decision: decision, plan: plan, obstacle: plan.refusal,
                passedOver: passedOver)
        } catch {
            return CyclePreview(
                desired: desired, decision: decision, plan: nil,
                obstacle: Reason(error.code.reasonCode, error.message), passedOver: passedOver)
        }
    }
}

extension Decision {
    /// What would be changed now, or on a node that is held, without the hold; nil for nothing.
    fileprivate func pending(isHeld: Bool) -> ChangeRequest? {
        if case .converge(let request) = action { return request }
        guard isHeld, let request = assessment?.request, !request.isEmpty else { return nil }
        return request
    }
}

extension NodeState {
    /// Takes over where authenticating has led.
    mutating func adopt(_ following: Following, at now: Instant) {
        let before = mark
        mark = following.mark
        followed = following.followed
        introduction = following.introduction
        ground = following.ground
        settled = following.settled
        stacks = following.stacks
        noteNews(after: before, at: now)
    }
}
