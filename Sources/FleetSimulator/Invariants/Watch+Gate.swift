internal import FleetCore

extension Watch {
    /// What was admitted must be open by the truth: so many canaries were really well for so long, and not
    /// more had failed than is allowed, as far as this node could know.
    func checkGate(
        of admitted: Admission, at followed: SimulatedCommit, on node: SimulatedNode,
        in simulation: Simulation
    ) {
        guard let record = followed.content.nodes[node.name],
            let group = followed.content.groups[record.group]
        else { return }
        if admitted.receipt.basis == .proven {
            let hasProof = truths[node.key]?.longest[admitted.declaration] != nil
            expect(
                .gate, hasProof, on: node, in: simulation,
                "it admits \(admitted.declaration) as proven, and never was well on it")
            return
        }
        // Whether it is urgent the node judges by its own clock; other rules hold then.
        let urgentDay = followed.urgentUntil(admitted.declaration)
        let reading = node.clock.reading(at: simulation.time)
        let isUrgent = reading.isWallKnown && urgentDay.map { reading.wall.seconds / 86_400 <= $0 } ?? false
        let held = isUrgent ? group.whenUrgent : group
        if case .rule(let rule) = held.gate {
            for name in rule.after {
                checkGroup(
                    name, rule: rule, declaration: admitted.declaration, at: followed, on: node,
                    in: simulation)
            }
        }
        guard !admitted.receipt.isRollback else { return }
        checkWaves(of: held, admitted: admitted, at: followed, on: node, in: simulation)
    }

    private func checkGroup(
        _ name: GroupName, rule: GateRule, declaration: Declaration, at followed: SimulatedCommit,
        on node: SimulatedNode, in simulation: Simulation
    ) {
        let canaries = followed.roll(of: name)
        let isGroupHeld = followed.content.groups[name]?.hold != nil
        let share = canaries.filter { $0.hold == nil && !isGroupHeld }
        let healthy = share.filter { isTrulyHealthy($0, declaration, for: rule.soak) }
        var required = max(1, rule.healthy.required(of: share.count))
        if case .leave = rule.silence { required = 1 }
        expect(
            .gate, healthy.count >= required, on: node, in: simulation,
            "it admits \(declaration) when \(healthy.count) of \(required) in '\(name)' were well on it for "
                + "\(rule.soak)")
        guard simulation.server.deceit == nil, simulation.hasLink(node) else { return }
        let failed = canaries.filter { isKnownToFail($0, declaration, to: node, in: simulation) }
        expect(
            .gate, !rule.failures.isExceeded(by: failed.count, of: canaries.count), on: node,
            in: simulation,
            "it admits \(declaration) when \(failed.count) of '\(name)' say that it failed there")
    }

    private func checkWaves(
        of group: Group, admitted: Admission, at followed: SimulatedCommit, on node: SimulatedNode,
        in simulation: Simulation
    ) {
        guard let waves = group.waves, let plan = followed.wavePlan(of: group, to: admitted.declaration),
            let own = plan.wave(of: node.name)
        else { return }
        for step in 0..<own {
            let witnesses = followed.witnesses(
                of: step, to: admitted.declaration, in: group, plan: plan)
            let share = witnesses.filter { $0.hold == nil }
            guard !share.isEmpty else { continue }
            let healthy = share.filter { isTrulyHealthy($0, admitted.declaration, for: waves.soak) }
            var required = max(1, waves.healthy.required(of: share.count))
            if case .leave = waves.silence { required = 0 }
            expect(
                .waves, healthy.count >= required, on: node, in: simulation,
                "it moves in step \(own + 1) when \(healthy.count) of \(required) of step \(step + 1) were "
                    + "well for \(waves.soak)")
        }
    }

    private func isTrulyHealthy(
        _ record: NodeRecord, _ declaration: Declaration, for soak: TimeSpan
    ) -> Bool {
        (truths[record.key]?.longest[declaration]).map { $0 >= soak.seconds } ?? false
    }

    /// Whether a reader that asks an honest server now is told that a declaration failed on a node.
    private func isKnownToFail(
        _ record: NodeRecord, _ declaration: Declaration, to reader: SimulatedNode, in simulation: Simulation
    ) -> Bool {
        guard let shown = simulation.server.shown(of: record.name), shown.status === shown.latest,
            shown.latest.key == record.key, let report = shown.latest.report
        else { return false }
        return report.declarationsFailed.contains(declaration)
    }

    /// Measures how long a node is really well: from the first to the last of its cycles in a row at which it
    /// was.
    func measure(_ node: SimulatedNode, state: NodeState, in simulation: Simulation) {
        var truth = truths[node.key] ?? NodeTruth()
        defer { truths[node.key] = truth }
        guard let admitted = state.admitted, state.intent == nil, node.machine.isWhole(admitted.form),
            node.machine.isInEffect, simulation.outcome(of: ReleaseBook.check, on: node) == .passed
        else {
            truth.wellSince[node.index] = nil
            return
        }
        guard let since = truth.wellSince[node.index], since.declaration == admitted.declaration else {
            truth.wellSince[node.index] = (admitted.declaration, simulation.time)
            return
        }
        let length = simulation.time - since.time
        truth.longest[admitted.declaration] = max(truth.longest[admitted.declaration] ?? 0, length)
    }
}
