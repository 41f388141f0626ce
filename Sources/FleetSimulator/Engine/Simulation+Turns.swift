internal import FleetCore
internal import FleetReconciler

extension Simulation {
    /// Plans a node's next turn: the next one in its rhythm, or, after a cycle that changed nothing, the
    /// first at which anything can be different.
    ///
    /// A cycle is a function of what its ports say. One without a step that has an effect would go the same
    /// way again, until something of this happens: the branch moves or a report of a node that it reads
    /// arrives (the node is woken then), a trouble around it ends, or its running time passes a threshold:
    /// heartbeat, back-off, a silence.
    func planNextTurn(of node: SimulatedNode, outcome: CycleOutcome?) {
        let isRefused = outcome?.reasons.contains { $0.code == .budget } ?? false
        guard options.skipsQuietCycles, node.hasOnlyReported(isRehearsing: rehearsal != nil),
            !readsCalendar(outcome), !isRefused
        else {
            wake(node, at: time + 1)
            return
        }
        if rehearsal != nil { wakeWhenItsReasonsEnd(node, outcome) }
        for end in node.troubles.ends(after: time) { wake(node, at: end) }
        if let change = nextCheckChange(on: node) { wake(node, at: change) }
        guard let state = node.disk.state else { return }
        let running = state.running.total(at: node.clock.reading(at: time))
        var thresholds: [TimeSpan] = []
        if case .member(let membership)? = outcome?.desired.standing {
            thresholds.append(state.report.at + membership.fleet.heartbeat)
            if !node.reading.isEmpty {
                thresholds += state.peers.map { $0.lastNews + membership.fleet.heartbeat * 2 }
            }
        }
        if let watched = state.watchedAt {
            if case .member(let membership)? = outcome?.desired.standing {
                thresholds.append(watched + membership.fleet.heartbeat)
            }
        }
        // A boot gives services some minutes; a machine that does not go down is asked again.
        if state.unsettled != nil { wake(node, at: time + 1) }
        thresholds += state.reboots.map { $0.askedAt + TimeSpan(seconds: 900) }
        if let backOff = state.backOff { thresholds.append(backOff.until) }
        if let edge = secondsToCalendarEdge(of: node, outcome) { wake(node, at: time + edge) }
        if let backOff = state.prefetchBackOff { thresholds.append(backOff.until) }
        let ahead = thresholds.filter { $0 > running }.map { ($0 - running).milliseconds }
        guard let first = ahead.min() else { return }
        wake(node, at: time + (first + 999) / 1_000)
    }

    /// Whether the cycle asked how long an exception holds.
    private func readsCalendar(_ outcome: CycleOutcome?) -> Bool {
        guard rehearsal == nil, case .member(let membership)? = outcome?.desired.standing else {
            return false
        }
        return !membership.node.exceptions.isEmpty
    }

    /// How long it is until a window may open or shut, or a day ends, by the node's own clock.
    private func secondsToCalendarEdge(of node: SimulatedNode, _ outcome: CycleOutcome?) -> Int64? {
        guard rehearsal == nil, case .member(let membership)? = outcome?.desired.standing,
            !membership.group.windows.isEmpty || !membership.group.freezes.isEmpty
        else { return nil }
        let second = Int(((node.clock.reading(at: time).wall.seconds % 86_400) + 86_400) % 86_400)
        // A window that is about to shut lets nothing begin any more.
        let late = [RebootPolicy.never, .whenRequired].flatMap { policy in
            let least = Int(WindowNeed.least(policy).seconds)
            return membership.group.windows.map { ($0.end * 60 - least + 1 + 86_400) % 86_400 }
        }
        let edges = membership.group.windows.flatMap(\.edges) + late + [0]
        return edges.map { Int64(($0 - second + 86_400 - 1) % 86_400 + 1) }.min()
    }

    /// When a check will turn bad by what is installed.
    private func nextCheckChange(on node: SimulatedNode) -> Int64? {
        let id = PackageID(name: ReleaseBook.application, architecture: SimulatedMachine.architecture)
        guard let package = node.machine.installed[id], let since = node.machine.changedAt[id],
            case .leak(let after)? = harm(of: id.name, package.version, to: node), since + after > time
        else { return nil }
        return since + after
    }

    // MARK: Machines

    /// Lets a machine come up again after a cut.
    func restart(_ node: SimulatedNode, after cut: Happening.Cut, downFor: Int64) {
        node.downUntil = time + max(downFor, 1)
        node.disk.isEncoded = options.usesCodec
        if cut == .power {
            if lots.permille("flushed", "\(node.name)", "\(time)") < 500 {
                node.clone.report = node.clone.flushedReport
            }
            node.machine.downloaded = []
            node.machine.boot(isInVain: isInVain(node))
            node.clock.boot(at: node.downUntil)
        }
        wake(node, at: node.downUntil)
    }

    /// A machine that was asked for it goes down and comes up again.
    func reboot(_ node: SimulatedNode) {
        guard !node.isOff, node.downUntil <= time else { return }
        tell("\(node.name): reboots")
        node.machine.boot(isInVain: isInVain(node))
        node.clock.boot(at: time)
        wake(node, at: time)
    }

    /// Notes that packages have changed on a machine.
    func changed(_ node: SimulatedNode) {
        statistics.transactions += 1
        let id = PackageID(name: ReleaseBook.application, architecture: SimulatedMachine.architecture)
        guard let package = node.machine.installed[id], node.machine.changedAt[id] == time,
            let release = releases.release(of: package.version)
        else { return }
        if release.needsReboot { node.machine.awaitsReboot = true }
        leaveOldCode(on: node)
        callPerson(to: node)
    }

    // MARK: What surrounds a node

    func harm(of package: PackageName, _ version: PackageVersion, to node: SimulatedNode) -> Flaw.Harm? {
        if let rehearsal { return rehearsal.harm(of: package, version, to: node) }
        guard package == ReleaseBook.application, let flaw = releases.release(of: version)?.flaw else {
            return nil
        }
        let lot = lots.permille("flaw", node.machine.serial, version.description)
        return lot < flaw.permille ? flaw.harm : nil
    }

    private func presentHarm(on node: SimulatedNode) -> (harm: Flaw.Harm, since: Int64)? {
        let id = PackageID(name: ReleaseBook.application, architecture: SimulatedMachine.architecture)
        guard let package = node.machine.installed[id],
            let harm = harm(of: id.name, package.version, to: node)
        else { return nil }
        return (harm, node.machine.changedAt[id] ?? 0)
    }

    func hasLink(_ node: SimulatedNode) -> Bool {
        guard node.troubles.linkDownUntil <= time else { return false }
        // A node on its way to the newest release may still pass one that would cut it off for ever.
        if isCalm { return true }
        return presentHarm(on: node)?.harm != .network
    }

    func isDiskFull(_ node: SimulatedNode) -> Bool { node.troubles.diskFullUntil > time }

    /// - Parameter patience: for how many seconds it is tried again before it counts as bad.
    func outcome(
        of check: Check, on node: SimulatedNode, within patience: Int64 = 0
    ) -> CheckResult.Outcome {
        guard node.troubles.checkBadUntil <= time + patience else { return .failed }
        guard node.machine.version(of: ReleaseBook.application) != nil else { return .notApplicable }
        switch presentHarm(on: node) {
        case (.check, _)?: return .failed
        case (.leak(let after), let since)?: return time >= since + after ? .failed : .passed
        case (.script, _)?, (.network, _)?, nil: return .passed
        }
    }

    /// Notes that a report has reached the server.
    func pushed(_ report: StoredReport, by node: SimulatedNode) {
        statistics.reports += 1
        if options.forgetsOldReports { report.previous?.previous?.report = nil }
        watch.pushed(report, by: node, in: self)
        guard rehearsal?.matters(report) ?? true else { return }
        for key in keysOf[node.name] ?? [] {
            for index in readers[key] ?? [] where index != node.index { wake(nodes[index], at: time) }
        }
    }
}

extension SimulatedNode {
    /// Whether its newest cycle did nothing but, perhaps, write and send a report: on the same facts the next
    /// one has nothing to do.
    fileprivate func hasOnlyReported(isRehearsing: Bool) -> Bool {
        guard power.steps > 0 else { return true }
        guard var before = found.state, let after = disk.state, found.tip === clone.tip,
            after.report.isPushed
        else { return false }
        before.report = after.report
        if isRehearsing {
            // What it remembers of others was in this cycle's evidence already.
            before.peers = after.peers
        }
        before.running = after.running
        return before == after
    }

    /// The second of its rhythm at which it runs.
    func phase(in simulation: Simulation) -> Int64 {
        if let knownPhase { return knownPhase }
        let phase = Int64(
            simulation.lots.below(Int(simulation.plan.shape.interval), "phase", "\(name)", "\(index)"))
        knownPhase = phase
        return phase
    }
}
