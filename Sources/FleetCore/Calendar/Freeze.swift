/// Days on which no changes may be made, both included.
///
/// A moment is frozen while a calendar on the wall in its zone shows one of these days.
package struct Freeze: Hashable, Sendable {
    package let from: CalendarDay
    package let to: CalendarDay
    package let reason: String
    /// nil is the zone of the group's first window, and UTC where the group has none.
    package let zone: ZoneName?

    package init(from: CalendarDay, to: CalendarDay, reason: String, zone: ZoneName? = nil) {
        self.from = from
        self.to = to
        self.reason = reason
        self.zone = zone
    }

    func contains(day number: Int) -> Bool {
        (from.daysSinceEpoch...to.daysSinceEpoch).contains(number)
    }

    /// Where the next edge lies behind what a clock shows, in seconds as it shows them; nil behind the last.
    func nextEdge(after clock: WallClock) -> Int64? {
        if clock.day < from.daysSinceEpoch { return Int64(from.daysSinceEpoch) * 86_400 }
        return clock.day <= to.daysSinceEpoch ? Int64(to.daysSinceEpoch + 1) * 86_400 : nil
    }

    /// This freeze with a day more at both ends: in UTC it then holds whatever the zone's offset is.
    var widened: Freeze {
        Freeze(
            from: CalendarDay(daysSinceEpoch: from.daysSinceEpoch - 1),
            to: CalendarDay(daysSinceEpoch: to.daysSinceEpoch + 1), reason: reason, zone: .utc)
    }
}
