/// When a group may change: its windows and freezes, with the rules of their zones.
///
/// It needs a right clock; that is the caller's to know.
package struct ChangeCalendar: Sendable {
    private let windows: [Zoned<Window>]
    private let freezes: [Zoned<Freeze>]
    private let hasWindows: Bool
    /// The zones whose rules are not known: their windows are shut, and their freezes a day longer at both
    /// ends.
    package let unknownZones: [ZoneName: ZoneError]

    /// Something that is meant by the clocks of a zone.
    private struct Zoned<Value: Sendable>: Sendable {
        let value: Value
        let rules: ZoneRules
    }

    /// - Parameter zones: the rules of the zones that ``Group/zones`` names.
    /// - Parameter passesWindows: whether freezes alone count.
    package init(
        _ group: Group, zones: [ZoneName: Result<ZoneRules, ZoneError>], passesWindows: Bool = false
    ) {
        var unknown: [ZoneName: ZoneError] = [:]
        func rules(of zone: ZoneName) -> ZoneRules? {
            if zone == .utc { return .utc }
            switch zones[zone] {
            case .success(let rules): return rules
            case .failure(let error): unknown[zone] = error
            case nil: unknown[zone] = ZoneError("the rules of the zone '\(zone)' were not read")
            }
            return nil
        }
        let counted = passesWindows ? [] : group.windows
        hasWindows = !counted.isEmpty
        windows = counted.compactMap { window in
            rules(of: window.zone).map { Zoned(value: window, rules: $0) }
        }
        freezes = group.freezes.map { freeze in
            guard let rules = rules(of: group.zone(of: freeze)) else {
                return Zoned(value: freeze.widened, rules: .utc)
            }
            return Zoned(value: freeze, rules: rules)
        }
        unknownZones = unknown
    }

    /// Whether anything is written that may forbid a change.
    package var isLimited: Bool { hasWindows || !freezes.isEmpty }

    /// Whether a window is open, or none is written.
    package func isWindowOpen(at moment: Timestamp) -> Bool {
        !hasWindows || windows.contains { $0.value.isOpen(at: $0.rules.clock(at: moment)) }
    }

    /// A freeze that is on; nil for none.
    package func freeze(at moment: Timestamp) -> Freeze? {
        freezes.first { $0.value.contains(day: $0.rules.clock(at: moment).day) }?.value
    }

    /// Whether changes may be made.
    package func isOpen(at moment: Timestamp) -> Bool {
        isWindowOpen(at: moment) && freeze(at: moment) == nil
    }

    /// Whether changes may be made from `moment` on for so long, without a break.
    package func isOpen(at moment: Timestamp, for length: TimeSpan) -> Bool {
        guard isOpen(at: moment) else { return false }
        return closing(after: moment).map { moment + length <= $0 } ?? true
    }

    /// When changes may no longer be made that may be made at `moment`; nil if that is not within 400 days.
    package func closing(after moment: Timestamp) -> Timestamp? {
        first(from: moment) { !isOpen(at: $0) }
    }

    /// The first moment from `moment` on at which changes may be made; nil if there is none within 400 days.
    package func nextOpening(from moment: Timestamp) -> Timestamp? {
        first(from: moment) { isOpen(at: $0) }
    }

    /// The first time from `moment` on that is open for so long without a break, or, where there is none
    /// within 400 days, how long the longest is.
    package func nextOpening(from moment: Timestamp, for length: TimeSpan) -> Opening {
        var longest = TimeSpan.zero
        var next = nextOpening(from: moment)
        while let opening = next, opening <= moment + Self.horizon {
            guard let closing = closing(after: opening), closing < opening + length else {
                return .at(opening)
            }
            longest = max(longest, closing.time(since: opening))
            next = nextOpening(from: closing)
        }
        return .never(longest: longest)
    }

    /// When changes that take so long may be made.
    package enum Opening: Hashable, Sendable {
        case at(Timestamp)
        /// Nothing is open for so long.
        case never(longest: TimeSpan)
    }

    /// The first moment from `moment` on at which no freeze is on; nil if there is none within 400 days.
    package func endOfFreeze(from moment: Timestamp) -> Timestamp? {
        first(from: moment) { freeze(at: $0) == nil }
    }

    /// How far a moment is looked for: more than a year, so that each day of the calendar is passed.
    package static let horizon = TimeSpan(seconds: 400 * 86_400)

    /// The first moment at which something holds that only changes when a window or freeze may.
    private func first(from start: Timestamp, where holds: (Timestamp) -> Bool) -> Timestamp? {
        var moment = start
        while !holds(moment) {
            guard let next = nextEdge(after: moment), next <= start + Self.horizon else { return nil }
            moment = next
        }
        return moment
    }

    /// The next moment at which a window or freeze may begin or end.
    private func nextEdge(after moment: Timestamp) -> Timestamp? {
        var edges: [Timestamp?] = []
        for window in windows {
            let clock = window.rules.clock(at: moment)
            for second in window.value.edges {
                let day = second > clock.second ? clock.day : clock.day + 1
                edges.append(
                    window.rules.moment(showing: Int64(day) * 86_400 + Int64(second), after: moment))
            }
        }
        for freeze in freezes {
            guard let edge = freeze.value.nextEdge(after: freeze.rules.clock(at: moment)) else { continue }
            edges.append(freeze.rules.moment(showing: edge, after: moment))
        }
        return edges.compactMap(\.self).min()
    }
}

extension ZoneRules {
    /// The moment after `moment` at which a clock would show `seconds`, or the one before that at which
    /// clocks are moved: then they show something else.
    fileprivate func moment(showing seconds: Int64, after moment: Timestamp) -> Timestamp? {
        let shown = Timestamp(seconds: seconds - Int64(offset(at: moment)))
        let edge = nextTransition(after: moment).map { min($0, shown) } ?? shown
        return edge > moment ? edge : nil
    }
}

extension Group {
    /// The zones whose rules its windows and freezes need.
    package var zones: Set<ZoneName> {
        Set(windows.map(\.zone) + freezes.map(zone(of:))).subtracting([.utc])
    }

    /// By which zone's calendar a freeze is meant.
    package func zone(of freeze: Freeze) -> ZoneName { freeze.zone ?? windows.first?.zone ?? .utc }
}
