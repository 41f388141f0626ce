internal import FleetCore

extension PushJudge {
    /// A node's chain takes only fast-forwards: well-formed reports of this node, each signed by its key,
    /// numbered without a gap. The newest must be signed by the key that the branch lists now: one that was
    /// replaced speaks no more.
    mutating func judgeChain(of node: NodeName, _ update: ProposedUpdate, to new: CommitID) throws {
        let ground = try fleetGround(for: update.reference)
        let key = try ground.key(of: node, for: update.reference)
        try requireChain(of: node, key, update, to: new, ground)
    }

    private func requireChain(
        of node: NodeName, _ key: SSHPublicKey, _ update: ProposedUpdate, to new: CommitID,
        _ ground: ServerGround
    ) throws {
        let added = try added(to: update.old, upTo: new, for: update.reference)
        var audit = NodeAudit(node, at: "", tip: new)
        var isCounted: Set<SSHPublicKey> = []
        for id in added {
            let files = try files(of: id, allowing: Self.reportFiles, for: update.reference)
            do throws(ReportRejection) {
                let (commit, signer) = try read(id, of: node, isNewest: id == new, key, ground)
                if isCounted.insert(signer).inserted {
                    // Of a key that is new to the chain any number is taken: where the chain is gone, or was
                    // put back to an older state, the node goes on with the number that it remembers.
                    let before = number(of: node, by: signer, in: update.old, ground)
                    audit.begin(after: before ?? commit.report.sequence - 1, by: signer)
                }
                audit.take(commit, by: signer, receipt: files[ReportCommit.receiptPath])
            } catch {
                throw PushRefusal(update.reference, Self.sentence(error))
            }
            if let fault = audit.faults.first {
                throw PushRefusal(update.reference, "report \(id.short) is not in order: \(fault.message)")
            }
        }
    }

    /// Only the report that the chain's tip holds, signed by the key that the branch lists now.
    mutating func judgeLatest(
        of node: NodeName, _ new: CommitID, besides tips: [String: CommitID?]?
    ) throws {
        let reference = FleetReferences.latest(node)
        let status = FleetReferences.status(node)
        let ground = try fleetGround(for: reference)
        let key = try ground.key(of: node, for: reference)
        let commit = try commit(new, for: reference)
        let newest: ReportCommit
        do throws(ReportRejection) {
            newest = try ReportCommit(
                reading: new, in: clone.repository, key: key, fleet: ground.fleet.name, node: node)
        } catch {
            throw PushRefusal(reference, Self.sentence(error))
        }
        guard commit.parents.isEmpty, let named = newest.chainTip else {
            throw PushRefusal(
                reference,
                "\(new.short) is not the form of a newest report: a commit without parent that names the "
                    + "chain's tip")
        }
        let present = try clone.repository.reference(status)
        let tip = tips?[status] ?? present
        if tips != nil, tip != named {
            throw PushRefusal(
                reference,
                "it stands for \(named.short), but the tip of 'status/\(node)' would be "
                    + "\(tip?.short ?? "nothing"); push both at once")
        }
        if tips == nil, named != present {
            let update = ProposedUpdate(reference: status, old: present, new: named)
            try requireChain(of: node, key, update, to: named, ground)
        }
        var held = try files(of: named, allowing: Self.reportFiles, for: reference)
        held[ReportCommit.inventoryPath] = nil
        let files = try files(of: new, allowing: Self.newestFiles, for: reference)
        guard files == held else {
            throw PushRefusal(
                reference, "it says something else than the chain's tip \(named.short), for which it stands")
        }
    }

    /// What may be in a report of the chain, with the bytes that each may have.
    private static let reportFiles = newestFiles.merging(
        [ReportCommit.inventoryPath: ReportCommit.inventoryLimit]) { old, _ in old }
    /// What may be in a newest report.
    private static let newestFiles = [
        ReportCommit.reportPath: Report.largestSize, ReportCommit.receiptPath: ReportCommit.receiptLimit,
    ]

    private static func sentence(_ rejection: ReportRejection) -> String {
        switch rejection.code {
        case .otherKey:
            "\(rejection); a node whose key was replaced pushes again once it follows that commit"
        default: rejection.description
        }
    }

    /// Reads a report, with the key that the commit which it follows lists; of the newest one that must be
    /// the key that is listed now.
    private func read(
        _ id: CommitID, of node: NodeName, isNewest: Bool, _ key: SSHPublicKey, _ ground: ServerGround
    ) throws(ReportRejection) -> (ReportCommit, SSHPublicKey) {
        let named = try ReportCommit.claimedCommit(of: id, in: clone.repository)
        let then: SSHPublicKey
        do {
            then = try ground.key(of: node, at: named, by: id)
        } catch {
            throw error as? ReportRejection ?? ReportRejection(id, .missing, "\(error)")
        }
        let report = try ReportCommit(
            reading: id, in: clone.repository, key: then, fleet: ground.fleet.name, node: node)
        guard !isNewest || then == key else {
            throw ReportRejection(
                id, .otherKey,
                "signed by \(then.fingerprint), which \(named.short) lists; the node's key is "
                    + "\(key.fingerprint) now")
        }
        return (report, then)
    }

    /// The number of the newest report of a key in a node's chain; nil if there is none.
    private func number(
        of node: NodeName, by key: SSHPublicKey, in tip: CommitID?, _ ground: ServerGround
    ) -> Int? {
        var next = tip
        for _ in 0..<Self.farthestLook {
            guard let id = next else { return nil }
            let own = try? ReportCommit(
                reading: id, in: clone.repository, key: key, fleet: ground.fleet.name, node: node,
                withReceipt: false)
            if let own { return own.report.sequence }
            next = try? clone.repository.firstParent(of: id)
        }
        return nil
    }

    /// So far below the tip a report of the same key is looked for.
    private static let farthestLook = 1 << 16
}

extension PushJudge {
    /// A ledger takes only what is put on top of it: claims of nodes of the group that have the ledger's
    /// value, each signed by that node's own key, and words of persons that `trust/` lists.
    mutating func judgeLedger(
        of group: GroupName, _ value: LabelValue, _ update: ProposedUpdate, to new: CommitID
    ) throws {
        let reference = update.reference
        let ground = try fleetGround(for: reference)
        for id in try added(to: update.old, upTo: new, for: reference) {
            _ = try files(of: id, allowing: [ClaimCommit.path: Claim.largestSize], for: reference)
            guard let entry = try ClaimCommit(reading: id, in: clone.repository) else {
                throw PushRefusal(reference, "commit \(id.short) holds no well-formed claim")
            }
            let claim = entry.claim
            guard claim.fleet == ground.fleet.name, claim.ledger.group == group, claim.ledger.value == value
            else {
                throw PushRefusal(
                    reference,
                    "commit \(id.short) is an entry of \(claim.ledger) of the fleet '\(claim.fleet)', not of "
                        + "this ledger")
            }
            switch try ground.authorities.worth(of: entry) {
            case .claim, .end: continue
            case .claimByEarlierKey, .claimByLaterKey, .nothing:
                throw PushRefusal(
                    reference,
                    claim.kind == .end
                        ? "commit \(id.short) ends a claim of '\(claim.node)', and is not signed by a key in "
                            + Layout.allowedSigners
                        : "commit \(id.short) is a claim of '\(claim.node)', and not signed by the key that "
                            + "the branch lists for that node in '\(group)' with this value")
            }
        }
    }
}
