internal import FleetCore

extension Watch {
    /// Faults have stopped long ago: every node has what is declared, and from now on only rests.
    func demandConvergence(in simulation: Simulation) {
        isResting = true
        let head = simulation.repository.head
        for node in simulation.nodes where !node.isOff {
            guard let record = head.content.nodes[node.name] else { continue }
            guard violation == nil else { return }
            let declared = head.content.groups[record.group].flatMap { head.stacks[$0.baseline]?.declared }
            let history = histories[node.index]
            let state = node.disk.state
            let isThere =
                state?.admitted?.declaration == declared && history?.lastPhase == .converged
                && state?.intent == nil
            expect(
                .convergence, isThere, on: node, in: simulation,
                "long after the last fault it is '\(history?.lastPhase?.rawValue ?? "nothing")' on "
                    + "\(node.machine.summary), not on \(declared.map { "\($0)" } ?? "nothing"): "
                    + Self.codes(history?.lastReasons ?? []))
            expect(
                .wholeness, node.machine.isOfOneRelease, on: node, in: simulation,
                "long after the last fault it has \(node.machine.summary)")
            expect(
                .chain, state?.report.isPushed ?? false, on: node, in: simulation,
                "long after the last fault its report is not at the server")
        }
    }
}
