import FleetCore
import FleetReconciler
import FleetTesting

/// A ledger in memory: what others have claimed, and this node's own claims, each a commit.
final class FakeLedgerState {
    /// The others, as they stand.
    var others: [Claimant] = []
    /// This node's own claims, oldest first.
    var own: [Claim] = []
    /// How often it was read.
    var readings = 0
    /// What reading throws.
    var error: LedgerError?
    /// What becomes of the next claims, in this order; where nothing is left they are accepted.
    var deliveries: [ClaimDelivery] = []
    /// Called before each reading with its number, from 1.
    var onReading: (Int) -> Void = { _ in }
}

struct FakeLedger: ClaimLedger {
    let world: World

    private var state: FakeLedgerState { world.ledger }

    func read(_ ledger: LedgerName) async throws(LedgerError) -> LedgerReading {
        state.readings += 1
        state.onReading(state.readings)
        if let error = state.error { throw error }
        let report = world.written.last { world.pushed.contains($0.id) }?.report
        let own = state.own.last.map { claim in
            Claimant(claim: claim, testimony: report.map { .report($0) } ?? .none)
        }
        return LedgerReading(
            tip: state.own.isEmpty ? nil : .number(0x2000 + state.own.count),
            claimants: state.others + [own].compactMap(\.self), ownReport: report?.sequence ?? 0)
    }

    func append(_ claim: Claim, after tip: CommitID?) async -> ClaimDelivery {
        guard world.step() else { return .unreachable("no power") }
        let delivery = state.deliveries.isEmpty ? .accepted : state.deliveries.removeFirst()
        if case .accepted = delivery { state.own.append(claim) }
        return delivery
    }
}

extension Claimant {
    /// Another node that has claimed.
    ///
    /// - Parameter phase: what it has reported since; nil for nothing.
    static func other(_ name: String, _ phase: Phase? = nil) -> Claimant {
        let ledger = LedgerName(group: .of("stores"), label: "site", value: .of("berlin-3"))
        let claim = Claim(
            fleet: .of("acme"), ledger: ledger, node: .of(name), declaration: Declaration("B", by: 2),
            commit: .number(2), sequence: phase == nil ? 7 : 6, time: .of("2026-11-22T12:00:00Z"))
        return Claimant(
            claim: claim, testimony: .report(.sample(node: name, admitted: nil, phase: phase ?? .waiting)))
    }
}
