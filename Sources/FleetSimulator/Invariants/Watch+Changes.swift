internal import FleetCore
internal import FleetReconciler

extension Watch {
    /// The package manager begins to change a node.
    func begins(_ plan: Plan, on node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        let state = node.disk.state
        expect(
            .wholeness, state?.intent != nil, on: node, in: simulation,
            "packages change and no intent is written: a crash now would leave it half-patched")
        if isResting {
            expect(
                .convergence, false, on: node, in: simulation,
                "it changes packages though everything has converged")
        }
        guard let state, let intent = state.intent else { return }
        simulation.tell("\(node.name): \(intent.kind.rawValue) \(simulation.words(for: intent.declaration))")
        simulation.note(intent.kind == .undo ? .undid : .changed, intent.declaration, by: node)
        guard intent.kind != .undo, intent.interruptions == 0 else { return }
        guard let followed = simulation.repository.commit(state.followed),
            let mark = simulation.repository.commit(state.mark)
        else { return }
        checkHold(at: mark, on: node, in: simulation)
        guard intent.kind == .converge else { return }
        checkBudget(state, at: followed, on: node, in: simulation)
        checkCalendar(state, at: followed, mark: mark, on: node, in: simulation)
        let retry = followed.content.retry(of: node.name)
        let failed = histories[node.index]?.failed[intent.declaration]
        expect(
            .failure, failed == nil || failed != retry, on: node, in: simulation,
            "\(intent.declaration) failed here, and is tried again")
        if let admitted = state.admitted, admitted.progress == .provisional,
            admitted.declaration == intent.declaration
        {
            checkGate(of: admitted, at: followed, on: node, in: simulation)
        }
    }

    func checkHold(
        at mark: SimulatedCommit, on node: SimulatedNode, in simulation: Simulation,
        _ deed: String = "changes packages"
    ) {
        let record = mark.content.nodes[node.name]
        let isHeld =
            mark.content.fleet.hold != nil || record?.hold != nil
            || record.flatMap { mark.content.groups[$0.group]?.hold } != nil
            || node.troubles.heldUntil > simulation.time
        expect(.hold, !isHeld, on: node, in: simulation, "it \(deed) under a hold")
    }

    /// Counts who else is in change at the same site.
    private func checkBudget(
        _ state: NodeState, at followed: SimulatedCommit, on node: SimulatedNode, in simulation: Simulation
    ) {
        guard let record = followed.content.nodes[node.name],
            let budget = followed.content.groups[record.group]?.budget, !simulation.server.hasDeceived,
            state.admitted?.receipt.isRollback == false
        else { return }
        let others = simulation.nodes.filter { other in
            guard other !== node, !other.isOff, let own = followed.content.nodes[other.name],
                own.group == record.group, own.labels[budget.per] == record.labels[budget.per],
                own.key == other.key, let intent = other.disk.state?.intent
            else { return false }
            return intent.kind == .converge && other.disk.state?.admitted?.receipt.isRollback == false
        }
        expect(
            .budget, others.count < budget.unavailable, on: node, in: simulation,
            "it begins a change when \(others.count) others of its site are in change, and "
                + "\(budget.unavailable) may be")
    }

    /// Reckons with hours and days by itself, not with what the node makes of its calendar.
    ///
    /// - Parameter deed: what it does, where that needs a window also when the branch went back.
    func checkCalendar(
        _ state: NodeState, at followed: SimulatedCommit, mark: SimulatedCommit, on node: SimulatedNode,
        in simulation: Simulation, _ deed: String? = nil
    ) {
        guard let record = followed.content.nodes[node.name],
            let group = followed.content.groups[record.group],
            !group.windows.isEmpty || !group.freezes.isEmpty,
            state.admitted?.receipt.isRollback == false || deed != nil
        else { return }
        let reading = node.clock.reading(at: simulation.time)
        let wall = reading.wall.seconds
        let isKnown = reading.isWallKnown && wall >= SimulatedClock.beginning + mark.time
        let minute = Int(wall % 86_400) / 60
        let needed = minutesNeeded(for: state.admitted?.declaration, isReboot: deed != nil, in: simulation)
        let isOpen = group.windows.allSatisfy { window in
            let length = (window.end - window.start + 1_440 - 1) % 1_440 + 1
            let since = (minute - window.start + 1_440) % 1_440
            return since < length && (length == 1_440 || since + needed <= length)
        }
        let day = Int(wall / 86_400)
        let urgentDay = followed.urgentUntil(state.admitted?.declaration)
        let isUrgent = urgentDay.map { day <= $0 } ?? false
        let hasMissed = hasMissedEnough(of: group, state, at: wall, in: simulation)
        let isFrozen = group.freezes.contains {
            ($0.from.daysSinceEpoch...$0.to.daysSinceEpoch).contains(day)
        }
        let place = isKnown ? isFrozen ? "in a freeze" : "outside its window" : "not knowing the time"
        expect(
            .calendar, isKnown && (isOpen || isUrgent || hasMissed) && !isFrozen, on: node, in: simulation,
            "it \(deed ?? "begins a change") \(place)")
    }

    /// Even the smallest change needs two minutes; where the baseline lets nodes reboot, a quarter of an hour
    /// is kept for that, and a reboot alone needs no more.
    private func minutesNeeded(
        for declaration: Declaration?, isReboot: Bool, in simulation: Simulation
    ) -> Int {
        let release = declaration.flatMap { simulation.releases.number(of: $0.digest) }
        let forReboot = release.map { ReleaseBook.reboot($0) == .never } ?? false ? 0 : 15
        return isReboot ? 15 : 2 + forReboot
    }

    /// Counts the windows, day by day, that lie between what the node may know of and now.
    private func hasMissedEnough(
        of group: Group, _ state: NodeState, at wall: Int64, in simulation: Simulation
    ) -> Bool {
        guard case .run(let enough) = group.missed, let attended = state.attended?.seconds,
            let window = group.windows.first,
            let declared = simulation.repository.commit(state.admitted?.declaration.commit)
        else { return false }
        let first = max(attended, SimulatedClock.beginning + declared.time)
        let length = Int64((window.end - window.start + 1_440 - 1) % 1_440 + 1) * 60
        var missed = 0
        var opening = first - first % 86_400 - 86_400 + Int64(window.start) * 60
        while opening + length <= wall {
            if opening >= first { missed += 1 }
            opening += 86_400
        }
        return missed >= enough
    }

    /// A cycle has ended; without an outcome if its own disk was of no use.
    func ended(_ outcome: CycleOutcome?, on node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        guard let state = node.disk.state else { return }
        measure(node, state: state, in: simulation)
        guard let outcome else { return }
        checkWholeness(state, on: node, in: simulation)
        guard case .member(let membership) = outcome.desired.standing else { return }
        let isAsDeclared =
            outcome.decision.admitted?.declaration == membership.stack.declared
            && outcome.decision.assessment?.request.isEmpty ?? false
        expect(
            .reason, isAsDeclared || !outcome.reasons.isEmpty || outcome.phase == .converging, on: node,
            in: simulation, "it is not as declared, and gives no reason")
        // Who was taken off the list while a second history misled it is nobody's node any more.
        if isResting, simulation.repository.head.content.nodes[node.name] != nil {
            expect(
                .convergence, isAsDeclared && outcome.phase == .converged, on: node, in: simulation,
                "it was converged, and is \(outcome.phase.rawValue) now: \(Self.codes(outcome.reasons))")
        }
        histories[node.index, default: NodeHistory()].lastPhase = outcome.phase
        histories[node.index, default: NodeHistory()].lastReasons = outcome.reasons
    }

    /// What is not being changed is all of one release.
    private func checkWholeness(_ state: NodeState, on node: SimulatedNode, in simulation: Simulation) {
        if let admitted = state.admitted, node.machine.isWhole(admitted.form) {
            node.machine.wasTouched = false
        }
        guard state.intent == nil, !node.machine.wasTouched, state.admitted?.progress != .begun else {
            return
        }
        let isRetrying = state.backOff != nil || state.failed.contains { !$0.failure.isFinal }
        expect(
            .wholeness, node.machine.isOfOneRelease || isRetrying, on: node, in: simulation,
            "it is left with \(node.machine.summary)")
    }

    static func codes(_ reasons: [Reason]) -> String {
        reasons.map { "\($0.code.rawValue) (\($0.message))" }.joined(separator: ", ")
    }
}

extension FleetContent {
    /// What holds for tries of failed declarations on a node.
    func retry(of node: NodeName) -> RetryToken {
        let record = nodes[node]
        return RetryToken(group: record.flatMap { groups[$0.group]?.retry }, node: record?.retry)
    }
}

extension SimulatedCommit {
    /// The last day, since 1970, on which a declaration is urgent, by the newest commit at which it was on
    /// top and could be read; nil if it is not.
    func urgentUntil(_ declaration: Declaration?) -> Int? {
        let name = ReleaseBook.baseline
        var next: SimulatedCommit? = self
        while let commit = next {
            if commit.stacks[name]?.declared == declaration, commit.digests[name] == declaration?.digest {
                return commit.content.baselines[name]?.urgent?.until.daysSinceEpoch
            }
            next = commit.parent
        }
        return nil
    }
}

extension SimulatedMachine {
    /// Whether all packages are of the same release, and none is broken.
    var isOfOneRelease: Bool {
        guard let version = version(of: ReleaseBook.application),
            let number = Int(version.description)
        else { return false }
        let packages = ReleaseBook.packages(of: number)
        return installed.count == packages.count
            && installed.values.allSatisfy { packages[$0.id.name] == $0.version && $0.state == .installed }
    }

    var summary: String {
        installed.values.sorted { $0.id < $1.id }.map {
            "\($0.id.name) \($0.version)\($0.state == .installed ? "" : " \($0.state.rawValue)")"
        }.joined(separator: ", ")
    }
}
