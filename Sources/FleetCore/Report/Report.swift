/// The signed statement of a node about itself: `report.json`, schema `plimsoll/report/v1`.
///
/// What the gate reads (`commit`, `baseline`, `phase`, `reasons[].code`, `proven`, `failed`, and of
/// `packages` `notApplicable`, `notApplicableOmitted` and the entries' `name` and `state`) keeps its meaning
/// for all of v1. Readers ignore fields they do not know and take unknown words as `unknown`.
package struct Report: Hashable, Sendable {
    package var fleet: FleetName
    package var node: NodeName
    package var group: GroupName
    package var agent: String
    /// Counts a node's reports from 1 without gaps.
    package var sequence: Int
    /// The commit of the report before; nil for the first.
    package var previous: CommitID?
    /// For people: nothing is decided by it.
    package var time: Timestamp
    /// For people: shows that a reboot happened.
    package var bootID: String
    /// The followed commit.
    package var commit: CommitID
    package var baseline: BaselineStatement
    package var phase: Phase
    package var reasons: [Reason]
    /// Never cut short.
    package var proven: [Proof]
    /// Never cut short.
    package var failed: [Failure]
    package var packages: PackageStatement
    package var checks: [CheckResult]
    /// How many checks were cut off to keep the report small.
    package var checksOmitted = 0
    package var transaction: TransactionStatement?
    package var findings: [Finding]
    /// How many findings were cut off to keep the report small.
    package var findingsOmitted = 0
    package var reboot: RebootStatement
    package var system: SystemStatement
    /// How often a person has said on the node that what failed may be tried again.
    package var retries = 0

    package static let schema = "plimsoll/report/v1"

    /// The largest `report.json` that a reader accepts, in bytes.
    package static let largestSize = 65_536

    /// How many findings a node tells at most; the others are counted.
    package static let mostFindings = 100

    /// The largest number of a report: the largest integer that every reader of JSON keeps (RFC 8259, section
    /// 6).
    package static let largestSequence = 9_007_199_254_740_991

    package init(
        fleet: FleetName, node: NodeName, group: GroupName, agent: String = AgentVersion.current.description,
        sequence: Int, previous: CommitID?, time: Timestamp, bootID: String, commit: CommitID,
        baseline: BaselineStatement, phase: Phase, reasons: [Reason] = [], proven: [Proof] = [],
        failed: [Failure] = [], packages: PackageStatement = PackageStatement(), checks: [CheckResult] = [],
        transaction: TransactionStatement? = nil, findings: [Finding] = [],
        reboot: RebootStatement = RebootStatement(), system: SystemStatement
    ) {
        self.fleet = fleet
        self.node = node
        self.group = group
        self.agent = agent
        self.sequence = sequence
        self.previous = previous
        self.time = time
        self.bootID = bootID
        self.commit = commit
        self.baseline = baseline
        self.phase = phase
        self.reasons = reasons
        self.proven = proven
        self.failed = failed
        self.packages = packages
        self.checks = checks
        self.transaction = transaction
        self.findings = findings
        self.reboot = reboot
        self.system = system
    }
}

/// Which baseline a node has and which it should have.
package struct BaselineStatement: Hashable, Sendable {
    package var name: BaselineName
    package var declared: Declaration?
    package var admitted: Declaration?

    package init(name: BaselineName, declared: Declaration?, admitted: Declaration?) {
        self.name = name
        self.declared = declared
        self.admitted = admitted
    }
}

/// A declaration that was in effect and well here.
package struct Proof: Hashable, Sendable {
    package var declaration: Declaration
    /// How long without a break, by the node's own running time; published in whole seconds.
    package var healthyFor: TimeSpan

    package init(declaration: Declaration, healthyFor: TimeSpan) {
        self.declaration = declaration
        self.healthyFor = healthyFor
    }
}

/// A declaration that failed here.
package struct Failure: Hashable, Sendable {
    package var declaration: Declaration
    /// How many changes began for it.
    package var attempts: Int
    /// Whether it is not tried again.
    package var isFinal: Bool
    package var reason: String

    package init(declaration: Declaration, attempts: Int, isFinal: Bool, reason: String) {
        self.declaration = declaration
        self.attempts = attempts
        self.isFinal = isFinal
        self.reason = reason.limited(to: Reason.longestMessage)
    }
}

/// How the admitted baseline's entries stand.
package struct PackageStatement: Hashable, Sendable {
    package var counts: [EntryState: Int]
    /// Each entry that is not compliant, in the order of keys.
    package var findings: [EntryFinding]
    package var notApplicable: [EntryKey]
    /// How many findings were cut off to keep the report small.
    package var omitted: Int
    /// How many names of `notApplicable` were cut off; a node of which some are is no evidence that an entry
    /// applies to it.
    package var notApplicableOmitted: Int

    package init(
        counts: [EntryState: Int] = [:], findings: [EntryFinding] = [], notApplicable: [EntryKey] = [],
        omitted: Int = 0, notApplicableOmitted: Int = 0
    ) {
        self.counts = counts
        self.findings = findings
        self.notApplicable = notApplicable
        self.omitted = omitted
        self.notApplicableOmitted = notApplicableOmitted
    }
}

/// The last transaction, for people.
package struct TransactionStatement: Hashable, Sendable {
    package var started: Timestamp
    package var duration: TimeSpan
    package var result: Result
    package var changes: [PackageChange]
    /// How many changes were cut off to keep the report small.
    package var omitted: Int
    /// After a failure the last 4 KiB of what the package manager wrote.
    package var log: String?

    package init(
        started: Timestamp, duration: TimeSpan, result: Result, changes: [PackageChange], omitted: Int = 0,
        log: String?
    ) {
        self.started = started
        self.duration = duration
        self.result = result
        self.changes = changes
        self.omitted = omitted
        self.log = log
    }

    package enum Result: String, Sendable, CaseIterable {
        case succeeded
        case failed
        /// It was undone.
        case undone
        /// It is being carried out.
        case begun
        case unknown
    }
}

/// What a person should know.
package struct Finding: Hashable, Sendable {
    package var code: String
    package var package: String?
    package var path: String?
    package var message: String

    package init(code: String, package: String? = nil, path: String? = nil, message: String) {
        self.code = code
        self.package = package
        self.path = path
        self.message = message.limited(to: Reason.longestMessage)
    }
}

package struct RebootStatement: Hashable, Sendable {
    package var isRequired: Bool
    package var reason: String?
    /// The packages that are in effect only after it, as far as they are known; their entries say so.
    package var packages: [PackageName]
    /// How many reboots the node has made for the admitted declaration, with one that it announces.
    package var count = 0

    package init(isRequired: Bool = false, reason: String? = nil, packages: [PackageName] = []) {
        self.isRequired = isRequired
        self.reason = reason
        self.packages = packages
    }

    /// The same, where services run old code that only a reboot renews.
    package func adding(_ restarts: PendingRestarts?) -> RebootStatement {
        guard let services = restarts?.untouchable, let first = services.first else { return self }
        let more = services.count > 1 ? " and \(services.count - 1) more" : ""
        var statement = self
        statement.isRequired = true
        statement.reason = [reason, "\(first.unit)\(more) runs old code, and is renewed by a reboot alone"]
            .compactMap(\.self).joined(separator: "; ")
        statement.packages += services.flatMap(\.packages)
        return statement
    }

    /// The same, where a kernel that was taken back still runs.
    package func adding(_ kernel: KernelReturn?) -> RebootStatement {
        guard let kernel, kernel.isAwaited else { return self }
        var statement = self
        statement.isRequired = true
        statement.reason = [reason, kernel.words].compactMap(\.self).joined(separator: "; ")
        return statement
    }
}

package struct SystemStatement: Hashable, Sendable {
    package var facts: SystemFacts
    package var architectures: [Architecture]

    package init(facts: SystemFacts, architectures: [Architecture]) {
        self.facts = facts
        self.architectures = architectures
    }
}
