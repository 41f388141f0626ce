package import FleetCore

/// How far all groups of a fleet have come with what is declared for them.
package struct FleetRollouts: Sendable {
    package let fleet: FleetName
    package let commit: CommitID
    package let history: HistoryAudit
    /// Whether reports stay on their nodes, so that nothing can be told of them here.
    package let keepsReports: Bool
    /// Baselines by name; in each the groups in the order of their gates.
    package let baselines: [(name: BaselineName, groups: [GroupRollout])]
    /// Groups of which nothing can be said, and why.
    package let unreadable: [(group: GroupName, why: String)]

    /// Whether every node of every group is healthy on what is declared.
    package var isDone: Bool {
        unreadable.isEmpty && baselines.allSatisfy { $0.groups.allSatisfy(\.isDone) }
    }

    /// Whether not every node can become healthy unless a person does something.
    package var needsPerson: Bool {
        !unreadable.isEmpty || history.failure != nil
            || baselines.contains { $0.groups.contains(where: \.needsPerson) }
    }

    /// Whether it has come as far as it comes without a person.
    package var isStuck: Bool {
        needsPerson && !baselines.contains { $0.groups.contains { !$0.isDone && $0.movesByItself } }
    }
}

extension FleetPicture {
    /// Recomputes the rollout of every group that has nodes.
    ///
    /// - Parameter zones: the rules of zones that windows and freezes name.
    package func rollouts(
        at now: Instant, zones: (Set<ZoneName>) -> [ZoneName: Result<ZoneRules, ZoneError>] = { _ in [:] }
    ) -> FleetRollouts {
        var views: [GroupName: NodeView] = [:]
        var unreadable: [(group: GroupName, why: String)] = []
        let members = Dictionary(grouping: roll.nodes, by: \.group)
        for group in roll.groups {
            guard let nodes = members[group], let first = nodes.first(where: { $0.record != nil }) else {
                if members[group] != nil { unreadable.append((group, "no file of its nodes can be read")) }
                continue
            }
            do throws(FleetReadError) {
                // What a commit says to one node it says to all of the group, but for the node's own file.
                views[group] = try view(of: first.name, at: status.commit)
            } catch {
                unreadable.append((group, error.description))
            }
        }
        let evidence = evidence(of: views, members, at: now)
        var estimates: [GroupName: RolloutEstimate] = [:]
        var rollouts: [BaselineName: [GroupRollout]] = [:]
        for group in GroupRollout.ordered(views.values.map(\.group)) {
            guard let view = views[group.name], let declared = stacks[group.baseline]?.declared else {
                unreadable.append((group.name, "its baseline '\(group.baseline)' was never readable"))
                continue
            }
            let facts = facts(
                of: view, declared: declared, evidence: evidence, zones: zones(view.group.zones), at: now)
            let rollout = GroupRollout(facts, evidence: evidence, before: estimates, now: now)
            estimates[group.name] = rollout.estimate
            rollouts[group.baseline, default: []].append(rollout)
        }
        return FleetRollouts(
            fleet: status.fleet.name, commit: status.commit, history: status.history,
            keepsReports: status.fleet.keepsReports,
            baselines: rollouts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            unreadable: unreadable)
    }

    private func facts(
        of view: NodeView, declared: Declaration, evidence: Evidence,
        zones: [ZoneName: Result<ZoneRules, ZoneError>], at now: Instant
    ) -> GroupRolloutFacts {
        let group = view.group
        let nodes = (evidence.groups[group.name] ?? []).filter { $0.departedFrom == nil }
        let isRead = CanonicalForm(view.baseline).digest == declared.digest
        let version = DeclaredBaseline(
            baseline: view.baseline, sources: view.sources, readAt: status.commit)
        let plan = group.waves.map {
            WavePlan(digest: declared.digest, nodes: view.peers, steps: $0.steps)
        }
        let left = DeclarationReader(clone: clone).leavers(of: group, since: [declared], at: status.commit)
        let membership = Membership(
            fleet: view.fleet, group: group, node: view.node,
            stack: stacks[group.baseline] ?? DeclarationStack(),
            versions: isRead ? [declared: version] : [:], peers: view.peers,
            knownPlans: plan.map { [declared: $0] } ?? [:], proceed: view.proceed,
            leavers: left.nodes, leaversUnknown: left.unknown
        ).judged(at: now)
        var holds: [Reason] = []
        if let hold = view.fleet.hold { holds.append(Hold(level: .fleet, reason: hold).reasonToRest) }
        if let hold = group.hold { holds.append(Hold(level: .group, reason: hold).reasonToRest) }
        return GroupRolloutFacts(
            membership: membership, declared: declared, since: time(of: declared),
            soak: view.soaksLookingHere.last ?? .zero, holds: holds, nodes: nodes, zones: zones,
            places: places(of: group, at: now.wall), outdated: outdated(nodes, in: group, on: declared))
    }

    /// Who has places of a group's budget, by the values of its label.
    private func places(of group: Group, at now: Timestamp) -> [LabelValue: BudgetPlaces] {
        guard let budget = group.budget else { return [:] }
        let own = ledgers.filter { $0.name.group == group.name }
        return Dictionary(
            own.map { ledger in
                (
                    ledger.name.value,
                    BudgetPlaces(
                        budget, in: ledger.name, claimants: ledger.claims.map(\.claimant),
                        heartbeat: status.fleet.heartbeat, now: now)
                )
            }
        ) { first, _ in first }
    }

    /// The nodes whose report may be older than what a person has done about them since: `retry` has another
    /// text at the tip, or the tip came after the report.
    private func outdated(
        _ nodes: [CanaryEvidence], in group: Group, on declared: Declaration
    ) -> Set<NodeName> {
        let tip = (try? clone.repository.commit(status.commit)).flatMap(\.self)?.committer.time ?? 0
        let members = Dictionary(
            roll.nodes.filter { $0.group == group.name }.map { ($0.name, $0) }
        ) { first, _ in first }
        var groups: [CommitID: String?] = [:]
        var outdated: Set<NodeName> = []
        for node in nodes {
            guard let report = node.report, report.commit != status.commit else { continue }
            guard report.failed.contains(where: { $0.isFinal && $0.declaration == declared }) else {
                if report.time.seconds < tip { outdated.insert(node.node) }
                continue
            }
            guard let member = members[node.node] else { continue }
            let before = groups[report.commit] ?? retry(of: group.name, at: report.commit)
            groups[report.commit] = before
            if before != group.retry || retry(of: member, at: report.commit) != member.record?.retry {
                outdated.insert(node.node)
            }
        }
        return outdated
    }

    /// What `retry` says in a group's file at a commit.
    private func retry(of group: GroupName, at commit: CommitID) -> String? {
        let files = FleetFiles(tree: CommitTree(clone: clone, commit: commit))
        let fleet = (try? files.decoded(Layout.fleet) { FleetFile.decode($0) })?.value
        let file = try? files.decoded(Layout.group(group)) {
            GroupFile.decode($0, name: group, fleet: fleet)
        }
        return file?.value?.group(gate: .none)?.retry
    }

    /// What `retry` says in a node's file at a commit; where the file was elsewhere, nothing.
    private func retry(of member: FleetRoll.Member, at commit: CommitID) -> String? {
        let files = FleetFiles(tree: CommitTree(clone: clone, commit: commit))
        let file = try? files.decoded(member.path) {
            NodeFile.decode($0, name: member.name, group: member.group, path: member.path)
        }
        return file?.value?.node.retry
    }

    /// All nodes of all groups, as a reader at the tip knows them.
    private func evidence(
        of views: [GroupName: NodeView], _ members: [GroupName: [FleetRoll.Member]], at now: Instant
    ) -> Evidence {
        var groups: [GroupName: [CanaryEvidence]] = [:]
        var declarations: Set<Declaration> = []
        for (group, view) in views {
            let declared = stacks[view.group.baseline]?.declared
            if let declared { declarations.insert(declared) }
            let first = declared.flatMap(time(of:)) ?? now.wall
            let present = canaries(
                (members[group] ?? []).map { $0.record ?? NodeRecord(name: $0.name, group: group, key: "") },
                isGroupHeld: view.group.hold != nil, by: status.commit,
                since: TimeSpan(seconds: first.seconds))
            guard let declared else {
                groups[group] = present
                continue
            }
            // Who left cannot be told where that commit cannot be read; then those who are there are shown.
            let gone = try? departed(from: group, since: [declared], by: status.commit)
            groups[group] = present + (gone ?? [])
        }
        return evidence(groups, declarations: Array(declarations), entries: [:], now: now)
    }
}
