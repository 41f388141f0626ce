internal import FleetCore

extension Simulation {
    /// Does to a node what fate has for it.
    func strike(_ node: SimulatedNode, _ happening: Happening) {
        switch happening {
        case .cut(_, let steps, let cut, let downFor): node.power.planned = (steps, cut, downFor)
        case .trouble(_, let trouble, let seconds): afflict(node, with: trouble, until: time + seconds)
        case .clock(_, let offset, let isKnown):
            node.clock.wallOffset = offset
            node.clock.isWallKnown = isKnown
        case .suspend(_, let seconds):
            node.clock.suspend(for: seconds)
            node.wakeAt = nil
            node.downUntil = max(node.downUntil, time + seconds)
        case .drift:
            guard let version = PackageVersion("0"), !node.machine.isInterrupted,
                node.disk.state?.intent == nil
            else { return }
            node.machine.put(
                PackageID(name: ReleaseBook.library, architecture: SimulatedMachine.architecture), version,
                state: .installed, at: time)
            node.machine.wasTouched = true
        case .replace: replace(node)
        case .snapshot:
            snapshots[node.name] = NodeSnapshot(
                key: node.key, machine: node.machine, disk: node.disk, clone: node.clone)
        case .restore: restore(node)
        case .twin: twin(of: node)
        case .oldAgent: node.agent = .oldest
        case .newAgent: node.agent = .newer
        default: return
        }
        wake(node, at: time)
    }

    private func afflict(_ node: SimulatedNode, with trouble: Happening.Trouble, until end: Int64) {
        switch trouble {
        case .linkDown: node.troubles.linkDownUntil = end
        case .badPushes: node.troubles.pushesFailUntil = end
        case .diskFull: node.troubles.diskFullUntil = end
        case .packagesLocked: node.troubles.lockedUntil = end
        case .checkBad: node.troubles.checkBadUntil = end
        case .heldHere: node.troubles.heldUntil = end
        }
        follow(.wake(node.index), at: end)
    }

    /// A new machine with a new key takes the name; the operators put its key into the node's file.
    func replace(_ node: SimulatedNode) {
        guard repository.head.content.nodes[node.name] != nil else { return }
        node.machines += 1
        node.key = Self.key(of: node.name, machine: node.machines)
        node.machine = SimulatedMachine(
            serial: "\(node.name)/\(node.index)/\(node.machines)",
            installed: ReleaseBook.packages(of: 0))
        node.disk = NodeDisk()
        node.clone = NodeClone()
        node.clock = SimulatedClock()
        node.clock.boot(at: time)
        node.troubles = Troubles()
        node.power = Power()
        node.downUntil = -1
        watch.forget(node)
        let key = node.key
        edit { $0.nodes[node.name]?.key = key }
    }

    private func restore(_ node: SimulatedNode) {
        guard let copy = snapshots[node.name], copy.key == node.key else { return }
        node.machine = copy.machine
        node.machine.boot()
        node.disk = copy.disk
        node.clone = copy.clone
        node.clock.boot(at: time)
        node.power = Power()
        node.machine.wasTouched = true
        watch.restored(node)
    }

    /// A second machine with the same name and key.
    private func twin(of node: SimulatedNode) {
        let twin = SimulatedNode(
            name: node.name, index: nodes.count, key: node.key, machine: node.machine)
        twin.disk = node.disk
        twin.clone = node.clone
        twin.machine.boot()
        twin.clock.boot(at: time)
        twin.isTwin = true
        nodes.append(twin)
        watch.restored(twin)
        wake(twin, at: time)
    }
}
