internal import FleetCore
internal import FleetReconciler

/// A node's durable memory. Each saving is a step, and makes durable what was written before it.
struct SimulatedStore: StateStore {
    let simulation: Simulation
    let node: SimulatedNode

    func load() throws(StoreError) -> NodeState? {
        if node.disk.isEncoded, let state = node.disk.state {
            // What a process reads that starts anew is what the last one wrote, as bytes.
            do {
                node.disk.state = try NodeState(json: JSONValue(parsing: state.json.documentBytes))
            } catch {
                throw StoreError(.damaged, "\(error)")
            }
            node.disk.isEncoded = false
        }
        var state = node.disk.state
        if var known = state, let load = simulation.mutation?.load {
            load(&known)
            state = known
        }
        return state
    }

    func save(_ state: NodeState) throws(StoreError) {
        guard !simulation.isDiskFull(node) else { throw StoreError(.unwritable, "no space") }
        guard node.power.step() else { throw StoreError(.unwritable, "no power") }
        var state = state
        if let save = simulation.mutation?.save {
            guard save(&state, node.disk.state) else { return }
        }
        let before = node.disk.state
        node.disk.saves += 1
        if simulation.options.usesCodec, node.disk.saves % Self.codecTurn == 0 { node.disk.isEncoded = true }
        node.disk.state = state
        node.clone.flushedReport = node.clone.report
        simulation.watch.saved(state, before: before, on: node, in: simulation)
    }

    /// Every so many savings go through their JSON form, and all that a restarted node reads: the form takes
    /// more time than all the rest.
    private static let codecTurn = 16
}
