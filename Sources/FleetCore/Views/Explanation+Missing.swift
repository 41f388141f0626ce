extension Explaining {
    /// What must come before the declared one is admitted; empty where it is, or may be now.
    func missing(_ answer: Choice.Answer?) -> [Explanation.Missing] {
        var missing = holds.map { Explanation.Missing("the end of the hold: \($0.message)") }
        if position.isInterrupted {
            missing.append(Explanation.Missing("the end of the interrupted transaction"))
        }
        guard desired.mayAdmit, let declared else {
            return missing + desired.conditions.map { Explanation.Missing($0.message) }
        }
        guard let answer else { return missing }
        if position.memory.finalFailure(of: declared, under: membership.retry) != nil {
            missing.append(
                Explanation.Missing(
                    "another declaration, or another text of 'retry' in the group's or the node's file"))
        }
        if answer.basis == nil { missing += gateMissing(answer, declared) }
        missing += besides(answer).map { Explanation.Missing($0.message, notBefore: $0.until) }
        if outcome.rule != .rollback {
            missing += timeRefusals.map {
                Explanation.Missing($0.wayOn, notBefore: $0.until ?? ($0.code == .wave ? waveTime : nil))
            }
        }
        return missing
    }

    /// When the waves before the node's own may have done well at the earliest.
    private var waveTime: Timestamp? {
        guard let declared, let waves = membership.group(for: declared).waves, let wave, !wave.isUnread else {
            return nil
        }
        return evidence.ready(
            waves: waves, before: wave.wave, of: membership.group.name, for: declared, now: now.wall)
    }

    private func gateMissing(_ answer: Choice.Answer, _ declared: Declaration) -> [Explanation.Missing] {
        guard let rule = answer.rule, !answer.shares.isEmpty else {
            return answer.reasons.map { Explanation.Missing($0.message) }
        }
        var missing: [Explanation.Missing] = []
        for share in answer.shares where !share.isOpen {
            if share.isClosed {
                missing.append(
                    Explanation.Missing(
                        "\(share.failed) of '\(share.group)' failed, and the gate is closed: "
                            + "declare something else, or let them try again by 'retry'"))
                continue
            }
            let lack = max(share.required - share.healthy, 1)
            missing.append(
                Explanation.Missing(
                    "\(lack) more healthy in '\(share.group)'",
                    notBefore: evidence.ready(share, for: declared, soak: rule.soak, now: now.wall)))
            missing += lacking(in: share.group, for: declared, rule: rule)
        }
        missing += answer.reasons.filter { [.uncovered, .diversity, .gateBroken].contains($0.code) }
            .map { Explanation.Missing($0.message) }
        return missing
    }

    /// More nodes than this are counted, not named.
    private static let namedLimit = 12

    private func lacking(
        in group: GroupName, for declared: Declaration, rule: GateRule
    ) -> [Explanation.Missing] {
        let canaries = (evidence.groups[group] ?? []).filter { !$0.isHeld && $0.departedFrom == nil }
            .sorted { $0.node < $1.node }
        var missing: [Explanation.Missing] = []
        var unnamed = 0
        for canary in canaries {
            let standing = canary.standing(to: declared, soak: rule.soak, in: evidence)
            guard let text = canary.lack(standing, soak: rule.soak) else {
                continue
            }
            guard missing.count < Self.namedLimit else {
                unnamed += 1
                continue
            }
            missing.append(
                Explanation.Missing(
                    text, notBefore: canary.settles(on: declared, soak: rule.soak, now: now.wall)))
        }
        if unnamed > 0 { missing.append(Explanation.Missing("and \(unnamed) more")) }
        return missing
    }
}

extension Reason {
    /// It as an item of what has to come: what ends it, where its sentence does not say so.
    var wayOn: String {
        switch code {
        case .freeze: "the end of the freeze: \(message)"
        case .waveFailed: "\(message): declare something else, or let them try again by 'retry'"
        default: message
        }
    }
}

extension CanaryEvidence {
    /// Its newest report, where that is believed.
    package var report: Report? {
        guard case .report(let report, id: _) = testimony else { return nil }
        return report
    }

    /// When it has been well on `declaration` for `soak` at the earliest, by the wall clock of its report;
    /// nil where it is not on it.
    package func settles(on declaration: Declaration, soak: TimeSpan, now: Timestamp) -> Timestamp? {
        guard let report, report.baseline.admitted == declaration else { return nil }
        // The soak of a node that proves nothing, or is not in effect yet, does not run.
        let isRunning = report.reasons.allSatisfy {
            !Reason.Code.unfit.contains($0.code) && $0.code != .rebootRequired
        }
        guard isRunning else { return nil }
        let known = report.proven.first { $0.declaration == declaration }?.healthyFor ?? .zero
        return max(report.time + (soak - known), now)
    }

    /// What is missing of this node, as an item of a list; nil for one that is healthy.
    fileprivate func lack(
        _ standing: Standing, soak: TimeSpan
    ) -> String? {
        switch standing {
        case .healthy: return nil
        case .soaking: return "\(node): well for \(soak)"
        case .behind: return "\(node): that it admits it, and is well for \(soak)\(words)"
        case .failed: return "\(node): it failed there\(words)"
        case .unfit: return "\(node): it proves nothing\(words)"
        case .silent: return "\(node): a report\(report.map { ", silent since \($0.time)" } ?? "")"
        case .rejected: return "\(node): a report that is to be believed\(words)"
        case .peerAhead: return "\(node): it follows a commit that this node does not have yet"
        case .fork: return "\(node): it follows another history"
        }
    }

    /// What it says itself, in brief.
    private var words: String {
        switch testimony {
        case .report(let report, id: _): report.reasons.first.map { " (it says: \($0.message))" } ?? ""
        case .rejected(let why): " (\(why))"
        case .none: " (it has never reported)"
        case .peerAhead, .fork: ""
        }
    }
}

extension Evidence {
    /// When enough of a group's nodes may be healthy at the earliest, if all goes well; nil where nobody can
    /// tell.
    ///
    /// - Parameter nodes: those that were counted; nil takes the group's.
    func ready(
        _ share: GateAnswer.Share, of nodes: [CanaryEvidence]? = nil, for declaration: Declaration,
        soak: TimeSpan,
        now: Timestamp
    ) -> Timestamp? {
        guard !share.isClosed, share.required >= 1 else { return nil }
        let lack = share.required - share.healthy
        guard lack > 0 else { return now }
        var settling: [Timestamp] = []
        var behind = 0
        for canary in nodes ?? groups[share.group] ?? []
        where !canary.isHeld && canary.departedFrom == nil {
            switch canary.standing(to: declaration, soak: soak, in: self) {
            case .soaking:
                settling += [canary.settles(on: declaration, soak: soak, now: now)].compactMap(\.self)
            case .behind, .peerAhead: behind += 1
            case .healthy, .failed, .unfit, .silent, .rejected, .fork: continue
            }
        }
        settling.sort()
        if settling.count >= lack { return settling[lack - 1] }
        return settling.count + behind >= lack ? now + soak : nil
    }

    /// When each wave before one may have done well at the earliest; nil where nobody can tell.
    func ready(
        waves: Waves, before own: Int, of group: GroupName, for declaration: Declaration, now: Timestamp
    ) -> Timestamp? {
        var latest = now
        for nodes in (self.waves[declaration] ?? []).prefix(own) {
            let count = GroupCount(
                of: group, nodes: nodes, thresholds: waves.thresholds, declaration: declaration,
                evidence: self)
            guard !count.hasNobody else { continue }
            let share = count.share(failures: waves.failures)
            guard let ready = ready(share, of: nodes, for: declaration, soak: waves.soak, now: now) else {
                return nil
            }
            latest = max(latest, ready)
        }
        return latest
    }
}
