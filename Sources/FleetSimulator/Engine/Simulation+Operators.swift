internal import FleetCore

extension Simulation {
    /// Does what the plan says; what makes no sense any more (a node that is gone, nothing to revert) is left
    /// out.
    func perform(_ happening: Happening) {
        switch happening {
        case .cut, .trouble, .clock, .suspend, .drift, .snapshot, .restore, .twin, .oldAgent, .newAgent,
            .replace:
            guard let name = happening.node, let node = node(name), !node.isOff else { return }
            statistics.faults += 1
            strike(node, happening)
        case .mirrorLacks(let seconds):
            statistics.faults += 1
            for (name, version) in ReleaseBook.packages(of: releases.newest.number)
            where name == ReleaseBook.library {
                mirror.lose("\(name) \(version)", until: time + seconds)
            }
            follow(.wakeAll, at: time + seconds)
        case .intrude:
            statistics.faults += 1
            intrude()
        case .deceive(let deceit, let seconds):
            statistics.faults += 1
            deceive(deceit, seconds: seconds)
        case .upgradeAgents:
            for node in nodes { node.agent = .newer }
            wakeAll()
        default: operate(happening)
        }
    }

    /// What operators do, by a signed commit on the newest authentic one.
    private func operate(_ happening: Happening) {
        switch happening {
        case .release(let flaw, let needsReboot):
            let release = releases.add(flaw: flaw, needsReboot: needsReboot)
            edit { $0.baselines[ReleaseBook.baseline] = ReleaseBook.baseline(release.number) }
        case .revert(let steps): revert(steps)
        case .revertRevert: revertRevert()
        case .hold(let level): setHold(level, "stop")
        case .lift(let level): setHold(level, nil)
        case .move(let name, let group):
            edit { content in
                guard content.groups[group] != nil, content.maySpare(name) else { return }
                content.nodes[name]?.group = group
                keysOf[name, default: []].insert(.group(group))
            }
        case .rewrite(let group): edit { $0.groups[group.name] = group }
        case .urge(let days):
            let last = Int(SimulatedClock.beginning + time) / 86_400 + days
            edit { content in
                content.baselines[ReleaseBook.baseline] = content.baselines[ReleaseBook.baseline].map {
                    $0.urgent(Urgency(until: CalendarDay(daysSinceEpoch: last), reason: "in the news"))
                }
            }
        case .retry(let group): edit { $0.groups[group]?.retry = "at \(time)" }
        case .enrol(let group): enrol(into: group)
        case .remove(let name): edit { if $0.maySpare(name) { $0.nodes[name] = nil } }
        case .newKey:
            let key = Signer("key-\(time)")
            edit { $0.trust.insert(key) }
            operatorKey = key
        case .dropKey:
            edit { content in
                if let old = content.trust.filter({ $0 != operatorKey }).min() { content.trust.remove(old) }
            }
        case .breakFile: edit { $0.broken.insert(ReleaseBook.baseline) }
        case .needNewerAgent: edit { $0.fleet.agent = .current }
        default: break
        }
    }

    /// Commits a change, and mends what was broken before.
    func edit(_ change: (inout FleetContent) -> Void) {
        var content = repository.head.content
        content.broken = []
        change(&content)
        repository.commit(content, on: repository.head, by: operatorKey, at: time)
        wakeAll()
    }

    private func baseline(of digest: Digest) -> Baseline? {
        var commit: SimulatedCommit? = repository.head
        while let current = commit {
            if current.digests[ReleaseBook.baseline] == digest {
                return current.content.baselines[ReleaseBook.baseline]
            }
            commit = current.parent
        }
        return nil
    }

    private func revert(_ steps: Int) {
        let layers = repository.head.stacks[ReleaseBook.baseline]?.layers ?? []
        guard layers.count > steps,
            let old = baseline(of: layers[layers.count - 1 - steps].declaration.digest)
        else { return }
        edit { $0.baselines[ReleaseBook.baseline] = old }
    }

    private func revertRevert() {
        guard let stack = repository.head.stacks[ReleaseBook.baseline],
            let withdrawn = stack.withdrawals.last?.declaration,
            let again = baseline(of: withdrawn.digest)
        else { return }
        edit { $0.baselines[ReleaseBook.baseline] = again }
    }

    private func setHold(_ level: Happening.Level, _ reason: String?) {
        edit { content in
            switch level {
            case .fleet: content.fleet.hold = reason
            case .group(let group): content.groups[group]?.hold = reason
            case .node(let node): content.nodes[node]?.hold = reason
            }
        }
    }

    private func enrol(into group: GroupName) {
        guard repository.head.content.groups[group] != nil else { return }
        let name = NodeName.simulated("\(group)-new-\(nodes.count)")
        let key = Self.key(of: name, machine: 0)
        // The machine asks for its file before anybody has merged it.
        addNode(name, key: key, group: group)
        edit {
            $0.nodes[name] = NodeRecord(
                name: name, group: group, key: key, labels: FleetShape.labels(nodes.count))
        }
    }

    // MARK: Hostility

    /// Somebody without a right to it signs a release, and gets it onto the branch.
    private func intrude() {
        var content = repository.head.content
        content.baselines[ReleaseBook.baseline] = ReleaseBook.baseline(releases.newest.number + 1)
        content.trust = [Signer("mallory")]
        repository.commit(content, on: repository.tip, by: Signer("mallory"), at: time)
        wakeAll()
    }

    private func deceive(_ deceit: Happening.Deceit, seconds: Int64) {
        var side: SimulatedCommit?
        if deceit == .twoHistories {
            // Somebody who may sign commits beside the branch, and shows it to some.
            let parent = repository.head.parent ?? repository.head
            var content = parent.content
            content.baselines[ReleaseBook.baseline] = ReleaseBook.baseline(0)
            side = repository.commit(beside: content, on: parent, by: operatorKey, at: time)
        }
        server.begin(deceit, tip: repository.tip, sideTip: side)
        wakeAll()
        follow(.endDeceit, at: time + seconds)
    }
}

extension FleetContent {
    /// Whether a node may leave its group: `plimsoll validate` refuses an empty group of canaries.
    fileprivate func maySpare(_ name: NodeName) -> Bool {
        guard let group = nodes[name]?.group else { return false }
        return nodes.values.filter { $0.group == group }.count > 1
    }
}
