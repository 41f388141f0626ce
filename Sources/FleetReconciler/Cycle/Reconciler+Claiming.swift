internal import FleetCore
internal import Logging

extension Reconciler {
    /// Why the group's budget leaves no room for a change at the moment; nil if it does, or none is needed.
    ///
    /// Nothing is claimed by that: it saves a node that cannot move the plan and the download.
    func budgetRefusal(for admitted: Admission, desired: Desired) async -> Reason? {
        guard let need = ClaimNeed(admitted, desired: desired) else { return nil }
        do throws(LedgerError) {
            let ledger = try need.ledger()
            let reading = try await claims.read(ledger)
            guard case .full(let reason) = need.answer(on: reading, in: ledger, memory: memory) else {
                return nil
            }
            return reason
        } catch {
            return Reason(.budget, error.message)
        }
    }

    /// Claims a share of the group's budget, right before a change begins: reads the ledger, decides, appends
    /// to what was read, and reads again where somebody else was first.
    ///
    /// That a claim may have been made is durable before it is: if the change does not begin after all, a
    /// report will say so.
    ///
    /// - Returns: why the change must not begin now; nil if the node has its share, or needs none.
    mutating func claimShare(
        for admitted: Admission, desired: Desired, at now: Instant
    ) async throws(CycleError) -> Reason? {
        guard let need = ClaimNeed(admitted, desired: desired) else { return nil }
        let earlier = memory.claim
        for _ in 0..<Self.claimTries {
            let ledger: LedgerName
            let reading: LedgerReading
            do throws(LedgerError) {
                ledger = try need.ledger()
                reading = try await claims.read(ledger)
            } catch {
                try forgetClaim(unless: earlier, at: now)
                return Reason(.budget, error.message)
            }
            // A claim that may be there already must be passed, too, whatever the numbers have become since.
            let number = max(memory.report.sequence, reading.ownReport, earlier?.sequence ?? 0)
            switch need.answer(on: reading, in: ledger, memory: memory) {
            case .held(let sequence):
                try noteClaim(ClaimMemory(sequence: max(number, sequence)), at: now)
                return nil
            case .full(let reason):
                try forgetClaim(unless: earlier, at: now)
                return reason
            case .open: try noteClaim(ClaimMemory(sequence: number), at: now)
            }
            switch await claims.append(need.claim(number, in: ledger, at: now.wall), after: reading.tip) {
            case .accepted:
                logger.notice("claimed", metadata: ["ledger": "\(ledger)"])
                return nil
            case .overtaken: continue
            case .refused(let message):
                try forgetClaim(unless: earlier, at: now)
                return Reason(.budget, "the remote refused the claim at \(ledger): \(message)")
            case .unreachable(let message):
                return Reason(.budget, "the claim at \(ledger) could not be sent: \(message)")
            }
        }
        try forgetClaim(unless: earlier, at: now)
        return Reason(
            .budget, "others claimed first, \(Self.claimTries) times in a row; it is tried again next cycle")
    }

    /// How often a claim is tried in one cycle: so many others have claimed meanwhile.
    private static var claimTries: Int { 16 }

    private mutating func noteClaim(_ claim: ClaimMemory, at now: Instant) throws(CycleError) {
        guard memory.claim != claim else { return }
        memory.claim = claim
        try save(at: now)
    }

    /// This cycle has made no claim; one that an earlier cycle may have made is still to be ended.
    private mutating func forgetClaim(unless earlier: ClaimMemory?, at now: Instant) throws(CycleError) {
        guard memory.claim != earlier else { return }
        memory.claim = earlier
        try save(at: now)
    }
}

/// A change that must not begin without a share of the group's budget.
private struct ClaimNeed {
    let membership: Membership
    let budget: Budget
    let declaration: Declaration
    let commit: CommitID

    /// - Returns: nil where no claim is needed: the group has no budget; the branch went back (rule 5); the
    ///   declaration was reached before, so that only drift is repaired.
    init?(_ admitted: Admission, desired: Desired) {
        guard case .member(let membership) = desired.standing, let budget = membership.group.budget,
            let commit = desired.commit, !admitted.receipt.isRollback, admitted.progress != .reached
        else { return nil }
        self.membership = membership
        self.budget = budget
        self.commit = commit
        declaration = admitted.declaration
    }

    func ledger() throws(LedgerError) -> LedgerName {
        switch membership.ledger(of: budget) {
        case .success(let ledger): return ledger
        case .failure(let reason): throw LedgerError(reason.message)
        }
    }

    func answer(on reading: LedgerReading, in ledger: LedgerName, memory: NodeState) -> BudgetAnswer {
        budget.answer(
            to: membership.node.name, for: declaration,
            lastReport: max(memory.report.sequence, reading.ownReport), in: ledger,
            claimants: reading.claimants)
    }

    func claim(_ sequence: Int, in ledger: LedgerName, at time: Timestamp) -> Claim {
        Claim(
            fleet: membership.fleet.name, ledger: ledger, node: membership.node.name,
            declaration: declaration, commit: commit, sequence: sequence, time: time)
    }
}
