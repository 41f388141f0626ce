extension ReceiptAudit {
    /// A node that is looked at, and what the receipt and its report say of it.
    struct Account {
        let group: GroupName
        let peer: ReceiptGround.Peer
        /// What the receipt says; nil if it leaves the node out.
        let claimed: Standing?
        /// Its report; nil if there is none to be believed.
        let report: (Report, CommitID)?
        /// Whether its report is named, and nobody has it here.
        let isMissing: Bool
        /// Whether the receipt's standing follows only if the node had heard nothing of it for long.
        let isAsleep: Bool

        var node: NodeName { peer.node }
        var isHeld: Bool { peer.isHeld }

        /// Whether the node may have heard nothing of it for long: that is the node's own word.
        var mayBeSilent: Bool {
            switch claimed {
            case .silent, .rejected, .peerAhead, .fork, .failed: true
            case .healthy, .soaking, .behind, .unfit, nil: false
            }
        }
    }

    /// Checks that the witnesses are exactly the nodes that were to be looked at, and each one's word.
    ///
    /// - Parameters:
    ///   - witnesses: what the receipt says of them.
    ///   - soak: the one that the receipt says was asked for.
    mutating func accounts(
        of peers: [(group: GroupName, peer: ReceiptGround.Peer)], _ witnesses: [GateAnswer.Witness],
        soak: TimeSpan
    ) -> [Account] {
        let claims = Dictionary(grouping: witnesses) { Key(group: $0.group, node: $0.node) }
        var expected: Set<Key> = []
        var accounts: [Account] = []
        for (group, peer) in peers {
            let key = Key(group: group, node: peer.node)
            expected.insert(key)
            accounts.append(account(of: key, peer, claims[key] ?? [], soak: soak))
        }
        for witness in witnesses where !expected.contains(Key(group: witness.group, node: witness.node)) {
            verdict.note(
                .witnessInvented,
                "'\(witness.node)' of '\(witness.group)' is no node that was to be looked at, at commit "
                    + receipt.commit.short)
        }
        return accounts
    }

    private struct Key: Hashable {
        let group: GroupName
        let node: NodeName
    }

    private mutating func account(
        of key: Key, _ peer: ReceiptGround.Peer, _ claims: [GateAnswer.Witness], soak: TimeSpan
    ) -> Account {
        let none = Account(
            group: key.group, peer: peer, claimed: nil, report: nil, isMissing: false, isAsleep: false)
        guard let claim = claims.first else {
            // Every agent that was ever released looks at those that have left, too: the version that a node
            // writes into its report excuses nothing.
            let who =
                peer.hasLeft
                ? "'\(key.node)', which has left '\(key.group)' since the declaration,"
                : "'\(key.node)' of '\(key.group)', which was to be looked at,"
            verdict.note(.witnessLeftOut, "\(who) is left out")
            return none
        }
        if claims.count > 1 {
            verdict.note(.witnessDoubled, "'\(key.node)' of '\(key.group)' is counted \(claims.count) times")
        }
        if claim.isHeld != peer.isHeld {
            verdict.note(
                .witnessHold,
                "'\(key.node)' is \(claim.isHeld ? "" : "not ")on hold in the receipt, and "
                    + "\(peer.isHeld ? "" : "not ")at commit \(receipt.commit.short)")
        }
        if claim.hasLeft != peer.hasLeft {
            verdict.note(
                .witnessMembership,
                "'\(key.node)' \(claim.hasLeft ? "has left" : "is in") '\(key.group)' in the receipt, and "
                    + "\(peer.hasLeft ? "has left" : "is in") it at commit \(receipt.commit.short)")
        }
        let (report, isMissing) = self.report(of: claim)
        var isAsleep = claim.standing == .silent
        if let (report, id) = report {
            check(claim, against: report)
            isAsleep = checkStanding(claim, report, id, soak: soak)
        } else if claim.report == nil {
            checkUnreported(claim)
        }
        return Account(
            group: key.group, peer: peer, claimed: claim.standing, report: report, isMissing: isMissing,
            isAsleep: isAsleep)
    }

    /// The report that a witness is said to have given, if it is to be believed.
    private mutating func report(
        of claim: GateAnswer.Witness
    ) -> (report: (Report, CommitID)?, isMissing: Bool) {
        guard let id = claim.report else { return (nil, false) }
        switch ground.reports[id] ?? .missing {
        case .found(let report, let isByListedKey):
            if !isByListedKey {
                verdict.note(
                    .reportByOtherKey,
                    "report \(id.short) of '\(claim.node)' is signed by another key than commit "
                        + "\(receipt.commit.short) lists")
                return (nil, false)
            }
            return ((report, id), false)
        case .ofAnother(let node):
            verdict.note(
                .reportOfAnother, "report \(id.short), said to be of '\(claim.node)', is of '\(node)'")
        case .notAuthentic(let why):
            verdict.note(
                .reportNotAuthentic, "report \(id.short) of '\(claim.node)' is not authentic: \(why)")
        case .beside:
            verdict.note(
                .reportBesideChain,
                "report \(id.short) is not in the chain of '\(claim.node)', which has another one with "
                    + "that number")
        case .missing:
            verdict.note(
                .reportMissing, "report \(id.short) of '\(claim.node)' is not here, and not in its chain")
            return (nil, true)
        }
        return (nil, false)
    }

    /// What the receipt copies out of a report.
    private mutating func check(_ claim: GateAnswer.Witness, against report: Report) {
        if claim.sequence != report.sequence {
            verdict.note(
                .numberDiffers,
                "the report of '\(claim.node)' has number \(report.sequence), in the receipt it is "
                    + (claim.sequence.map(String.init) ?? "missing"))
        }
        let proof = report.proven.first { $0.declaration == receipt.declaration }?.healthyFor
        guard claim.healthyFor?.seconds != proof?.seconds else { return }
        verdict.note(
            .soakDiffers,
            "'\(claim.node)' was well for \(Self.words(claim.healthyFor)) in the receipt, for "
                + "\(Self.words(proof)) by its report")
    }

    private static func words(_ span: TimeSpan?) -> String { span.map { "\($0.seconds) s" } ?? "no time" }

    /// Whether the standing is what the report makes of it, awake or silent.
    ///
    /// - Returns: whether it holds only if the node was silent.
    private mutating func checkStanding(
        _ claim: GateAnswer.Witness, _ report: Report, _ id: CommitID, soak: TimeSpan
    ) -> Bool {
        // A failure that the canary told of before is remembered, and closes: nobody gains by inventing one.
        if claim.standing == .failed { return false }
        let standings = [false, true].map { isAsleep in
            let canary = canary(
                ReceiptGround.Peer(claim.node, isHeld: claim.isHeld), .report(report, id: id),
                isAsleep: isAsleep)
            return canary.standing(to: receipt.declaration, soak: soak, in: Self.watching)
        }
        if claim.standing == standings[0] { return false }
        if claim.standing == standings[1] { return true }
        let proof = report.proven.first { $0.declaration == receipt.declaration }?.healthyFor
        let detail = standings[0] == .soaking ? ": well for \(Self.words(proof)) of \(soak)" : ""
        verdict.note(
            .standingDiffers,
            "'\(claim.node)' is \(claim.standing.rawValue) in the receipt; its report \(id.short) says "
                + standings[0].rawValue + detail)
        return false
    }

    /// A witness without a report can stand for nothing but a gap.
    private mutating func checkUnreported(_ claim: GateAnswer.Witness) {
        switch claim.standing {
        case .silent, .behind, .rejected, .peerAhead, .fork, .failed: return
        case .healthy, .soaking, .unfit:
            verdict.note(
                .reportNotNamed,
                "'\(claim.node)' is \(claim.standing.rawValue) in the receipt, which names no report of it")
        }
    }

    /// What the node knew of a witness, by its report.
    ///
    /// - Parameter isLeftOut: whether it may be taken to have been silent for longer than any rule asks.
    func evidence(of account: Account, isLeftOut: Bool) -> CanaryEvidence {
        canary(
            account.peer, testimony(of: account),
            isAsleep: account.isAsleep || isLeftOut && account.mayBeSilent,
            failed: account.claimed == .failed ? [receipt.declaration] : [])
    }

    private func testimony(of account: Account) -> CanaryEvidence.Testimony {
        if let (report, id) = account.report { return .report(report, id: id) }
        switch account.claimed {
        case .rejected: return .rejected("")
        case .peerAhead: return .peerAhead(receipt.commit)
        case .fork: return .fork(receipt.commit)
        default: return .none
        }
    }

    /// The evidence on a scale of running time on which whoever is silent has been so for longer than any
    /// rule asks.
    ///
    /// - Parameter leavingOutSilent: whether they had been before the declaration was seen.
    func evidence(
        _ groups: [GroupName: [CanaryEvidence]], waves: [[CanaryEvidence]] = [], leavingOutSilent: Bool
    ) -> Evidence {
        Evidence(
            groups: groups, watching: .longest,
            firstSeen: leavingOutSilent ? [receipt.declaration: .longest] : [:], heartbeat: Self.heartbeat,
            entries: ground.entries, waves: [receipt.declaration: waves])
    }

    private static let heartbeat = TimeSpan(seconds: 1)
    private static let watching = Evidence(
        groups: [:], watching: .longest, firstSeen: [:], heartbeat: heartbeat, entries: [:])

    private func canary(
        _ peer: ReceiptGround.Peer, _ testimony: CanaryEvidence.Testimony, isAsleep: Bool,
        failed: Set<Declaration> = []
    ) -> CanaryEvidence {
        CanaryEvidence(
            node: peer.node, isHeld: peer.isHeld, testimony: testimony,
            lastNews: isAsleep ? .zero : .longest, failed: failed, labels: peer.labels,
            departedFrom: peer.hasLeft ? [receipt.declaration] : nil)
    }
}
