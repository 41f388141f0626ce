/// A node that has claimed in a ledger: its newest claim, and what is known of it since.
package struct Claimant: Hashable, Sendable {
    package let claim: Claim
    /// Whether the claim was signed by a key that the node does not have any more: then every report by the
    /// present key is a later one.
    package let isOfEarlierKey: Bool
    /// What a person said after the claim; nil if nobody did.
    package let ending: Ending?
    package let testimony: Testimony

    package init(claim: Claim, isOfEarlierKey: Bool = false, ending: Ending? = nil, testimony: Testimony) {
        self.claim = claim
        self.isOfEarlierKey = isOfEarlierKey
        self.ending = ending
        self.testimony = testimony
    }

    package var node: NodeName { claim.node }

    /// That a person gave a node's share back. It stands until the node claims again.
    package struct Ending: Hashable, Sendable {
        /// As `allowed_signers` names them.
        package let by: String
        package let reason: String
        package let time: Timestamp

        package init(by: String, reason: String, time: Timestamp) {
            self.by = by
            self.reason = reason
            self.time = time
        }
    }

    /// The node's newest report, as far as this reader believes it.
    package enum Testimony: Hashable, Sendable {
        /// Signed by the key that the followed commit lists.
        case report(Report)
        /// It has never reported.
        case none
        /// Not to be believed, or not to be had, and why.
        case rejected(String)
    }

    package enum State: String, Sendable, CaseIterable {
        /// It has claimed and not reported since, or reports that it is in change.
        case inChange
        case failed
        /// Nothing is known of it that could be believed: it counts as failed, never as free.
        case silent
        /// By its own report, or by a person.
        case ended
    }

    /// What has become of the claim. A node whose claim was ended by its report, and which has failed or is
    /// in change by a newer one, counts again.
    package var state: State {
        if ending != nil { return .ended }
        guard case .report(let report) = testimony else { return .silent }
        guard isOfEarlierKey || report.sequence > claim.sequence else { return .inChange }
        return switch report.availability {
        case .available: .ended
        case .inChange: .inChange
        case .failed: .failed
        }
    }

    /// Whether the node counts against the budget.
    package var isUnavailable: Bool { state != .ended }

    /// What has become of the claim, for people: one of which nothing was heard for two heartbeats is silent.
    /// It counts all the same.
    ///
    /// - Parameter now: compared with the times in reports, which decide nothing else.
    package func state(heartbeat: TimeSpan, now: Timestamp) -> State {
        guard state == .inChange else { return state }
        var last = claim.time.seconds
        if case .report(let report) = testimony { last = max(last, report.time.seconds) }
        return TimeSpan(seconds: now.seconds - last) > heartbeat * 2 ? .silent : .inChange
    }
}

/// What a budget says to a node that wants to change.
package enum BudgetAnswer: Hashable, Sendable {
    /// The node has claimed for this declaration already, with this number, and not reported since.
    case held(sequence: Int)
    /// It may claim.
    case open
    /// It may not, with the reason.
    case full(Reason)
}

extension Budget {
    /// Whether a node may claim.
    ///
    /// It counts the others alone: a node that has failed must be able to change to what heals it. And where
    /// it is counted by everybody already, because it says itself that it has failed or is in change, its
    /// change takes nothing from anybody: more may have failed since than the budget allows, and each would
    /// keep the others from what heals them.
    ///
    /// - Parameters:
    ///   - node: who wants to change, to `declaration`.
    ///   - sequence: the number of the node's last report.
    ///   - claimants: all that the ledger has, each node once.
    package func answer(
        to node: NodeName, for declaration: Declaration, lastReport sequence: Int, in ledger: LedgerName,
        claimants: [Claimant]
    ) -> BudgetAnswer {
        let own = claimants.first { $0.node == node }
        if let own, own.claim.declaration == declaration, own.ending == nil, !own.isOfEarlierKey,
            own.claim.sequence >= sequence
        {
            return .held(sequence: own.claim.sequence)
        }
        if let own, [.failed, .inChange].contains(own.state) { return .open }
        let others = claimants.filter { $0.node != node && $0.isUnavailable }
        return others.count < unavailable ? .open : .full(reason(others, in: ledger))
    }

    private func reason(_ others: [Claimant], in ledger: LedgerName) -> Reason {
        let names = others.sorted { $0.node < $1.node }.prefix(Self.namedNodes)
            .map { "\($0.node) \($0.state.words)" }
        let more = others.count > names.count ? ", …" : ""
        return Reason(
            .budget, count: others.count,
            "at \(ledger) \(others.count) of at most \(unavailable) are in change or failed: "
                + names.joined(separator: ", ") + more)
    }

    private static let namedNodes = 5
}

extension Claimant.State {
    /// As it follows the node's name.
    package var words: String {
        switch self {
        case .inChange: "in change"
        case .failed: "failed"
        case .silent: "silent"
        case .ended: "ended"
        }
    }
}
