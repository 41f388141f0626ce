internal import FleetCore

/// A happening some seconds after another.
struct Delayed {
    let delay: Int64
    let happening: Happening

    init(_ happening: Happening, after delay: Int64 = 0) {
        self.delay = delay
        self.happening = happening
    }
}

extension PlanMaker {
    /// What one happening of a kind consists of.
    func happenings(
        of kind: FaultOdds.Kind, shape: FleetShape, names: [NodeName],
        _ generator: inout SimulationGenerator
    ) -> [Delayed] {
        if kind.isOfNodes { return [Delayed(ofNode(kind, generator.one(of: names), &generator))] }
        switch kind {
        case .release, .flawedRelease, .revert, .hastyRevert, .staleBranch:
            return ofBranch(kind, shape: shape, &generator)
        case .hold, .move, .retry, .enrol, .remove:
            return ofOperators(kind, shape: shape, names: names, &generator)
        case .keys:
            return [
                Delayed(.newKey), Delayed(.dropKey, after: Int64(generator.below(3 * 86_400))),
            ]
        case .brokenFile: return [Delayed(.breakFile)]
        case .agents:
            let old = generator.one(of: names)
            return [
                Delayed(.oldAgent(old)), Delayed(.oldAgent(generator.one(of: names))),
                Delayed(.needNewerAgent, after: Int64(generator.below(86_400))),
                Delayed(.upgradeAgents, after: 86_400 + Int64(generator.below(5 * 86_400))),
            ]
        case .intruder: return [Delayed(.intrude)]
        case .deceit:
            let deceits: [Happening.Deceit] = [
                .frozen, .rewound(2), .rewoundReports(1), .rewoundReports(3), .dropping, .swapping, .hiding,
                .twoHistories,
            ]
            let hours = generator.one(of: [1, 6, 48, 120])
            return [Delayed(.deceive(generator.one(of: deceits), seconds: Int64(hours) * 3_600))]
        case .mirror: return [Delayed(.mirrorLacks(seconds: Int64(generator.one(of: [1, 6, 48])) * 3_600))]
        case .snapshot:
            let node = generator.one(of: names)
            return [
                Delayed(.snapshot(node)),
                Delayed(.restore(node), after: 600 + Int64(generator.below(4 * 86_400))),
            ]
        case .twin: return [Delayed(.twin(generator.one(of: names)))]
        default: return []
        }
    }

    private func ofBranch(
        _ kind: FaultOdds.Kind, shape: FleetShape, _ generator: inout SimulationGenerator
    ) -> [Delayed] {
        let first = shape.groups[0]
        let last = shape.groups[shape.groups.count - 1].group.name
        let canary = FleetShape.name(1 + generator.below(max(first.nodes, 1)), in: first.group.name)
        switch kind {
        case .release: return [Delayed(.release(nil, needsReboot: generator.happens(permille: 250)))]
        case .flawedRelease:
            let harm: Flaw.Harm = generator.one(of: [
                .script, .check, .check, .leak(after: Int64(1 + generator.below(40)) * 1_800), .network,
            ])
            let flaw = Flaw(harm, permille: generator.one(of: [100, 400, 1_000]))
            var happenings = [Delayed(.release(flaw, needsReboot: generator.happens(permille: 150)))]
            if generator.happens(permille: 500) {
                // The one that failed is put aside, to look at it.
                let level = Happening.Level.node(canary)
                let delay = 3_600 + Int64(generator.below(10)) * 3_600
                let isMoved = generator.happens(permille: 300)
                happenings.append(Delayed(isMoved ? .move(canary, to: last) : .hold(level), after: delay))
                happenings.append(Delayed(.lift(level), after: delay + 3 * 86_400))
            } else if generator.happens(permille: 700) {
                happenings.append(Delayed(.revert(steps: 1), after: 600 + Int64(generator.below(2 * 86_400))))
            }
            return happenings
        case .hastyRevert:
            let pause = Int64(30 + generator.below(1_200))
            return [
                Delayed(.release(nil, needsReboot: false)),
                Delayed(.revert(steps: 1), after: 36_000), Delayed(.revertRevert, after: 36_000 + pause),
            ]
        case .staleBranch: return [Delayed(.revert(steps: generator.number(in: 2...3)))]
        default: return [Delayed(.revert(steps: 1))]
        }
    }

    private func ofOperators(
        _ kind: FaultOdds.Kind, shape: FleetShape, names: [NodeName],
        _ generator: inout SimulationGenerator
    ) -> [Delayed] {
        let group = generator.one(of: shape.groups).group.name
        switch kind {
        case .hold:
            let level: Happening.Level = generator.one(of: [
                .fleet, .group(group), .node(generator.one(of: names)),
                .node(FleetShape.name(1, in: shape.groups[0].group.name)),
            ])
            return [
                Delayed(.hold(level)),
                Delayed(.lift(level), after: 3_600 + Int64(generator.below(4 * 86_400))),
            ]
        case .move: return [Delayed(.move(generator.one(of: names), to: group))]
        case .retry: return [Delayed(.retry(group))]
        case .enrol: return [Delayed(.enrol(group))]
        default: return [Delayed(.remove(generator.one(of: names)))]
        }
    }

    private func ofNode(
        _ kind: FaultOdds.Kind, _ node: NodeName, _ generator: inout SimulationGenerator
    ) -> Happening {
        let hour: Int64 = 3_600
        switch kind {
        case .kill, .powerCut:
            let downFor = generator.one(of: [0, 60, 3_600, 86_400])
            return .cut(
                node, after: generator.below(14), kind == .kill ? .kill : .power,
                downFor: kind == .kill ? 0 : Int64(downFor))
        case .linkDown: return .trouble(node, .linkDown, seconds: Int64(1 + generator.below(30)) * hour)
        case .longDarkness:
            return .trouble(node, .linkDown, seconds: Int64(generator.number(in: 5...21)) * 86_400)
        case .badPushes: return .trouble(node, .badPushes, seconds: Int64(1 + generator.below(60)) * hour)
        case .diskFull: return .trouble(node, .diskFull, seconds: Int64(1 + generator.below(48)) * hour)
        case .packagesLocked:
            return .trouble(node, .packagesLocked, seconds: Int64(1 + generator.below(6)) * hour)
        case .checkBad: return .trouble(node, .checkBad, seconds: Int64(1 + generator.below(12)) * hour)
        case .heldHere: return .trouble(node, .heldHere, seconds: Int64(1 + generator.below(48)) * hour)
        case .clock:
            let offset = generator.one(of: [-56 * 365 * 86_400, -3_600, 7_200, 11 * 365 * 86_400, 0])
            return .clock(node, offset: Int64(offset), isKnown: generator.happens(permille: 500))
        case .suspension: return .suspend(node, seconds: Int64(generator.number(in: 600...172_800)))
        case .drift: return .drift(node)
        default: return .replace(node)
        }
    }
}
