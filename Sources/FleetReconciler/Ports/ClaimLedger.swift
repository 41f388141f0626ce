package import FleetCore

/// The port to the ledgers in which nodes claim before they change, so that no more of them are in change or
/// failed at once than their group's budget allows.
package protocol ClaimLedger {
    /// Reads a ledger and the newest reports of all that have claimed in it, as the remote has both now.
    ///
    /// - Throws: ``LedgerError`` if that cannot be had. What could not be read never counts as free.
    func read(_ ledger: LedgerName) async throws(LedgerError) -> LedgerReading

    /// Appends a claim, signed by this node, if the ledger is still as it was read: compare and swap.
    ///
    /// - Parameter tip: the ledger's tip, as ``read(_:)`` gave it.
    func append(_ claim: Claim, after tip: CommitID?) async -> ClaimDelivery
}

/// A ledger as it was read.
package struct LedgerReading: Hashable, Sendable {
    /// Its newest commit; nil while nobody has claimed.
    package let tip: CommitID?
    /// Each node that has claimed, once, and is in the fleet.
    package let claimants: [Claimant]
    /// The number of this node's own newest report, as the remote has it; 0 if there is none to be believed.
    package let ownReport: Int

    package init(tip: CommitID?, claimants: [Claimant], ownReport: Int) {
        self.tip = tip
        self.claimants = claimants
        self.ownReport = ownReport
    }
}

/// What became of a claim.
package enum ClaimDelivery: Hashable, Sendable {
    /// The remote has it.
    case accepted
    /// The remote has not taken it: somebody else was first.
    case overtaken
    /// The remote refused it, and said why.
    case refused(String)
    /// Nobody knows whether the remote has it; the next reading tells.
    case unreachable(String)
}

/// Why a ledger cannot be read.
package struct LedgerError: Error, Hashable, Sendable {
    /// What was tried and what came of it; for people.
    package let message: String

    package init(_ message: String) { self.message = message }
}

extension LedgerError: CustomStringConvertible {
    package var description: String { message }
}
