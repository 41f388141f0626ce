/// The nodes of one `after` group or of one wave, counted for one declaration.
struct GroupCount {
    let group: GroupName
    private let declaration: Declaration
    /// In the order of names.
    private let judged: [Judged]
    private let counted: Int
    let required: Int
    let healthy: [CanaryEvidence]
    let failed: [CanaryEvidence]

    init(
        of group: GroupName, nodes: [CanaryEvidence], thresholds: Thresholds, declaration: Declaration,
        evidence: Evidence, isReturn: Bool = false
    ) {
        var judged: [Judged] = []
        judged.reserveCapacity(nodes.count)
        for node in nodes where node.departedFrom?.contains(declaration) ?? true {
            let standing = node.standing(
                to: declaration, soak: thresholds.soak, in: evidence, isReturn: isReturn)
            let isCounted =
                !node.isHeld && node.departedFrom == nil
                && !node.leavesShare(of: declaration, by: thresholds.silence, in: evidence)
            judged.append(Judged(canary: node, standing: standing, isCounted: isCounted))
        }
        // Most come in the order of their names already; those who have left are at the end.
        let isSorted = zip(judged, judged.dropFirst()).allSatisfy { $0.canary.node < $1.canary.node }
        if !isSorted { judged.sort { $0.canary.node < $1.canary.node } }
        self.group = group
        self.declaration = declaration
        self.judged = judged
        counted = judged.count { $0.isCounted }
        required = thresholds.healthy.required(of: counted)
        healthy = judged.filter { $0.isCounted && $0.standing == .healthy }.map(\.canary)
        failed = judged.filter { $0.standing == .failed }.map(\.canary)
    }

    /// A node and how it stands.
    private struct Judged {
        let canary: CanaryEvidence
        let standing: Standing
        /// Whether it is in the share.
        let isCounted: Bool
    }

    var total: Int { judged.count }

    /// How many have not left the group.
    var present: Int { judged.count { $0.canary.departedFrom == nil } }

    /// Whether there is nobody to judge: no node, or none that is not on hold.
    var hasNobody: Bool { judged.allSatisfy { $0.canary.isHeld || $0.canary.departedFrom != nil } }

    /// How each node stands, for the receipt.
    var witnesses: [GateAnswer.Witness] {
        judged.map { Self.witness(of: group, $0.canary, $0.standing, declaration: declaration) }
    }

    private static func witness(
        of group: GroupName, _ canary: CanaryEvidence, _ standing: Standing, declaration: Declaration
    ) -> GateAnswer.Witness {
        let hasLeft = canary.departedFrom != nil
        guard case .report(let report, id: let id) = canary.testimony else {
            return GateAnswer.Witness(
                group: group, node: canary.node, standing: standing, isHeld: canary.isHeld, hasLeft: hasLeft,
                report: nil, sequence: nil, healthyFor: nil)
        }
        return GateAnswer.Witness(
            group: group, node: canary.node, standing: standing, isHeld: canary.isHeld, hasLeft: hasLeft,
            report: id, sequence: report.sequence,
            healthyFor: report.proven.first { $0.declaration == declaration }?.healthyFor)
    }

    func share(failures: Quota) -> GateAnswer.Share {
        GateAnswer.Share(
            group: group, total: total, counted: counted, required: required, healthy: healthy.count,
            failed: failed.count, isClosed: failures.isExceeded(by: failed.count, of: total))
    }

    func failedReason(allowed: Quota) -> Reason {
        Reason(
            .canaryFailed, count: failed.count,
            "\(failed.count) of \(total) in '\(group)' failed (\(failedNames())), allowed are \(allowed)")
    }

    /// Who failed, and whether it has left since.
    func failedNames(first most: Int = .max) -> String {
        failed.prefix(most).map { $0.departedFrom == nil ? "\($0.node)" : "\($0.node), which has left" }
            .joined(separator: ", ")
    }

    /// The nodes in the share that are not healthy.
    private var lacking: some Sequence<Judged> {
        judged.lazy.filter { $0.isCounted && $0.standing != .healthy }
    }

    /// The nodes in the share that are not healthy, by how they stand, in the order of standings.
    var lackingByStanding: [(standing: Standing, nodes: [CanaryEvidence])] {
        let nodes = Dictionary(grouping: lacking, by: \.standing)
        return Standing.allCases.compactMap { standing in
            nodes[standing].map { (standing, $0.map(\.canary)) }
        }
    }

    /// How many nodes in the share stand how, the healthy ones left out, in the order of standings.
    var lackingCounts: [(standing: Standing, count: Int)] {
        Standing.allCases.compactMap { standing in
            let count = lacking.count { $0.standing == standing }
            return count == 0 ? nil : (standing, count)
        }
    }

    func waitingReasons(soak: TimeSpan) -> [Reason] {
        let summary = Reason(
            .tooFewHealthy, count: healthy.count,
            required < 1
                ? "no node of '\(group)' may vouch: the group is empty or wholly on hold"
                : "\(healthy.count) of \(required) required in '\(group)' are healthy")
        let details = lackingByStanding.compactMap { standing, nodes -> Reason? in
            guard let code = standing.reasonCode else { return nil }
            return Reason(code, count: nodes.count, message(nodes, standing, soak: soak))
        }
        return [summary] + details
    }

    func reason(against diversity: Diversity) -> Reason? {
        diversity.reason(healthy, others: lacking.map(\.canary), in: group)
    }

    private func message(_ nodes: [CanaryEvidence], _ standing: Standing, soak: TimeSpan) -> String {
        let names = nodes.prefix(3).map(\.node.description).joined(separator: ", ")
        let list = nodes.count > 3 ? "\(names) and \(nodes.count - 3) more" : names
        switch standing {
        case .soaking: return "soaking in '\(group)' (\(soak) needed): \(list)"
        case .behind: return "not there yet in '\(group)': \(list)"
        case .unfit:
            return "no evidence in '\(group)' (a check was bad before or an entry is left out there): \(list)"
        case .silent: return "silent in '\(group)': \(list)"
        case .failed: return "failed in '\(group)': \(list)"
        case .rejected: return "not believed in '\(group)': \(list)\(detail(nodes))"
        case .peerAhead: return "ahead of this node in '\(group)': \(list)"
        case .fork: return "on another history in '\(group)': \(list); somebody shows this fleet two branches"
        case .healthy: return ""
        }
    }

    private func detail(_ nodes: [CanaryEvidence]) -> String {
        guard case .rejected(let why)? = nodes.first?.testimony else { return "" }
        return " (\(why))"
    }
}

extension Standing {
    fileprivate var reasonCode: Reason.Code? {
        switch self {
        case .healthy: nil
        case .failed: .canaryFailed
        case .soaking: .canarySoaking
        case .behind: .canaryBehind
        case .unfit: .canaryUnfit
        case .silent: .canarySilent
        case .rejected: .canaryRejected
        case .peerAhead: .peerAhead
        case .fork: .fork
        }
    }
}
