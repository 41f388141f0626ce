internal import FleetCore

/// How long to wait until the next cycle.
struct Pace {
    /// How a cycle has ended, as far as the time of the next one depends on it.
    enum Ending: Equatable {
        /// A server has answered, or none was asked. Also a node that failed, or that refuses what is on the
        /// branch, goes on asking as before: what mends it comes by the same way.
        case reached
        /// No server could be reached.
        case away
        /// The cycle did not get so far: another one was at work, or it was killed.
        case notRun
    }

    private let interval: TimeSpan
    private var failures: Int64 = 0
    private var lastEarly: TimeSpan?
    /// Whether the wait is one for a server that could not be reached.
    private(set) var isAway = false

    private static let longest = TimeSpan(seconds: 3_600)
    /// After a link come its address, its routes and the servers of names; none of them is there at once.
    private static let settling = TimeSpan(seconds: 2)

    init(interval: TimeSpan) { self.interval = interval }

    /// The interval, a tenth more or less so that a fleet does not poll in step.
    ///
    /// From the second cycle on that reached no server, or could not be run, it is twice as long each time,
    /// up to an hour, and somewhere in its second half: a fleet whose server was away does not come back in
    /// step either.
    mutating func wait(
        after ending: Ending, using generator: inout some RandomNumberGenerator
    ) -> TimeSpan {
        isAway = ending == .away
        failures = ending == .reached ? 0 : min(failures + 1, 16)
        guard failures > 1 else {
            let tenth = interval.milliseconds / 10
            return TimeSpan(
                milliseconds: interval.milliseconds + Int64.random(in: -tenth...tenth, using: &generator))
        }
        let whole = min(interval * (1 << (failures - 1)), max(Self.longest, interval)).milliseconds
        return TimeSpan(milliseconds: Int64.random(in: whole / 2...whole, using: &generator))
    }

    /// How long to wait from now on once a link is back: two seconds, and up to a tenth of the interval more,
    /// so that a server whose whole fleet comes back at once gets ten times its usual load at most.
    ///
    /// It begins an interval after the link was last the reason for a cycle, at the earliest: a link that
    /// comes and goes has no more cycles than one that stays. The back-off begins anew, for what made it
    /// long may be over.
    mutating func wait(
        afterLinkAt now: TimeSpan, using generator: inout some RandomNumberGenerator
    ) -> TimeSpan {
        failures = 0
        let earliest = max(now.milliseconds, lastEarly.map { $0.milliseconds + interval.milliseconds } ?? 0)
        lastEarly = TimeSpan(milliseconds: earliest)
        let spread = Int64.random(in: 0...interval.milliseconds / 10, using: &generator)
        return TimeSpan(milliseconds: earliest - now.milliseconds + Self.settling.milliseconds + spread)
    }
}
