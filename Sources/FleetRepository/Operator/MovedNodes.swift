internal import FleetCore

/// The nodes that a change moves from one group to another, by the paths alone.
struct GroupMoves {
    /// The nodes that a group gets from another, in the order of names.
    struct Move {
        let origin: GroupName
        let nodes: [NodeName]
    }

    /// The new names of groups that are called something else now: all the nodes that such a group had, and
    /// that are left, are in one that did not exist before.
    let renamed: [GroupName: GroupName]
    private let moves: [GroupName: [Move]]

    init(from old: FleetIndex, to new: FleetIndex) {
        var now: [NodeName: GroupName] = [:]
        for group in new.groupsWithNodes { for node in new.nodes(of: group) { now[node.name] = group } }
        var moves: [GroupName: [Move]] = [:]
        var renamed: [GroupName: GroupName] = [:]
        for group in old.groupsWithNodes.sorted() {
            let found = Dictionary(grouping: old.nodes(of: group).map(\.name)) { now[$0] }
            for (target, nodes) in found {
                guard let target, target != group else { continue }
                moves[target, default: []].append(Move(origin: group, nodes: nodes.sorted()))
            }
            let targets = Set(found.keys.compactMap(\.self))
            if let target = targets.first, targets.count == 1, !new.groups.contains(group),
                !old.groups.contains(target)
            {
                renamed[group] = target
            }
        }
        self.moves = moves
        self.renamed = renamed
    }

    func moves(to group: GroupName) -> [Move] { moves[group] ?? [] }
}

extension LooseningExamination {
    /// What protects nodes less in the group that they are moved to than in the one that they come from.
    ///
    /// Who moves nodes to a milder group, and brings what the stricter one would have held back, loosens its
    /// gate by another road: that is refused. A move to a group whose baseline stays as it is, even if it is
    /// another one, is what moving is for: a warning.
    func groups(
        whoseNodesMove moves: [GroupMoves.Move], to now: Group, _ all: GroupMoves, sizes: [GroupName: Int]
    ) throws(FileTreeError) -> [LoosenedGroup] {
        var found: [LoosenedGroup] = []
        for move in moves {
            guard let before = try oldFiles.writtenGroup(move.origin)?.naming(all.renamed) else { continue }
            let loosenings = now.loosenings(from: before, sizes: sizes)
            guard !loosenings.isEmpty else { continue }
            // A group that is called something else now had a baseline before; a milder gate and another
            // baseline in one commit are what is refused of a group that keeps its name.
            let same = all.renamed[move.origin] == now.name ? before.baseline : now.baseline
            let brings = try digest(of: same, by: old) != digest(of: now.baseline, by: new)
            var problems: [Problem] = []
            for loosening in loosenings {
                let (path, place) = try place(of: loosening.key, in: now.name)
                problems.append(Problem(path, place, message(loosening, move, to: now, brings: brings)))
            }
            found.append(
                LoosenedGroup(
                    group: now.name, loosenings: loosenings, changesBaseline: brings, problems: problems))
        }
        return found
    }

    private func message(
        _ loosening: Loosening, _ move: GroupMoves.Move, to now: Group, brings: Bool
    ) -> String {
        let names = move.nodes.prefix(3).map(\.description).joined(separator: ", ")
        let more = move.nodes.count > 3 ? " and \(move.nodes.count - 3) more" : ""
        let what =
            "moving \(names)\(more) from group '\(move.origin)' to '\(now.name)' loosens the "
            + "\(loosening.key): \(loosening.sentence)"
        guard brings else { return what }
        return "\(what); the same change brings another content of the baseline '\(now.baseline)'; move in a "
            + "commit of its own, merged before"
    }
}

extension Group {
    /// The group with the new names of the groups that its gate looks at.
    func naming(_ renamed: [GroupName: GroupName]) -> Group {
        guard case .rule(let rule) = gate, rule.after.contains(where: { renamed[$0] != nil }) else {
            return self
        }
        var group = self
        group.gate = .rule(
            GateRule(
                after: rule.after.map { renamed[$0] ?? $0 }, healthy: rule.healthy, soak: rule.soak,
                failures: rule.failures, silence: rule.silence, allowsUncovered: rule.allowsUncovered,
                diversity: rule.diversity))
        return group
    }
}
