/// A health check, run before and after a change and in each cycle.
package struct Check: Hashable, Sendable {
    /// The name by which reports speak of it.
    package let name: String
    package let probe: Probe
    package let timeout: TimeSpan
    /// How often it is tried again, a second later, before it counts as bad.
    package let retries: Int
    /// How long after a change, and after a start of the machine, it may take until it is well.
    package let settle: TimeSpan
    /// Whether it must be well. One that is only wanted is reported, and has no part in anything else.
    package let isRequired: Bool

    /// A check named after what it does.
    package init(
        _ probe: Probe, timeout: TimeSpan = Check.defaultTimeout, retries: Int = Check.defaultRetries,
        settle: TimeSpan = Check.defaultSettle, isRequired: Bool = true
    ) {
        self.probe = probe
        self.timeout = timeout
        self.retries = retries
        self.settle = settle
        self.isRequired = isRequired
        name =
            switch probe {
            case .service(let unit): "service \(unit)"
            case .command(let arguments): "command \(arguments.joined(separator: " "))"
            case .http(let url, _): "http \(url)"
            }
    }

    package static let defaultTimeout = TimeSpan(seconds: 30)
    package static let defaultRetries = 2
    package static let defaultSettle = TimeSpan(seconds: 60)

    /// What a check does.
    package enum Probe: Hashable, Sendable {
        /// The systemd unit is active.
        case service(String)
        /// The command, run without a shell, exits with 0.
        case command([String])
        /// A GET request of the URL is answered with this status.
        case http(url: String, status: Int)
    }
}

/// What a check found.
package struct CheckResult: Hashable, Sendable {
    /// The check's name.
    package let name: String
    package let outcome: Outcome
    /// Why, for people; at most 500 characters.
    package let message: String
    /// Whether the check must be well, or is only wanted to be.
    package let isRequired: Bool

    package init(name: String, outcome: Outcome, message: String, isRequired: Bool = true) {
        self.name = name
        self.outcome = outcome
        self.message = message
        self.isRequired = isRequired
    }

    /// Whether it says something against the node.
    package var isBad: Bool { isRequired && outcome == .failed }

    /// The three answers of a check.
    package enum Outcome: String, Sendable, CaseIterable {
        /// Well.
        case passed
        /// Not well.
        case failed
        /// There is nothing to check: the service's unit does not exist, the command's program is not
        /// installed.
        case notApplicable
    }
}
