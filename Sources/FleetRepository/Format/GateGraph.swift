internal import FleetCore

/// The gates of all groups seen together: what no single file shows to be wrong.
struct GateGraph {
    private let groups: [GroupName: GroupFile]
    private let unreadable: Set<GroupName>
    private let sizes: [GroupName: Int]
    private let named: Set<GroupName>

    /// - Parameters:
    ///   - groups: the groups whose files could be read.
    ///   - unreadable: the groups whose files could not.
    ///   - sizes: how many nodes each group has.
    init(groups: [GroupName: GroupFile], unreadable: Set<GroupName>, sizes: [GroupName: Int]) {
        self.groups = groups
        self.unreadable = unreadable
        self.sizes = sizes
        named = Set(groups.values.flatMap(\.after))
    }

    /// The file of a group; nil if it could not be read.
    func group(_ name: GroupName) -> GroupFile? { groups[name] }

    /// The gate of a group as a node needs it. Whatever is wrong with it makes it wait.
    func setting(of file: GroupFile) -> GateSetting {
        if let problem = (file.gateProblems + problems(of: file)).first {
            return .broken(problem.description)
        }
        if let group = file.after.first(where: unreadable.contains) {
            return .broken("the gate looks at group '\(group)', whose file cannot be read")
        }
        guard let gate = file.keys.gate, !gate.isNone else { return .none }
        guard let rule = gate.rule else { return .broken("the gate of group '\(file.name)' is not whole") }
        return .rule(rule)
    }

    /// The soaks of the gates that look at `group`, shortest first.
    func soaks(lookingAt group: GroupName) -> [TimeSpan] {
        let looking = groups.values.filter { $0.after.contains(group) }
        let soaks = looking.flatMap { [$0.keys.gate?.soak, ($0.keys.urgent ?? nil)?.soak] }
        return Set(soaks.compactMap(\.self)).sorted()
    }

    /// What is wrong with the gate of `file` beyond the file itself.
    func problems(of file: GroupFile) -> [Problem] {
        let path = Layout.group(file.name)
        guard let gate = file.keys.gate else {
            guard !named.contains(file.name) else { return [] }
            return [
                Problem(
                    path, .start,
                    "found no 'gate', and no gate of another group looks at '\(file.name)'; expected a gate, "
                        + "or 'gate: none' if it shall move at once")
            ]
        }
        var problems: [Problem] = []
        for (group, place) in gate.after ?? [] {
            problems += self.problems(of: file, after: group, place).map { Problem(path, place, $0) }
            if case .count(let count) = gate.healthy, let size = sizes[group], size > 0, count > size {
                let message =
                    "found a gate that needs \(count) healthy nodes of group '\(group)', which has \(size); "
                    + "it would never open"
                problems.append(Problem(path, gate.healthyPlace ?? gate.place, message))
            }
        }
        if let cycle = cycle(from: file.name) {
            let words = cycle.map(\.description).joined(separator: " → ")
            problems.append(
                Problem(path, gate.place, "found a cycle between gates: \(words); none of them would open"))
        }
        return problems
    }

    /// The gates that ask for more diversity than all nodes of a group together have.
    func diversityProblems(among nodes: [NodeRecord]) -> [Problem] {
        let members = Dictionary(grouping: nodes, by: \.group)
        return groups.values.flatMap { file -> [Problem] in
            guard let gate = file.keys.gate, let diversity = gate.diversity ?? nil else { return [] }
            return (gate.after ?? []).compactMap { group, _ in
                guard let canaries = members[group] else { return nil }
                let known = Set(canaries.compactMap { $0.labels[diversity.label] }).count
                guard known < diversity.atLeast else { return nil }
                return Problem(
                    Layout.group(file.name), gate.diversityPlace ?? gate.place,
                    "found a gate that needs \(diversity) among the nodes of group '\(group)', which have "
                        + "\(known); it would never open")
            }
        }
    }

    private func problems(of file: GroupFile, after group: GroupName, _ place: Place) -> [String] {
        guard let other = groups[group] else {
            guard !unreadable.contains(group) else { return [] }
            let known = groups.keys.filter { $0 != file.name }.sorted().map(\.description)
            return ["unknown group '\(group)'\(NearestWord.hint(for: group.description, in: known))"]
        }
        var messages: [String] = []
        if let own = file.baseline, let found = other.baseline, own != found {
            messages.append(
                "group '\(group)' has the baseline '\(found)'; expected '\(own)', or they prove nothing"
            )
        }
        if sizes[group, default: 0] == 0, sizes[file.name, default: 0] > 0 {
            messages.append(noCanary(group))
        }
        return messages
    }

    /// The gates that look at a group without nodes on behalf of one that has none either. Nobody waits there
    /// yet, as in a fleet that has just been founded; the first node to enrol would.
    func warnings(of file: GroupFile) -> [Problem] {
        guard sizes[file.name, default: 0] == 0 else { return [] }
        return (file.keys.gate?.after ?? []).filter {
            groups[$0.group] != nil && sizes[$0.group, default: 0] == 0
        }
        .map { Problem(Layout.group(file.name), $0.place, noCanary($0.group)) }
    }

    private func noCanary(_ group: GroupName) -> String {
        "group '\(group)' has no nodes; expected at least one canary"
    }

    /// The way along `after` from a group back to itself, if there is one.
    private func cycle(from start: GroupName) -> [GroupName]? {
        var cameFrom: [GroupName: GroupName] = [:]
        var waiting = [start]
        while let group = waiting.popLast() {
            for next in groups[group]?.after ?? [] where next == start || cameFrom[next] == nil {
                guard next == start else {
                    cameFrom[next] = group
                    waiting.append(next)
                    continue
                }
                var way = [start, group]
                while let before = way.last, before != start, let from = cameFrom[before] { way.append(from) }
                return group == start ? [start, start] : way.reversed()
            }
        }
        return nil
    }
}
