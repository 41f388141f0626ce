internal import FleetCore

extension Watch {
    /// A node asks its machine to reboot.
    func reboots(_ node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        simulation.statistics.reboots += 1
        simulation.tell("\(node.name): asks for a reboot")
        guard let state = node.disk.state, let admitted = state.admitted,
            let followed = simulation.repository.commit(state.followed),
            let mark = simulation.repository.commit(state.mark)
        else {
            return expect(
                .reboot, false, on: node, in: simulation, "it reboots, and nothing is admitted that lets it")
        }
        checkHold(at: mark, on: node, in: simulation, "reboots")
        checkCalendar(state, at: followed, mark: mark, on: node, in: simulation, "reboots")
        expect(
            .reboot, state.intent == nil && !node.machine.isInterrupted, on: node, in: simulation,
            "it reboots with a transaction open")
        expect(
            .reboot, node.machine.needsBoot, on: node, in: simulation, "it reboots, and nothing needs it")
        let number = simulation.releases.number(of: admitted.declaration.digest)
        expect(
            .reboot, number.map { ReleaseBook.reboot($0) } == .whenRequired, on: node, in: simulation,
            "it reboots for release \(number.map(String.init) ?? "?"), which leaves that to people")
        count(admitted.declaration, at: followed, on: node, in: simulation)
    }

    private func count(
        _ declaration: Declaration, at followed: SimulatedCommit, on node: SimulatedNode,
        in simulation: Simulation
    ) {
        let retry = followed.content.retry(of: node.name)
        var history = histories[node.index] ?? NodeHistory()
        var counted = history.reboots[declaration] ?? (retry, [])
        if counted.retry != retry { counted = (retry, []) }
        counted.boots.insert(node.clock.boots)
        history.reboots[declaration] = counted
        histories[node.index] = history
        expect(
            .reboot, counted.boots.count <= RebootRecord.limit, on: node, in: simulation,
            "it reboots for the \(counted.boots.count)th time for \(declaration)")
    }
}
