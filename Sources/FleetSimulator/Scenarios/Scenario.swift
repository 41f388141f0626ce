internal import FleetCore

/// A story that must end well: what happens, and what is expected of it besides the invariants.
package struct Scenario: Sendable {
    package let name: String
    /// What would go wrong without the rule that it tests.
    package let story: String
    /// The same story in one or more variants, such as a crash at each step.
    package let plans: [SimulationPlan]
    /// What is not as expected after a run; empty if all is well.
    package let faults: @Sendable (Simulation) -> [String]

    init(
        _ name: String, _ story: String, _ plans: [SimulationPlan],
        _ faults: @escaping @Sendable (Simulation) -> [String] = { _ in [] }
    ) {
        self.name = name
        self.story = story
        self.plans = plans
        self.faults = faults
    }

    package static let all: [Scenario] = ofTheBranch + ofCanaries + ofReports + ofMachines

    static let minute: Int64 = 60
    static let hour: Int64 = 3_600
    static let day: Int64 = 86_400

    /// A fleet of canaries and stores, the stores after the canaries.
    static func fleet(
        canaries: Int = 2, stores: Int = 3, soak: Int64 = 4, silence: SilenceRule = .hold,
        failures: Quota = .count(0), waves: [Quota] = []
    ) -> FleetShape {
        let rule = GateRule(
            after: [.simulated("canary")], soak: TimeSpan(seconds: soak * hour), failures: failures,
            silence: silence)
        let steps =
            waves.isEmpty
            ? nil
            : Waves(
                steps: waves, healthy: .percent(100), soak: TimeSpan(seconds: 1_800), failures: .count(0),
                silence: .hold)
        return FleetShape([
            FleetShape.GroupShape(
                Group(name: .simulated("canary"), baseline: ReleaseBook.baseline, gate: .none),
                nodes: canaries),
            FleetShape.GroupShape(
                Group(
                    name: .simulated("store"), baseline: ReleaseBook.baseline, gate: .rule(rule),
                    waves: steps),
                nodes: stores),
        ])
    }

    static func plan(
        _ shape: FleetShape, days: Int64 = 3, seed: UInt64 = 1, _ events: [PlannedEvent]
    ) -> SimulationPlan {
        SimulationPlan(seed: seed, shape: shape, events: events, calmAt: days * day)
    }

    static func canary(_ number: Int) -> NodeName { FleetShape.name(number, in: .simulated("canary")) }

    static func store(_ number: Int) -> NodeName { FleetShape.name(number, in: .simulated("store")) }
}

extension SimulationPlan {
    /// One rollout through a large fleet, without faults: ten canaries, and all others in waves after them.
    /// The fleet is at rest before: its founding waits for nobody.
    package static func rollout(nodes: Int, days: Int) -> SimulationPlan {
        let shape = Scenario.fleet(
            canaries: 10, stores: nodes - 10, soak: 4,
            waves: [.percent(1), .percent(10), .percent(50), .percent(100)])
        let founded = shape.groups.map { shape in
            var group = shape.group
            group.gate = .none
            group.waves = nil
            return FleetShape.GroupShape(group, nodes: shape.nodes)
        }
        let rewritten = shape.groups.map { PlannedEvent(at: Scenario.day, .rewrite($0.group)) }
        var plan = SimulationPlan(
            seed: 1, shape: FleetShape(founded),
            events: rewritten + [PlannedEvent(at: 3 * Scenario.day, .release(nil, needsReboot: false))],
            calmAt: 0)
        plan.endsAt = Int64(days) * 86_400
        return plan
    }
}

extension Simulation {
    /// What nodes of a group did.
    func deeds(_ kind: Deed.Kind, of release: Int, in group: String) -> [Deed] {
        deeds.filter {
            $0.kind == kind && $0.release == release && $0.node.description.hasPrefix("\(group)-")
        }
    }

    /// A complaint if something is not so.
    static func complaint(_ holds: Bool, _ message: String) -> [String] { holds ? [] : [message] }
}
