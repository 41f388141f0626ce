internal import FleetCore

extension Watch {
    /// A node has written its state.
    func saved(_ state: NodeState, before: NodeState?, on node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        checkCommits(state, before: before, on: node, in: simulation)
        if let admitted = state.admitted, admitted.declaration != before?.admitted?.declaration,
            admitted.receipt != before?.previous?.receipt
        {
            simulation.tell(
                "\(node.name): admits \(simulation.words(for: admitted.declaration))"
                    + " (\(admitted.receipt.basis.rawValue))"
            )
            simulation.note(.admitted, admitted.declaration, by: node)
            checkAdmission(admitted, state: state, on: node, in: simulation)
        }
        if let given = before?.admitted, given.progress == .provisional,
            state.admitted?.declaration != given.declaration
        {
            simulation.note(.gaveBack, given.declaration, by: node)
        }
        if let before, before.peers != state.peers {
            checkPeers(state, before: before, on: node, in: simulation)
        }
        if let failure = state.failed.last, failure.failure.isFinal,
            histories[node.index]?.failed[failure.failure.declaration] != failure.retry
        {
            simulation.tell(
                "\(node.name): \(simulation.words(for: failure.failure.declaration)) failed: "
                    + failure.failure.reason
            )
            simulation.note(.failed, failure.failure.declaration, by: node)
            histories[node.index, default: NodeHistory()].failed[failure.failure.declaration] = failure.retry
        }
    }

    private func checkCommits(
        _ state: NodeState, before: NodeState?, on node: SimulatedNode, in simulation: Simulation
    ) {
        guard state.mark != before?.mark || state.followed != before?.followed else { return }
        let mark = simulation.repository.commit(state.mark)
        let followed = simulation.repository.commit(state.followed)
        expect(
            .authenticity, (mark?.isAuthentic ?? true) && (followed?.isAuthentic ?? true), on: node,
            in: simulation, "it follows \(state.followed?.short ?? "nothing"), which nobody authorised")
        if let old = simulation.repository.commit(before?.mark) {
            expect(
                .mark, mark?.contains(old) ?? false, on: node, in: simulation,
                "the mark went from \(old.id.short) to \(state.mark?.short ?? "nothing")")
        }
    }

    private func checkPeers(
        _ state: NodeState, before: NodeState, on node: SimulatedNode, in simulation: Simulation
    ) {
        // Of nodes that it does not look at any more, a reader remembers a bounded number.
        guard before.peers.count <= PeerBook.capacity else { return }
        var known: [NodeName: [PeerMemory]] = [:]
        for peer in state.peers { known[peer.node, default: []].append(peer) }
        let names = simulation.repository.commit(state.followed)?.content.nodes
        let lost = before.peers.first { old in
            guard names?[old.node]?.key == old.key else { return false }
            let new = known[old.node]?.first { $0.key == old.key }
            return (new?.sequence ?? 0) < old.sequence
        }
        expect(
            .memory, lost == nil, on: node, in: simulation,
            "it forgot that it saw report \(lost?.sequence ?? 0) of \(lost.map { "\($0.node)" } ?? "")")
    }

    /// What the node has admitted must be on the branch that it follows, and open by the truth.
    private func checkAdmission(
        _ admitted: Admission, state: NodeState, on node: SimulatedNode, in simulation: Simulation
    ) {
        guard let followed = simulation.repository.commit(state.followed) else { return }
        let isBrought =
            simulation.repository.commit(admitted.declaration.commit).map {
                $0.isAuthentic && followed.contains($0)
            } ?? false
        expect(
            .authenticity, isBrought, on: node, in: simulation,
            "it admits \(admitted.declaration), which is not on its branch")
        let stack = followed.stacks[admitted.baseline]
        expect(
            .withdrawn, stack?.contains(admitted.declaration) ?? false, on: node, in: simulation,
            "it admits \(admitted.declaration), which the branch has gone back from")
        checkGate(of: admitted, at: followed, on: node, in: simulation)
    }
}
