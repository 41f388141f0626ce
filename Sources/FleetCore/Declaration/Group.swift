/// A group: nodes with one baseline, one gate, one window.
package struct Group: Hashable, Sendable {
    package let name: GroupName
    package let baseline: BaselineName
    package var gate: GateSetting
    package var waves: Waves?
    package let windows: [Window]
    package let freezes: [Freeze]
    /// Added to the baseline's checks.
    package let checks: [Check]
    /// The reason of a hold of the whole group.
    package var hold: String?
    /// Any text; when it changes, failed declarations may be tried again.
    package var retry: String?
    /// How many changes may begin for one declaration before it has failed finally; at least 1.
    package let attempts: Int
    package let supersede: Supersede
    /// How many of its nodes that share a label's value may be in change or failed at once; nil for no limit.
    package var budget: Budget?
    package let prefetch: Prefetch
    /// What it does otherwise while its baseline is urgent.
    package var urgent: UrgentRules?
    package var missed: MissedWindows

    package init(
        name: GroupName, baseline: BaselineName, gate: GateSetting, waves: Waves? = nil,
        windows: [Window] = [],
        freezes: [Freeze] = [], checks: [Check] = [], hold: String? = nil, retry: String? = nil,
        attempts: Int = Group.defaultAttempts, supersede: Supersede = .newest, budget: Budget? = nil,
        prefetch: Prefetch = .declared, urgent: UrgentRules? = nil, missed: MissedWindows = .wait
    ) {
        self.missed = missed
        self.urgent = urgent
        self.name = name
        self.baseline = baseline
        self.gate = gate
        self.waves = waves
        self.windows = windows
        self.freezes = freezes
        self.checks = checks
        self.hold = hold
        self.retry = retry
        self.attempts = max(attempts, 1)
        self.supersede = supersede
        self.budget = budget
        self.prefetch = prefetch
    }

    package static let defaultAttempts = 3
}

/// What a group file says of its gate, as far as a node needs it.
package enum GateSetting: Hashable, Sendable {
    /// No gate: `gate: none`, or no `gate` in a group that another group's `after` names.
    case none
    case rule(GateRule)
    /// The file is wrong there. The gate waits, with this reason; the commit stays readable.
    case broken(String)
}

/// The rule by which a declaration becomes admitted.
package struct GateRule: Hashable, Sendable {
    /// The groups whose reports are the evidence; the rule holds in each by itself.
    package let after: [GroupName]
    /// How many of a group's nodes must be healthy.
    package let healthy: Quota
    /// How long a canary must have been well.
    package let soak: TimeSpan
    /// More failed nodes of a group than this close the gate.
    package let failures: Quota
    package let silence: SilenceRule
    /// Whether entries that apply here and to no healthy canary may pass.
    package let allowsUncovered: Bool
    /// How much the healthy nodes of each group must differ; nil if they need not.
    package let diversity: Diversity?

    package init(
        after: [GroupName], healthy: Quota = .percent(100), soak: TimeSpan, failures: Quota = .count(0),
        silence: SilenceRule = .hold, allowsUncovered: Bool = false, diversity: Diversity? = nil
    ) {
        self.after = after
        self.healthy = healthy
        self.soak = soak
        self.failures = failures
        self.silence = silence
        self.allowsUncovered = allowsUncovered
        self.diversity = diversity
    }
}

/// What becomes of canaries that are silent.
package enum SilenceRule: Hashable, Sendable {
    /// They stay in the share, so the gate waits for them.
    case hold
    /// They leave the share if they had been silent for so long *before* this reader first saw the
    /// declaration.
    case leave(after: TimeSpan)
}

/// The waves in which a group moves.
package struct Waves: Hashable, Sendable {
    /// The shares of the group, cumulative and rising.
    package let steps: [Quota]
    /// The steps, from 0, before which a person must say that the rollout goes on.
    package let pauses: Set<Int>
    package let healthy: Quota
    package let soak: TimeSpan
    package let failures: Quota
    package let silence: SilenceRule

    package init(
        steps: [Quota], pauses: Set<Int> = [], healthy: Quota, soak: TimeSpan, failures: Quota,
        silence: SilenceRule
    ) {
        self.steps = steps
        self.pauses = pauses
        self.healthy = healthy
        self.soak = soak
        self.failures = failures
        self.silence = silence
    }
}

/// A person's word that the rollout of a declaration goes on past its pauses: `groups/<group>/proceed.yaml`.
package struct Proceed: Hashable, Sendable {
    /// What it is about; it is void for any other.
    package let declaration: Declaration
    /// The last step that may begin, from 1: the pauses before it and before all earlier ones are over.
    package let step: Int

    package init(declaration: Declaration, step: Int) {
        self.declaration = declaration
        self.step = step
    }
}

/// What evidence must show so that a share of nodes vouches for a declaration: of a gate, or of a wave.
package struct Thresholds: Hashable, Sendable {
    /// How many of the nodes must be healthy.
    package let healthy: Quota
    /// How long each must have been well.
    package let soak: TimeSpan
    /// More failed nodes than this close it.
    package let failures: Quota
    package let silence: SilenceRule

    package init(healthy: Quota, soak: TimeSpan, failures: Quota, silence: SilenceRule) {
        self.healthy = healthy
        self.soak = soak
        self.failures = failures
        self.silence = silence
    }
}

extension GateRule {
    package var thresholds: Thresholds {
        Thresholds(healthy: healthy, soak: soak, failures: failures, silence: silence)
    }
}

extension Waves {
    package var thresholds: Thresholds {
        Thresholds(healthy: healthy, soak: soak, failures: failures, silence: silence)
    }
}
