/// How long changes of packages have taken on this node, and how long the next may take.
///
/// A small disk under a large database takes ten times as long as a fast one, so a node goes by its own
/// changes. The estimate is meant to be too long rather than too short: a window that has shut finds nobody
/// half-way.
package struct ChangeDurations: Hashable, Sendable {
    /// The newest last, at most ``capacity``: a machine that has become faster is believed after some.
    package private(set) var measured: [Measured] = []

    package init() {}

    /// A change that ran from its beginning to its end without an interruption, its checks included.
    package struct Measured: Hashable, Sendable {
        /// How many packages it has changed.
        package let changes: Int
        package let duration: TimeSpan

        package init(changes: Int, duration: TimeSpan) {
            self.changes = min(max(changes, 1), 100_000)
            self.duration = min(duration, TimeSpan(seconds: 86_400))
        }
    }

    package static let capacity = 8

    /// What a node goes by before it has changed anything: so many packages, of which each took so long. It
    /// is counted in with what was measured, so that one odd change of one package says little about a
    /// hundred.
    private static let assumed = (changes: Int64(20), each: TimeSpan(seconds: 6))
    /// No change is taken for a shorter one.
    package static let least = TimeSpan(seconds: 120)

    package mutating func record(_ change: Measured) {
        measured.append(change)
        measured.removeFirst(max(0, measured.count - Self.capacity))
    }

    /// How long a change of so many packages may take: at the pace of those before, with what the slowest of
    /// them took beyond that pace, and half of it all once more.
    package func estimate(for changes: Int) -> TimeSpan {
        let packages = measured.reduce(Self.assumed.changes) { $0 + Int64($1.changes) }
        let assumed = Self.assumed.each * Self.assumed.changes
        let took = measured.reduce(assumed) { $0 + $1.duration }
        func atPace(_ changes: Int) -> TimeSpan {
            TimeSpan(milliseconds: took.milliseconds * Int64(min(max(changes, 0), 100_000)) / packages)
        }
        let beyond = measured.map { $0.duration - atPace($0.changes) }.max() ?? .zero
        return max(TimeSpan(milliseconds: (atPace(changes) + beyond).milliseconds * 3 / 2), Self.least)
    }
}

/// How long a change needs a window to stay open: what it may take itself, and what is kept for the reboot
/// that it may need.
package struct WindowNeed: Hashable, Sendable {
    /// How many packages the change is about.
    package let changes: Int
    package let estimate: TimeSpan
    package let reserve: TimeSpan

    /// What is kept for a reboot where the baseline lets nodes reboot.
    package static let rebootReserve = TimeSpan(seconds: 900)

    package init(changes: Int, durations: ChangeDurations, reboot: RebootPolicy) {
        self.changes = changes
        estimate = durations.estimate(for: changes)
        reserve = Self.reserve(reboot)
    }

    /// What a reboot alone needs.
    package static let reboot = WindowNeed()

    private init() {
        changes = 0
        estimate = .zero
        reserve = Self.rebootReserve
    }

    package var total: TimeSpan { estimate + reserve }

    /// What the smallest change needs: in a shorter window nothing is ever changed.
    package static func least(_ reboot: RebootPolicy) -> TimeSpan {
        ChangeDurations.least + reserve(reboot)
    }

    private static func reserve(_ reboot: RebootPolicy) -> TimeSpan {
        switch reboot {
        case .never: .zero
        case .whenRequired: rebootReserve
        }
    }

    /// The figures, for people.
    package var words: String {
        guard changes > 0 else { return "\(reserve.rough) for a reboot" }
        let reboot = reserve > .zero ? " and \(reserve.rough) for a reboot" : ""
        let packages = changes == 1 ? "1 package" : "\(changes) packages"
        return "\(total.rough): \(estimate.rough) for \(packages), by what changes took here\(reboot)"
    }
}

extension ChangeDurations {
    package var json: JSONValue {
        .array(
            measured.map {
                ["changes": JSONValue($0.changes), "took": JSONValue(milliseconds: $0.duration)]
            })
    }

    /// What cannot be read is left out: it is learned again.
    package init(json: JSONValue?) {
        for member in json?.array ?? [] {
            guard let changes = member["changes"]?.integer, let took = member["took"]?.milliseconds else {
                continue
            }
            record(Measured(changes: Int(clamping: changes), duration: took))
        }
    }
}
