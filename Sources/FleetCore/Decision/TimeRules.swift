/// The part of rule 7 that is about time: freezes and windows say *when* packages are changed. Waves come
/// after it (``WaveRule``).
package struct TimeRules {
    private let calendar: ChangeCalendar
    private let now: Instant

    package init(_ group: Group, zones: [ZoneName: Result<ZoneRules, ZoneError>], at now: Instant) {
        calendar = ChangeCalendar(group, zones: zones)
        self.now = now
    }

    /// Why nothing new is admitted now and no drift repaired; empty if it may be.
    var refusals: [Reason] {
        guard calendar.isLimited else { return [] }
        guard now.isWallKnown else { return [clockUnknown] }
        var refusals: [Reason] = []
        if let freeze = calendar.freeze(at: now.wall) { refusals.append(reason(freeze)) }
        if !calendar.isWindowOpen(at: now.wall) { refusals.append(windowShut) }
        return refusals
    }

    /// Why packages are not changed towards `admission` now; empty if they may be.
    ///
    /// A rollback that has not been reached yet goes on as it was admitted: without window and freeze. All
    /// else needs them for each new change.
    package func refusals(toChangeTowards admission: Admission) -> [Reason] {
        admission.receipt.isRollback && admission.progress != .reached ? [] : refusals
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

    private var windowShut: Reason {
        let opening = calendar.nextOpening(from: now.wall)
        let next = opening.map { "the next one opens at \($0)" } ?? "none opens within 400 days"
        return Reason(.window, "no window is open; \(next)\(unknownZones)", until: opening)
    }

    private var unknownZones: String {
        calendar.unknownZones.values.map { "; \($0)" }.sorted().joined()
    }
}
