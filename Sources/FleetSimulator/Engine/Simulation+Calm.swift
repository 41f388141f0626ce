internal import FleetCore

extension Simulation {
    /// All faults stop; the operators lift every hold, replace what is beyond help, release something good,
    /// and let failed declarations be tried again. They lift the budgets: failed nodes of late steps, which
    /// wait for the steps before, may fill one, so that the first step waits for them.
    func becomeCalm() {
        tell("all faults stop")
        // Who has no line now is replaced, below; from here on no release takes one away.
        let isCutOff = Set(nodes.filter { !hasLink($0) && $0.troubles.linkDownUntil <= time }.map(\.index))
        isCalm = true
        server.endDeceit()
        mirror.complete()
        for node in nodes {
            node.troubles = Troubles()
            node.clock.wallOffset = 0
            node.clock.isWallKnown = true
            node.agent = .newer
            node.power.planned = nil
            if node.isTwin {
                node.isOff = true
                node.wakeAt = nil
            }
        }
        for node in nodes where !node.isOff && !node.machine.isInEffect {
            node.machine.boot()
            node.clock.boot(at: time)
        }
        for node in nodes where !node.isOff && (isCutOff.contains(node.index) || isMisled(node)) {
            replace(node)
        }
        let release = releases.add(flaw: nil, needsReboot: false)
        edit { content in
            content.fleet.hold = nil
            content.baselines[ReleaseBook.baseline] = ReleaseBook.baseline(release.number)
            for name in content.groups.keys {
                content.groups[name]?.hold = nil
                content.groups[name]?.retry = "calm"
                content.groups[name]?.budget = nil
            }
            for name in content.nodes.keys { content.nodes[name]?.hold = nil }
        }
    }

    /// Whether a node was led onto a history beside the branch by somebody who might sign it: only a person
    /// can bring it back.
    private func isMisled(_ node: SimulatedNode) -> Bool {
        guard let mark = repository.commit(node.disk.state?.mark) else { return false }
        return !repository.head.contains(mark)
    }
}
