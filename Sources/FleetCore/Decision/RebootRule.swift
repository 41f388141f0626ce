/// Whether a node reboots by itself now: only where something that is installed needs it, the enforced
/// baseline says `reboot: when-required`, nobody holds the node, the calendar lets it, no package is
/// half-way, and not more than three times for one declaration.
///
/// Going back is no exception: packages are put back at once, their reboot waits for the window.
package struct RebootRule {
    let desired: Desired
    let decision: Decision
    let memory: NodeState
    let statement: RebootStatement
    let inventory: Inventory?
    /// Why the calendar forbids it.
    let refusals: [Reason]
    /// Why this machine cannot be rebooted by the agent; nil if it can.
    let obstacle: String?
    let now: Instant

    package init(
        desired: Desired, decision: Decision, memory: NodeState, statement: RebootStatement,
        inventory: Inventory?, refusals: [Reason], obstacle: String?, at now: Instant
    ) {
        self.desired = desired
        self.decision = decision
        self.memory = memory
        self.statement = statement
        self.inventory = inventory
        self.refusals = refusals
        self.obstacle = obstacle
        self.now = now
    }

    package enum Answer: Hashable, Sendable {
        case notRequired
        /// It is required, and not made now.
        case waits(String)
        /// It was made as often as it may be for this declaration, and is still required.
        case exhausted
        /// It is made now: the how manieth for the declaration.
        case reboots(RebootRecord)
    }

    /// How long a machine may take from being asked for a reboot until it is down; then it is asked again.
    private static let patience = TimeSpan(seconds: 900)

    package var answer: Answer {
        guard statement.isRequired else { return .notRequired }
        guard case .member(let membership) = desired.standing, let admitted = decision.admitted,
            let enforced = decision.enforced
        else { return .waits("nothing that is admitted here says whether it may") }
        guard enforced.baseline.reboot == .whenRequired else {
            return .waits("'reboot: never' leaves it to a person")
        }
        if let obstacle { return .waits(obstacle) }
        guard desired.holds.isEmpty else { return .waits("it waits for the end of the hold") }
        if memory.intent != nil || decision.assessment.map({ !$0.request.isEmpty }) ?? true {
            return .waits("it waits until the packages are as declared")
        }
        if let broken = inventory?.packages.first(where: { $0.state == .broken }) {
            return .waits("it waits until \(broken.id) is not half-way any more")
        }
        if inventory == nil { return .waits("it waits until the package database can be read") }
        let retry = membership.retry.onNode(memory.retries)
        let running = memory.running.total(at: now)
        let record = memory.reboots(for: admitted.declaration, under: retry)
        let isAsked = record.map { $0.bootID == now.bootID } ?? false
        if let record, isAsked, running < record.askedAt + Self.patience {
            return .waits("the machine was asked for it, and has not gone down yet")
        }
        let count = isAsked ? record?.count ?? 1 : (record?.count ?? 0) + 1
        guard count <= RebootRecord.limit else { return .exhausted }
        if let refusal = refusals.first { return .waits("it waits: \(refusal.message)") }
        return .reboots(
            RebootRecord(
                declaration: admitted.declaration, retry: retry, count: count,
                bootID: now.bootID, askedAt: running))
    }

    /// What the report says of an answer.
    package func reasons(for answer: Answer) -> [Reason] {
        let why = statement.reason ?? "a reboot is required"
        switch answer {
        case .notRequired: return []
        case .waits(let what): return [Reason(.rebootRequired, "\(why); \(what)")]
        case .exhausted:
            return [
                Reason(.rebootRequired, why),
                Reason(
                    .rebootsExhausted, count: RebootRecord.limit,
                    "rebooted \(RebootRecord.limit) times for this declaration, and it is still required; "
                        + "see why it does not help, then change 'retry' in the group's or the node's file"),
            ]
        case .reboots(let record):
            return [
                Reason(.rebootRequired, why),
                Reason(
                    .rebooting, count: record.count,
                    "reboots now, for the \(Self.ordinal(record.count)) time of at most "
                        + "\(RebootRecord.limit) for this declaration"),
            ]
        }
    }

    private static func ordinal(_ number: Int) -> String {
        switch number {
        case 1: "first"
        case 2: "second"
        case 3: "third"
        default: "\(number)th"
        }
    }
}

extension NodeState {
    /// Remembers a reboot that is about to be asked for.
    package mutating func note(_ reboot: RebootRecord) {
        reboots.removeAll { $0.declaration == reboot.declaration }
        reboots.append(reboot)
    }
}
