/// Whether a node may be counted upon while others change, by what it says of itself.
package enum Availability: String, Sendable, CaseIterable {
    /// Neither in change nor failed: at rest, well or waiting.
    case available
    /// A change has begun and has not been settled, or takes effect only after a reboot.
    case inChange
    /// What is admitted or declared failed here, or the node cannot tell what it has.
    case failed
}

extension Report {
    /// Whether the node is in change or failed; what budgets count.
    ///
    /// *Failed*: a check that was well has turned bad, the declared baseline or an attempt at it failed here
    /// (also where it was undone since), a transaction failed and what it left has not converged, packages
    /// are broken or cannot be read, the state was lost, the phase is a word of a newer agent. *In change*: a
    /// transaction has begun, was interrupted or works past its deadline, or a reboot, or a restart of
    /// services, is required.
    ///
    /// The phase alone does not tell: an operator's hold, for one, is the more pressing word. Waiting, being
    /// held or blocked before a change began is neither. A reason that this reader does not know is none of
    /// these: a newer agent says no worse by new words than by the phase.
    package var availability: Availability {
        if hasFailed { return .failed }
        return isInChange ? .inChange : .available
    }

    private var hasFailed: Bool {
        if [.failed, .rolledBack, .degraded, .stateLost, .unknown].contains(phase) { return true }
        if reasons.contains(where: { Self.failing.contains($0.code) }) { return true }
        if failed.contains(where: { $0.isFinal && $0.declaration == baseline.declared }) { return true }
        if hasAny([.broken, .failed]) { return true }
        return phase != .converged && [.failed, .unknown].contains(transaction?.result)
    }

    private var isInChange: Bool {
        if [.converging, .stalled, .rebootRequired].contains(phase) || reboot.isRequired { return true }
        if reasons.contains(where: { Self.changing.contains($0.code) }) { return true }
        if hasAny([.pendingReboot, .pendingRestart]) { return true }
        return phase != .converged && transaction?.result == .begun
    }

    private func hasAny(_ states: [EntryState]) -> Bool {
        states.contains { state in
            packages.counts[state, default: 0] > 0 || packages.findings.contains { $0.state == state }
        }
    }

    private static let changing: Set<Reason.Code> = [
        .interrupted, .rebootRequired, .rebooting, .rebootsExhausted, .restartPending,
    ]

    private static let failing: Set<Reason.Code> = [
        .checkFailed, .declarationFailed, .attemptFailed, .rolledBack, .packagesBroken, .packagesUnreadable,
        .stateLost,
    ]
}
