/// The part of rule 7 that is about time: freezes and windows say *when* packages are changed. Waves come
/// after it (``WaveRule``).
package struct TimeRules {
    private let calendar: ChangeCalendar
    private let now: Instant

    /// - Parameter passesWindows: whether what is to be done may be done outside windows: it is urgent.
    package init(
        _ group: Group, zones: [ZoneName: Result<ZoneRules, ZoneError>], passesWindows: Bool = false,
        at now: Instant
    ) {
        calendar = ChangeCalendar(group, zones: zones, passesWindows: passesWindows)
        self.now = now
    }

    /// Why nothing new is admitted now and no drift repaired; empty if it may be.
    ///
    /// - Parameter need: how long the change needs the window; nil where nothing is to be changed, or nobody
    ///   can tell what.
    package func refusals(for need: WindowNeed?) -> [Reason] {
        guard calendar.isLimited else { return [] }
        guard now.isWallKnown else { return [clockUnknown] }
        var refusals: [Reason] = []
        if let freeze = calendar.freeze(at: now.wall) { refusals.append(reason(freeze)) }
        if !calendar.isWindowOpen(at: now.wall) {
            refusals.append(windowShut(for: need))
        } else if refusals.isEmpty, let need, let reason = tooLate(for: need) {
            refusals.append(reason)
        }
        return refusals
    }

    /// Why packages are not changed towards `admission` now; empty if they may be.
    ///
    /// A rollback that has not been reached yet goes on as it was admitted: without window and freeze. All
    /// else needs them for each new change.
    package func refusals(toChangeTowards admission: Admission, for need: WindowNeed?) -> [Reason] {
        admission.receipt.isRollback && admission.progress != .reached ? [] : refusals(for: need)
    }

    /// Whether what takes so long may begin now: no freeze is on, and a window is open that holds it. Without
    /// a window or a freeze it always may.
    package func holds(_ length: TimeSpan) -> Bool {
        guard calendar.isLimited else { return true }
        return now.isWallKnown && calendar.isOpen(at: now.wall, for: length)
    }

    private var clockUnknown: Reason {
        Reason(
            .clockUnknown,
            "the wall clock says \(now.wall) and is not known to be right, so windows are shut and freezes "
                + "are on: the kernel does not call it synchronised, or it is before the newest commit; "
                + "synchronise it, or vouch for it by 'clock: trusted' in agent.yaml")
    }

    private func reason(_ freeze: Freeze) -> Reason {
        Reason(
            .freeze, "frozen from \(freeze.from) to \(freeze.to): \(freeze.reason)\(unknownZones)",
            until: calendar.endOfFreeze(from: now.wall))
    }

    private func windowShut(for need: WindowNeed?) -> Reason {
        guard let opening = calendar.nextOpening(from: now.wall) else {
            return Reason(.window, "no window is open; none opens within 400 days\(unknownZones)")
        }
        if let need {
            switch calendar.nextOpening(from: opening, for: need.total) {
            case .never(let longest): return windowTooShort(need, longest: longest)
            case .at(let later) where later > opening:
                return Reason(
                    .window,
                    "no window is open; the change needs \(need.words); the next one that holds it opens at "
                        + "\(later)\(unknownZones)", until: later)
            case .at: break
            }
        }
        return Reason(
            .window, "no window is open; the next one opens at \(opening)\(unknownZones)", until: opening)
    }

    /// Why a change does not begin that would not end before the window shuts, or a freeze begins.
    private func tooLate(for need: WindowNeed) -> Reason? {
        guard let closing = calendar.closing(after: now.wall), closing < now.wall + need.total else {
            return nil
        }
        switch calendar.nextOpening(from: closing, for: need.total) {
        case .never(let longest):
            return windowTooShort(need, longest: max(longest, closing.time(since: now.wall)))
        case .at(let opening):
            return Reason(
                .window,
                "the change needs \(need.words); until \(closing) it would not end; the next window that "
                    + "holds it opens at \(opening)\(unknownZones)", until: opening)
        }
    }

    private func windowTooShort(_ need: WindowNeed, longest: TimeSpan) -> Reason {
        Reason(
            .windowTooShort,
            "the change needs \(need.words); no window of the next 400 days is open for more than "
                + "\(longest.rough): it waits for ever unless a window is made longer\(unknownZones)")
    }

    private var unknownZones: String {
        calendar.unknownZones.values.map { "; \($0)" }.sorted().joined()
    }
}

extension Membership {
    /// When packages may be changed towards a declaration: outside of windows where it is urgent, or where
    /// this node has missed too many.
    ///
    /// - Parameter attended: when the node was last there in a window; nil where it never noted that.
    package func timeRules(
        towards declaration: Declaration, attended: Timestamp?,
        zones: [ZoneName: Result<ZoneRules, ZoneError>], at now: Instant
    ) -> TimeRules {
        TimeRules(
            group, zones: zones,
            passesWindows: judged(at: now).passesWindows(
                towards: declaration, attended: attended, zones: zones, at: now), at: now)
    }
}
