package import FleetCore

/// What a node's own configuration says to its cycles.
package struct CycleSettings: Sendable {
    /// The configured time between two cycles.
    package let interval: TimeSpan
    /// How long the package manager may work before the node says so.
    let patience: ManagerPatience
    /// What holds this node by a file on it. Asked again right before a change begins: a payment may have
    /// begun while it was downloaded.
    let localHolds: @Sendable (Instant) -> [Reason]
    /// Reads the clocks again, right before a change begins: a window may have shut while it was downloaded.
    let readAgain: @Sendable (Instant) -> Instant

    /// - Parameter readAgain: gets the cycle's own reading. The default is that no time has passed.
    package init(
        interval: TimeSpan, managerDeadline: TimeSpan = TimeSpan(seconds: 3_600),
        localHolds: @escaping @Sendable (Instant) -> [Reason] = { _ in [] },
        readAgain: @escaping @Sendable (Instant) -> Instant = { $0 }
    ) {
        self.interval = interval
        patience = ManagerPatience(deadline: managerDeadline, interval: interval)
        self.localHolds = localHolds
        self.readAgain = readAgain
    }
}

/// What came of a cycle.
package struct CycleOutcome: Sendable {
    package let desired: Desired
    package let decision: Decision
    package let phase: Phase
    package let reasons: [Reason]
    package let checks: [CheckResult]
    package let report: ReportOutcome
    package let followed: CommitID?
    package let mark: CommitID?
    /// The reasons about remotes that another one made up for: with them the cycle heard all there was.
    package let passedOver: [Reason]
}

/// What became of the node's report in a cycle.
package enum ReportOutcome: Hashable, Sendable {
    /// Nothing had changed, so none was due.
    case notDue
    /// There is nobody to report to: the node is not a member of the fleet.
    case nobody
    /// Written and sent.
    case sent(CommitID)
    /// Written, or written before; the fleet leaves reports on their nodes.
    case kept(CommitID)
    /// Written; it goes out when the remote can be reached again.
    case queued(CommitID?, String)
}

/// Why a cycle came to nothing.
package struct CycleError: Error, Hashable, Sendable {
    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        /// The node's state cannot be read or written.
        case state
        /// The clone is damaged; made anew it is of use again, for nothing is remembered in it alone.
        case clone
        /// The introduction is not what it should be.
        case introduction
    }
}

extension CycleError {
    /// What a failure of the fleet repository means for the cycle.
    init(_ error: SourceError) {
        switch error.code {
        case .cloneDamaged: self.init(.clone, error.message)
        case .introduction: self.init(.introduction, error.message)
        case .storage: self.init(.state, error.message)
        }
    }
}

extension CycleError: CustomStringConvertible {
    package var description: String { message }
}
