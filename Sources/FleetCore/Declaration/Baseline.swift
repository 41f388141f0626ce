/// A patch baseline: the declared patch state of a machine, with its includes merged.
package struct Baseline: Hashable, Sendable {
    package let name: BaselineName
    package let description: String?
    package let manager: Manager
    /// The system that it is for, compared with os-release(5); nil fits every system.
    package let system: SystemRequirement?
    /// The source lists that packages come from; nil leaves the sources of the system as they are.
    package let sources: [SourceListName]?
    /// The entries, one for each key, in the order of their keys.
    package let entries: [Entry]
    package let newer: NewerPolicy
    package let checks: [Check]
    package let reboot: RebootPolicy
    /// The services that the node may restart when they run old code.
    package let restart: [UnitPattern]
    package let urgent: Urgency?
    package let irreversible: IrreversiblePolicy
    package let unlisted: UnlistedPolicy
    package let updaters: UpdatersPolicy
    /// Answers to the questions of packages, in the order of packages and questions.
    package let debconf: [DebconfAnswer]
    /// How many kernels are left installed, of those that Plimsoll brought; nil lets none go.
    package let kernels: Int?

    /// How many kernels may be asked for: with a single one there is nothing left to boot when it fails.
    package static let possibleKernels = 2...16

    /// A baseline with `entries` put in order.
    ///
    /// - Precondition: no two entries have one key: the decoder refuses such a file.
    package init(
        name: BaselineName, description: String? = nil, manager: Manager = .apt,
        system: SystemRequirement? = nil,
        sources: [SourceListName]? = nil, entries: [Entry], newer: NewerPolicy = .keep, checks: [Check] = [],
        reboot: RebootPolicy = .whenRequired, restart: [UnitPattern] = [], urgent: Urgency? = nil,
        irreversible: IrreversiblePolicy = .refuse, unlisted: UnlistedPolicy = .ignore,
        updaters: UpdatersPolicy = .report, debconf: [DebconfAnswer] = [], kernels: Int? = nil
    ) {
        self.name = name
        self.description = description
        self.manager = manager
        self.system = system
        self.sources = sources
        self.entries = entries.sorted { $0.key < $1.key }
        self.newer = newer
        self.checks = checks
        self.reboot = reboot
        self.restart = restart
        self.urgent = urgent
        self.irreversible = irreversible
        self.unlisted = unlisted
        self.updaters = updaters
        self.debconf = debconf.sorted()
        self.kernels = kernels
    }
}

extension Baseline {
    /// The same baseline, urgent or not.
    package func urgent(_ urgency: Urgency?) -> Baseline {
        Baseline(
            name: name, description: description, manager: manager, system: system, sources: sources,
            entries: entries, newer: newer, checks: checks, reboot: reboot, restart: restart, urgent: urgency,
            irreversible: irreversible, unlisted: unlisted, updaters: updaters, debconf: debconf,
            kernels: kernels)
    }
}

/// The package manager of a baseline.
package enum Manager: String, Sendable, CaseIterable {
    /// apt with dpkg.
    case apt

    /// The order of its versions.
    package var versionOrder: VersionOrder {
        switch self {
        case .apt: .debian
        }
    }
}

/// The system that a baseline is for: `ID` and `VERSION_ID` of os-release(5).
package struct SystemRequirement: Hashable, Sendable {
    package let id: String
    /// nil fits every version.
    package let version: String?

    package init(id: String, version: String?) {
        self.id = id
        self.version = version
    }
}

/// What to do with a package that is newer than declared and was not put there by Plimsoll.
package enum NewerPolicy: String, Sendable, CaseIterable {
    /// Leave it and report it; the node proves nothing.
    case keep
    /// Put the declared version in its place.
    case replace
}

/// What to do with a change that could not be undone: no package file can be kept of a version that it
/// replaces.
package enum IrreversiblePolicy: String, Sendable, CaseIterable {
    /// Change nothing, and say what is missing.
    case refuse
    /// Make it all the same.
    case allow
}

/// What to do about a package that no entry names.
package enum UnlistedPolicy: String, Sendable, CaseIterable {
    /// Nothing.
    case ignore
    /// Say it among the findings of the report.
    case report
}

/// What to do about other programs that change packages unasked.
package enum UpdatersPolicy: String, Sendable, CaseIterable {
    /// Say it among the findings of the report, and wait for their locks.
    case report
    /// Mask their systemd units, until a baseline no longer says so or the node leaves the fleet.
    case stop
}

/// Whether the node may reboot by itself.
package enum RebootPolicy: String, Sendable, CaseIterable {
    case never
    case whenRequired = "when-required"
}

/// Why and until when a baseline is urgent.
package struct Urgency: Hashable, Sendable {
    package let until: CalendarDay
    package let reason: String

    package init(until: CalendarDay, reason: String) {
        self.until = until
        self.reason = reason
    }
}
