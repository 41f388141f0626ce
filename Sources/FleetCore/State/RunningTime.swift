/// A reading of the node's clocks, taken once for a whole cycle.
package struct Instant: Hashable, Sendable {
    /// The wall clock.
    package let wall: Timestamp
    /// Whether the wall clock is known to be right.
    package let isWallKnown: Bool
    /// Which start of the machine this is: the kernel's boot id.
    package let bootID: String
    /// Time since that start, without suspended time (CLOCK_MONOTONIC).
    package let sinceBoot: TimeSpan

    package init(wall: Timestamp, isWallKnown: Bool, bootID: String, sinceBoot: TimeSpan) {
        self.wall = wall
        self.isWallKnown = isWallKnown
        self.bootID = bootID
        self.sinceBoot = sinceBoot
    }

    /// This reading, whose wall clock is not known to be right if it is before `date`, at which the newest
    /// authentic commit was made.
    package func doubted(before date: Timestamp?) -> Instant {
        Instant(
            wall: wall, isWallKnown: isWallKnown && date.map { $0 <= wall } ?? true, bootID: bootID,
            sinceBoot: sinceBoot)
    }
}

/// The node's running time over all its starts, which needs no right wall clock and no writing in quiet
/// cycles.
///
/// What ran between the last writing and a restart is lost: the sum never claims more than was.
package struct RunningTime: Hashable, Sendable {
    package var bootID = ""
    package var sinceBoot = TimeSpan.zero
    package var total = TimeSpan.zero

    package init(bootID: String = "", sinceBoot: TimeSpan = .zero, total: TimeSpan = .zero) {
        self.bootID = bootID
        self.sinceBoot = sinceBoot
        self.total = total
    }

    /// The running time at `now`.
    package func total(at now: Instant) -> TimeSpan {
        bootID == now.bootID ? total + (now.sinceBoot - sinceBoot) : total + now.sinceBoot
    }

    /// This clock, advanced to `now`.
    package func advanced(to now: Instant) -> RunningTime {
        RunningTime(bootID: now.bootID, sinceBoot: now.sinceBoot, total: total(at: now))
    }
}
