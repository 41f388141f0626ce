package import FleetCore

/// The decision of one node, recomputed from the fleet repository and the reports, beside what the node says
/// itself.
package struct NodeExplanation: Sendable {
    package let explanation: Explanation
    /// The commit that it is recomputed at: the one that the node follows.
    package let commit: CommitID
    /// The last authentic commit of the branch.
    package let tip: CommitID
    package let status: NodeStatus
    package let heartbeat: TimeSpan

    /// What the node itself says.
    package enum Agreement: Hashable, Sendable {
        /// The same, as far as it can be recomputed.
        case same
        /// Something else: reasons that only one of both gives.
        case differs(recomputed: [Reason], reported: [Reason])
        /// Nothing that is to be believed.
        case nothing
    }

    package var agreement: Agreement {
        guard let report = status.report else { return .nothing }
        let ours = explanation.reasons.filter { Reason.Code.recomputable.contains($0.code) }
        let theirs = report.reasons.filter { Reason.Code.recomputable.contains($0.code) }
        let recomputed = ours.filter { reason in !theirs.contains { $0.code == reason.code } }
        let reported = theirs.filter { reason in !ours.contains { $0.code == reason.code } }
        guard recomputed.isEmpty, reported.isEmpty else {
            return .differs(recomputed: recomputed, reported: reported)
        }
        return .same
    }

    /// What a person does about the node now; nil where nothing asks for one.
    package func person(now: Timestamp) -> PersonStep? {
        let step = status.person(heartbeat: heartbeat, now: now)
        // What failed may be tried again by its next cycle.
        if step?.isOnlyWay == true, explanation.rule != .failed, explanation.declared != nil,
            status.report?.reasons.contains(where: { $0.code == .declarationFailed }) == true
        {
            return nil
        }
        return step
    }

    /// What the node says of itself besides, of which a clone knows nothing.
    package var ownReasons: [Reason] {
        (status.report?.reasons ?? []).filter { reason in
            guard reason.code == .budget else { return !Reason.Code.recomputable.contains(reason.code) }
            // Counted here, too, on the claims of this moment.
            return !explanation.reasons.contains { $0.code == .budget }
        }
    }
}

extension Reason.Code {
    /// What the fleet repository and the reports suffice for. A budget is counted on the claims of that
    /// moment, after everything here has said yes: the node alone tells that it waits for one.
    fileprivate static let recomputable: Set<Reason.Code> = [
        .fleetHold, .groupHold, .nodeHold, .gateBroken, .tooFewHealthy, .canaryFailed, .canarySoaking,
        .canaryBehind, .canaryUnfit, .canarySilent, .canaryRejected, .peerAhead, .fork, .uncovered,
        .diversity, .soakUnfinished, .freeze,
        .window, .wave, .wavePause, .waveFailed, .declarationFailed,
    ]
}

extension FleetPicture {
    /// Recomputes the decision of a node.
    ///
    /// A node whose report speaks of what the tip declares is judged at the tip; one that speaks of something
    /// else, at the commit that its report names.
    ///
    /// - Throws: ``FleetReadError`` if what the commit says to the node cannot be read, `GitError`.
    package func explanation(
        of node: NodeStatus, at now: Instant,
        zones: (Set<ZoneName>) -> [ZoneName: Result<ZoneRules, ZoneError>] = { _ in [:] }
    ) throws -> NodeExplanation {
        let (commit, trouble) = try followed(by: node)
        let view = try view(of: node.node, at: commit)
        let stacks = try stacks(at: commit)
        let reader = DeclarationReader(clone: clone)
        var membership = reader.membership(view, stacks: stacks, memory: NodeState(), at: commit)
        var position = position(of: node, in: membership, at: now)
        membership = reader.membership(view, stacks: stacks, memory: position.memory, at: commit)
            .judged(at: now)
        position = self.position(of: node, in: membership, at: now)
        let desired = try desired(of: node, membership, at: commit, trouble: trouble)
        let evidence = try evidence(for: view, membership, by: commit, at: now)
            .adding(waves: try waves(for: membership, by: commit))
        var explanation = explain(
            desired: desired, membership: membership, position: position, evidence: evidence,
            zones: zones(membership.group.zones), now: now)
        let finding = BudgetFinding(
            membership, lastReport: node.report?.sequence ?? 0, claimants: claimants,
            heartbeat: status.fleet.heartbeat, now: now.wall)
        if let finding, desired.mayAdmit {
            explanation.note(finding, progress: position.memory.admitted?.progress, now: now.wall)
        }
        if trouble == nil {
            explanation.note(distance: distance(from: commit) ?? 0, from: commit, to: status.commit)
        }
        explanation.note(node, heartbeat: status.fleet.heartbeat, now: now.wall)
        return NodeExplanation(
            explanation: explanation, commit: commit, tip: status.commit, status: node,
            heartbeat: status.fleet.heartbeat)
    }

    /// The commit that the node follows, and why it cannot read the tip, where that is so.
    private func followed(by node: NodeStatus) throws -> (CommitID, trouble: Reason?) {
        let tip = status.commit
        let view: NodeView
        do throws(FleetReadError) {
            view = try self.view(of: node.node, at: tip)
        } catch {
            // Who cannot read the tip goes on with what it could read.
            guard let report = node.report, report.commit != tip, isReadable(report.commit, by: node) else {
                throw error
            }
            return (report.commit, Reason(.unreadable, "commit \(tip.short): \(error)"))
        }
        guard let report = node.report, report.commit != tip else { return (tip, nil) }
        let isCurrent =
            view.group.name == report.group && view.group.baseline == report.baseline.name
            && stacks[view.group.baseline]?.declared == report.baseline.declared
        let isElsewhere = !isCurrent && isReadable(report.commit, by: node)
        return (isElsewhere ? report.commit : tip, nil)
    }

    private func isReadable(_ commit: CommitID, by node: NodeStatus) -> Bool {
        (try? view(of: node.node, at: commit)) != nil
    }

    private func position(of node: NodeStatus, in membership: Membership, at now: Instant) -> Position {
        guard let report = node.report else { return Position(unknownIn: membership, at: now) }
        return Position(report, receipt: receipt(of: node), in: membership, at: now)
    }

    private func desired(
        of node: NodeStatus, _ membership: Membership, at commit: CommitID, trouble: Reason?
    ) throws -> Desired {
        // A hold that can be read in the tip counts, even if the rest of it cannot.
        let place = trouble == nil ? commit : status.commit
        var holds = try FleetReader(CommitTree(clone: clone, commit: place)).holds(on: node.node)
        if status.history.pending != nil {
            // One key may stop what it takes more of them to move.
            holds += try FleetReader(CommitTree(clone: clone, commit: status.history.last))
                .holds(on: node.node).filter { !holds.contains($0) }
        }
        let failure = status.history.failure.map { Reason(.untrusted, $0.description) }
        let refusals = [failure, trouble].compactMap(\.self)
        let conditions = refusals + [status.history.pending?.reason].compactMap(\.self)
        // What a node has heard of the branch only the node knows.
        let told = node.report?.reasons.filter { $0.code == .stale } ?? []
        return Desired(
            commit: commit, standing: .member(membership), mayAdmit: refusals.isEmpty,
            holds: holds.map(\.reasonToRest), conditions: conditions + told)
    }

    private func evidence(
        for view: NodeView, _ membership: Membership, by commit: CommitID, at now: Instant
    ) throws(FleetReadError) -> Evidence {
        let declarations = membership.stack.layers.map(\.declaration)
        let first = membership.stack.declared.flatMap(time(of:)) ?? now.wall
        var groups: [GroupName: [CanaryEvidence]] = [:]
        for group in view.canaries {
            let present = canaries(
                group.nodes, isGroupHeld: group.hold != nil, by: commit,
                since: TimeSpan(seconds: first.seconds))
            groups[group.name] =
                present
                + (try departed(from: group.name, since: declarations, by: commit))
        }
        return evidence(
            groups, declarations: declarations,
            entries: membership.versions.mapValues { Set($0.baseline.entries.map(\.key)) }, now: now)
    }

    /// The witnesses of the waves that move to the declared one before the node.
    private func waves(
        for membership: Membership, by commit: CommitID
    ) throws -> [Declaration: [[CanaryEvidence]]] {
        guard let declared = membership.stack.declared, let plan = membership.wavePlan(for: declared),
            let own = plan.wave(of: membership.node.name)
        else { return [:] }
        let reader = FleetReader(CommitTree(clone: clone, commit: commit))
        let first = TimeSpan(seconds: time(of: declared)?.seconds ?? 0)
        let group = membership.group.name
        var waves: [[CanaryEvidence]] = []
        for step in 0..<own {
            let records = try reader.witnesses(of: step, in: plan, group: group).map { name, record in
                record ?? NodeRecord(name: name, group: group, key: "")
            }
            waves.append(canaries(records, isGroupHeld: false, by: commit, since: first))
        }
        let leavers = membership.waveLeavers(for: declared)
        let names = leavers.waves.joined().map { ($0, [declared]) }
        let left = try departed(Dictionary(names) { first, _ in first }, by: commit)
        for (index, wave) in leavers.waves.enumerated() {
            if index == waves.count { waves.append([]) }
            waves[index] += left.filter { wave.contains($0.node) }
        }
        return [declared: waves]
    }
}

extension Explanation {
    /// Says that the node does not follow the tip yet.
    fileprivate mutating func note(distance: Int, from commit: CommitID, to tip: CommitID) {
        guard distance > 0 else { return }
        let count = "\(distance) commit\(distance == 1 ? "" : "s")"
        conditions.append(
            Condition(
                .membership, .notMet,
                "it follows the branch's tip \(tip.short): by its report it follows \(commit.short), "
                    + "\(count) before it"))
        missing.insert(Missing("its next cycle, in which it fetches \(tip.short)"), at: 0)
    }

    /// Says that nothing is known of the node, or nothing new.
    fileprivate mutating func note(_ node: NodeStatus, heartbeat: TimeSpan, now: Timestamp) {
        switch node.testimony {
        case .none: missing.append(Missing("its first report"))
        case .rejected(let why): missing.append(Missing("a report of it that is to be believed: \(why)"))
        case .verified(let report, id: _):
            let age = TimeSpan(seconds: now.seconds - report.time.seconds)
            guard age >= heartbeat * 2 else { return }
            let silence = "by this clock nothing new for \(age.rough), two heartbeats and more"
            missing.append(Missing("a report of it: \(silence)"))
        }
    }
}
