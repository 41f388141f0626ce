package import FleetCore

/// What became of a fleet in one run of a scenario.
package struct RehearsalRun: Sendable {
    package let seed: UInt64
    /// The groups that had something to change, in the order of their names.
    package let groups: [GroupCourse]
    /// How long the rollout was looked at, in seconds.
    package let length: Int64

    /// Runs a scenario once.
    package init(_ scenario: RehearsalScenario, seed: UInt64) async {
        let rehearsal = Rehearsal(scenario)
        let simulation = Simulation(rehearsal, seed: seed)
        await simulation.settle(rehearsal)
        length = await simulation.rollOut(rehearsal)
        self.seed = seed
        groups = scenario.movingGroups.map { group in
            GroupCourse(of: group, in: rehearsal, at: simulation.repository.head)
        }
    }

    /// Whether every group finished.
    package var isFinished: Bool { groups.allSatisfy { $0.stop == nil } }
}

/// What became of one group in one run; times in seconds since the merge.
package struct GroupCourse: Sendable {
    package let group: GroupName
    package let nodes: Int
    /// Nodes whose link is dark all the time.
    package let dark: Int
    /// When each node had what was merged, rising.
    package let changed: [Int64]
    /// When each node broke on it, rising.
    package let hits: [Int64]
    /// What the rollout waits for at the end; nil where every node has moved that can.
    package let stop: Stop?
    /// For each value of the label that the group's nodes are counted by: how many nodes were at work on
    /// their packages at once, and for how long without a break at least one of them was.
    package let absences: [Absence]

    /// Why nodes were left behind.
    package struct Stop: Hashable, Sendable {
        package let code: Reason.Code
        /// The step of the waves that did not begin, from 1; nil where it is not a wave that stops.
        package let step: Int?

        package init(code: Reason.Code, step: Int?) {
            self.code = code
            self.step = step
        }
    }

    package struct Absence: Hashable, Sendable {
        /// The label's value.
        package let value: String
        package let most: Int
        /// In seconds.
        package let longest: Int64
    }

    init(of group: Group, in rehearsal: Rehearsal, at head: SimulatedCommit) {
        self.group = group.name
        let members = rehearsal.records.indices.filter {
            rehearsal.records[$0].group == group.name
                && head.content.nodes[rehearsal.records[$0].name] != nil
        }
        let courses = members.map { rehearsal.courses[$0] }
        nodes = members.count
        dark = courses.filter(\.isDark).count
        changed = courses.filter { $0.broke == nil }.compactMap(\.changed).sorted()
        hits = courses.compactMap(\.broke).sorted()
        let isHeld = head.content.fleet.hold != nil || group.hold != nil
        let waiting = members.filter { index in
            !rehearsal.courses[index].isOver && !rehearsal.courses[index].isDark
                && !isHeld && rehearsal.records[index].hold == nil
        }
        stop = Self.stop(waiting, of: group, in: rehearsal, at: head)
        absences = Self.absences(members, of: group, in: rehearsal)
    }

    /// What most of those wait for that come next.
    private static func stop(
        _ waiting: [Int], of group: Group, in rehearsal: Rehearsal, at head: SimulatedCommit
    ) -> Stop? {
        guard !waiting.isEmpty else { return nil }
        var counts: [Stop: Int] = [:]
        let declared = head.stacks[group.baseline]?.declared
        for index in waiting {
            let codes = rehearsal.courses[index].codes
            let code = order.first(where: codes.contains) ?? codes.first ?? .unknown
            var step: Int?
            if waves.contains(code), let declared,
                let plan = head.wavePlan(of: group.name, to: declared)
            {
                step = plan.wave(of: rehearsal.records[index].name).map { $0 + 1 }
            }
            counts[Stop(code: code, step: step), default: 0] += 1
        }
        let earliest = counts.keys.compactMap(\.step).min()
        return counts.filter { $0.key.step == earliest || $0.key.step == nil }
            .max { ($0.value, $1.key.code.rawValue) < ($1.value, $0.key.code.rawValue) }?.key
    }

    private static let waves: Set<Reason.Code> = [.wave, .waveFailed, .wavePause]

    /// What says more of why nothing moves comes first.
    private static let order: [Reason.Code] = [
        .canaryFailed, .waveFailed, .wavePause, .wave, .canarySilent, .canaryUnfit, .diversity, .uncovered,
        .canarySoaking, .canaryBehind, .tooFewHealthy, .gateBroken, .freeze, .window, .budget, .remoteAway,
    ]

    private static func absences(
        _ members: [Int], of group: Group, in rehearsal: Rehearsal
    ) -> [Absence] {
        guard let label = group.budget?.per ?? rehearsal.scenario.countedLabel else { return [] }
        let values = Dictionary(grouping: members) { rehearsal.records[$0].labels[label] ?? "" }
        return values.sorted { $0.key < $1.key }.compactMap { value, members in
            let spans = members.flatMap { rehearsal.courses[$0].absences }
            guard !value.isEmpty, !spans.isEmpty else { return nil }
            let edges = (spans.map { ($0.from, 1) } + spans.map { ($0.to, -1) })
                .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            var present = 0
            var most = 0
            var longest: Int64 = 0
            var since: Int64 = 0
            for (moment, step) in edges {
                if present == 0 { since = moment }
                present += step
                most = max(most, present)
                if present == 0 { longest = max(longest, moment - since) }
            }
            return Absence(value: value, most: most, longest: longest)
        }
    }
}
