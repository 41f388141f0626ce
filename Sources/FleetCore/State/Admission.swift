/// A declaration that the gate let through on this node.
package struct Admission: Hashable, Sendable {
    package let baseline: BaselineName
    package let declaration: Declaration
    /// What it requires, kept so that the node can enforce it even when its clone is lost.
    package let form: CanonicalForm
    /// The newest commit at which it was on top: what it says besides its packages is read there.
    package var readAt: CommitID
    /// Why it was admitted; the rule that admitted it holds until it is reached.
    package let receipt: Receipt
    package var progress: Progress
    /// Checks that were not well when it was reached, and have not been since: they cannot have been felled
    /// by it, and keep it from being proven.
    package var badChecks: [String]

    package init(
        baseline: BaselineName, declaration: Declaration, form: CanonicalForm, readAt: CommitID,
        receipt: Receipt,
        progress: Progress = .provisional, badChecks: [String] = []
    ) {
        self.baseline = baseline
        self.declaration = declaration
        self.form = form
        self.readAt = readAt
        self.receipt = receipt
        self.progress = progress
        self.badChecks = badChecks
    }

    /// How far the node has come with it.
    package enum Progress: String, Sendable, CaseIterable {
        /// No package has changed for it: what is no longer open, or no longer declared, is given back.
        case provisional
        /// The first package has changed.
        case begun
        /// Nothing is left to change for it, and the checks said nothing against it.
        case reached
    }
}

extension Admission {
    /// Whether entries are left out of it on a node: excepted, held by hand, or newer and kept.
    func leavesOut(
        in inventory: InventoryIndex, newer: NewerPolicy, placed: [PackageID: PackageVersion],
        exceptions: Set<EntryKey>
    ) -> Bool {
        let assessment = Assessment(
            of: form, in: inventory, newer: newer, placed: placed, exceptions: exceptions, sources: nil)
        return !assessment.leftOut.isEmpty
    }
}

/// A transaction that was begun, written durably before the package manager runs.
package struct Intent: Hashable, Sendable {
    package var kind: Kind
    package var declaration: Declaration
    package var request: ChangeRequest
    /// How many changes have begun for the declaration, with this one.
    package var attempt: Int
    /// The changes that the manager announced.
    package var planned: [PackageChange]
    /// Which of the packages were marked as automatically installed before.
    package var automatic: [PackageID]
    /// What the checks found before the first change for this declaration.
    package var checksBefore: [CheckResult]
    package var started: Timestamp
    /// Why the change is undone; empty for a change towards a declaration.
    package var reason: String
    /// How often a cycle has found it open.
    package var interruptions = 0
    /// What it is judged by: kept here, for it must be ended even when the repository cannot be read.
    package var checks: [Check] = []
    /// How many changes may begin for the declaration.
    package var attemptsAllowed = Group.defaultAttempts
    /// The `retry` texts that a failure of it is recorded under.
    package var retry = RetryToken(group: nil, node: nil)

    package init(
        kind: Kind, declaration: Declaration, attempt: Int, request: ChangeRequest, planned: [PackageChange],
        automatic: [PackageID], checksBefore: [CheckResult], started: Timestamp, reason: String = ""
    ) {
        self.kind = kind
        self.declaration = declaration
        self.attempt = attempt
        self.request = request
        self.planned = planned
        self.automatic = automatic
        self.checksBefore = checksBefore
        self.started = started
        self.reason = reason
    }

    package enum Kind: String, Sendable, CaseIterable {
        /// Towards an admitted declaration.
        case converge
        /// Removing drift from one that was reached before: it fails nothing.
        case repair
        /// Back from a declaration that failed.
        case undo
    }
}
