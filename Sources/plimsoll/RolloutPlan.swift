internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetRepository
internal import FleetSimulator

/// A rollout that is to be simulated, and where it comes from.
struct RolloutPlan {
    let scenario: RehearsalScenario
    let fleet: FleetName
    let head: CommitID
    /// nil where the declaration that is rolled out is an imaginary one.
    let base: CommitID?
    /// Whether the time of the merge matters to any group.
    let hasCalendar: Bool

    /// Reads a repository.
    ///
    /// - Throws: ``InvalidRepository``; ``ProgramError`` if there is nothing to roll out.
    init(_ source: RolloutSource, options: SimulateOptions) throws {
        let ground = try source.ground(at: source.head)
        let after = RehearsedFleet(ground)
        var before = after
        var next = after
        if let base = source.base {
            before = RehearsedFleet(try source.ground(at: base))
        } else {
            // A next declaration of everything: what it consists of makes no difference to when it moves.
            next.digests = after.digests.mapValues { Digest(of: Array("the one after \($0.hex)".utf8)) }
        }
        hasCalendar = ground.groups.contains { !$0.windows.isEmpty || !$0.freezes.isEmpty }
        var scenario = RehearsalScenario(
            from: before, to: next, start: options.start ?? SystemClock.wall)
        options.apply(to: &scenario)
        let zones = ground.groups.reduce(into: Set<ZoneName>()) { $0.formUnion($1.zones) }
        scenario.zones = ZoneDatabase().rulesForOperators(of: zones)
        // Each node alone knows its own.
        scenario.zones[.local] = .success(.utc)
        self.scenario = scenario
        fleet = ground.fleet.name
        head = source.head
        base = source.base
        try check(source, names: Set(ground.groups.map(\.name)))
    }

    private func check(_ source: RolloutSource, names: Set<GroupName>) throws {
        guard !scenario.after.nodes.isEmpty else {
            throw ProgramError(
                .usage, "the fleet at \(head.short) has no nodes; there is nothing to simulate")
        }
        for rule in scenario.breaks {
            guard !scenario.after.nodes.contains(where: rule.holds) else { continue }
            throw ProgramError(.usage, "--breaks \(rule): no node of the fleet is meant by it")
        }
        if let label = scenario.countedLabel,
            !scenario.after.nodes.contains(where: { $0.labels[label] != nil })
        {
            throw ProgramError(.usage, "--per \(label): no node of the fleet has this label")
        }
        guard let base else { return }
        let moving = scenario.movingGroups
        guard !moving.isEmpty else {
            throw ProgramError(
                .usage,
                "\(base.short)..\(head.short) changes what no group shall have; there is nothing to roll out")
        }
        for name in Set(moving.map(\.baseline)).sorted() {
            guard let digest = scenario.after.digests[name], scenario.before.digests[name] != nil else {
                continue
            }
            let stack = try source.stack(of: name, at: base)
            guard stack.layers.contains(where: { $0.declaration.digest == digest }) else { continue }
            throw ProgramError(
                .usage,
                "\(base.short)..\(head.short) takes the baseline '\(name)' back to what was declared before: "
                    + "no gate, wave or window holds that, and each node goes back in its next cycle")
        }
    }
}

extension RehearsedFleet {
    fileprivate init(_ ground: RolloutGround) {
        self.init(
            fleet: ground.fleet, groups: ground.groups, nodes: ground.nodes, digests: ground.digests,
            excepted: ground.excepted)
    }
}
