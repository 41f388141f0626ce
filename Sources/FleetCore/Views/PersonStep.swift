/// What a person does about a node that does not get further by itself.
package struct PersonStep: Hashable, Sendable {
    /// What is the matter, in a word or two: it follows the node's name.
    package let state: String
    /// What to do now: one line, without a full stop.
    package let step: String
    /// Whether nothing but a person gets the node further; else it may get well by itself.
    package let isOnlyWay: Bool

    package init(_ state: String, _ step: String, isOnlyWay: Bool = false) {
        self.state = state
        self.step = step
        self.isOnlyWay = isOnlyWay
    }
}

extension PersonStep {
    /// The page on what is lost with a node's state or key.
    private static let lost = "docs/agent.md, 'State or key lost'"

    static let untrusted = PersonStep(
        "untrusted",
        "find the commit that nobody vouches for by 'plimsoll verify', and heal the branch: "
            + "docs/security.md, 'Heal a branch'", isOnlyWay: true)
    static let newerAgent = PersonStep(
        "unreadable", "install the newer agent that the fleet's files ask for", isOnlyWay: true)
    static let unreadable = PersonStep(
        "unreadable", "mend what 'plimsoll validate' names in the fleet repository, and merge that",
        isOnlyWay: true)
    static let notEnrolled = PersonStep(
        "not enrolled", "merge the node's file, as 'plimsoll-agent enroll' prints it on the node",
        isOnlyWay: true)
    static let stateLost = PersonStep(
        "state lost",
        "put its state.json back, or begin anew by 'plimsoll-agent enroll --new-state': \(lost)",
        isOnlyWay: true)
    static let identity = PersonStep(
        "identity conflict",
        "if two machines have its key, give one a key and a name of its own: \(lost); else nothing"
    )
    static let failed = PersonStep(
        "failed",
        "revert the commit that declared it; or mend the cause and change 'retry' in the group's or the "
            + "node's file", isOnlyWay: true)
    static let degraded = PersonStep(
        "degraded", "look at the check that has turned bad there; revert if the patch did it")
    static let heldByHand = PersonStep(
        "no evidence", "run 'apt-mark unhold' on it for what its reason names", isOnlyWay: true)
    static let newerKept = PersonStep(
        "no evidence", "declare the version that it has, or say 'newer: replace' in the baseline",
        isOnlyWay: true)
    static let excepted = PersonStep(
        "no evidence", "end 'except' in its file, or leave it so: it vouches for nothing", isOnlyWay: true)
    static let checkBefore = PersonStep(
        "no evidence", "mend the check there that was bad before the change")
    package static let neverReported = PersonStep(
        "never reported",
        "see that its agent runs, and may push to its status branch: 'plimsoll-agent status'")
    package static let notBelieved = PersonStep(
        "not believed", "compare its key with its file, and see what 'plimsoll verify' says of its reports")
    package static let fork = PersonStep(
        "on another history",
        "alarm: two histories are shown; compare the remotes of that node and of this one")
    package static let silent = PersonStep(
        "silent", "see that the machine and its agent run: 'plimsoll-agent status' on it")

    /// By a reason that a node gives, whatever its phase is.
    private static let byCode: [(Reason.Code, PersonStep)] = [
        (.stateLost, stateLost), (.untrusted, untrusted), (.newerAgentNeeded, newerAgent),
        (.unreadable, unreadable), (.notEnrolled, notEnrolled), (.declarationFailed, failed),
        (.checkFailed, degraded),
        (.unverifiable, PersonStep("blocked", "install 'gpgv' on it: the branch has OpenPGP signatures")),
        (.systemMismatch, PersonStep("blocked", "move it to a group whose baseline is for its system")),
        (.packagesBroken, PersonStep("blocked", "run 'dpkg --configure -a' on it")),
        (.noSpace, PersonStep("blocked", "make room on its disk")),
        (.digestMismatch, PersonStep("blocked", "look closely: the mirror or the baseline has wrong bytes")),
        (.planRefused, PersonStep("blocked", "if it is meant, add the lines that its reason names")),
        (.planImpossible, PersonStep("blocked", "read apt's words in its reason: conflicts, holds by hand")),
        (.packageUnavailable, PersonStep("blocked", "mend the mirror, or the version in the baseline")),
        (
            .sourceUnreachable,
            PersonStep("blocked", "mend its way to the source: mirror, network, 'Signed-By'")
        ),
        (.heldByHand, heldByHand), (.newerKept, newerKept),
        (.checkFailedBefore, checkBefore), (.identityConflict, identity),
        (
            .rebootsExhausted,
            PersonStep(
                "reboot required",
                "see why three reboots did not help, then change 'retry' in the group's or the node's file",
                isOnlyWay: true)
        ),
        (
            .stale,
            PersonStep(
                "no news",
                "if the branch was quiet, push a signed commit; else alarm: somebody withholds it there",
                isOnlyWay: true)
        ),
        (
            .rebootRequired,
            PersonStep("reboot required", "reboot it, unless its reason says when it does so itself")
        ),
        (
            .restartPending,
            PersonStep(
                "restart pending", "restart the services that its reason names, or name them in 'restart'")
        ),
    ]

    private static let byPhase: [Phase: PersonStep] = [
        .stateLost: stateLost, .untrusted: untrusted, .unreadable: unreadable, .notEnrolled: notEnrolled,
        .failed: failed, .rolledBack: failed, .degraded: degraded,
    ]

    /// What a person does about the node that made a report; nil where nothing asks for one.
    package init?(_ report: Report) {
        let codes = Set(report.reasons.map(\.code))
        let found = Self.byCode.first { codes.contains($0.0) }?.1
        guard let step = found ?? Self.byPhase[report.phase] else { return nil }
        self = step
    }
}

extension CanaryEvidence {
    /// What a person does about this node, as it stands to what is declared; nil where it gets on by itself.
    ///
    /// - Parameter isOutdated: whether its report may be older than what a person has done about it since.
    func personStep(
        _ standing: ProgressStanding, on declared: Declaration, isOutdated: Bool
    ) -> PersonStep? {
        let report: Report
        switch testimony {
        case .none: return standing == .held ? nil : .neverReported
        case .rejected: return .notBelieved
        case .fork: return .fork
        case .peerAhead: return nil
        case .report(let newest, id: _): report = newest
        }
        switch standing {
        case .healthy, .held: return nil
        case .silent: return .silent
        case .failed:
            guard !isOutdated else { return nil }
            let isFinal = report.failed.contains { $0.isFinal && $0.declaration == declared }
            return isFinal || failed.contains(declared) ? .failed : .degraded
        case .soaking, .changing:
            guard !isOutdated else { return nil }
            return PersonStep(report)
                ?? (report.reasons.contains { $0.code == .excepted } ? .excepted : nil)
        case .waiting, .unknown:
            guard !isOutdated, let step = PersonStep(report) else { return nil }
            // What keeps it from being evidence does not keep it from moving.
            guard [.heldByHand, .newerKept].contains(step) else { return step }
            return PersonStep(step.state, step.step)
        }
    }
}
