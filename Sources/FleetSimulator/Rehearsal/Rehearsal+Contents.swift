internal import FleetCore

extension Rehearsal {
    /// The fleet before anything: what was declared, without gate, wave or window, so that it is soon at
    /// rest.
    var beginning: FleetContent {
        var fleet = scenario.before.fleet
        fleet.hold = nil
        let groups = scenario.before.groups.map {
            Group(name: $0.name, baseline: $0.baseline, gate: .none, attempts: $0.attempts)
        }
        var nodes = scenario.before.nodes.map { record(of: $0, in: scenario.before) }
        for index in nodes.indices { nodes[index].hold = nil }
        return content(fleet, groups: groups, nodes: nodes, digests: scenario.before.digests)
    }

    /// The fleet as it is before the merge.
    var calm: FleetContent {
        content(
            scenario.before.fleet, groups: scenario.before.groups,
            nodes: scenario.before.nodes.map { record(of: $0, in: scenario.before) },
            digests: scenario.before.digests)
    }

    var merged: FleetContent {
        content(
            scenario.after.fleet, groups: scenario.after.groups,
            nodes: scenario.after.nodes.map { record(of: $0, in: scenario.after) },
            digests: scenario.after.digests)
    }

    private func content(
        _ fleet: Fleet, groups: [Group], nodes: [NodeRecord], digests: [BaselineName: Digest]
    ) -> FleetContent {
        let baselines = digests.map { name, digest in
            ReleaseBook.baseline(scenario.before.digests[name] == digest ? 0 : Self.release, named: name)
        }
        var content = FleetContent(
            fleet: fleet, groups: groups.map(passable), nodes: nodes, baselines: baselines,
            trust: [Signer("alice")])
        content.digests = digests
        return content
    }

    /// A group as a person leads it: where pauses are passed there are none.
    private func passable(_ group: Group) -> Group {
        guard scenario.passesPauses, let waves = group.waves else { return group }
        var group = group
        group.waves = Waves(
            steps: waves.steps, healthy: waves.healthy, soak: waves.soak, failures: waves.failures,
            silence: waves.silence)
        return group
    }

    /// A node with at most one exception, of an entry that the simulated baselines have.
    private func record(of node: NodeRecord, in fleet: RehearsedFleet) -> NodeRecord {
        let exception = EntryException(reason: "as in the node's file", until: nil)
        return NodeRecord(
            name: node.name, group: node.group, key: node.key, labels: node.labels,
            exceptions: fleet.excepted.contains(node.name)
                ? [.package(ReleaseBook.library, nil): exception] : [:],
            hold: node.hold, retry: node.retry)
    }
}
