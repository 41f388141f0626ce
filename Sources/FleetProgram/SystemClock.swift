internal import CTimex
package import FleetCore
internal import Glibc

/// The machine's clocks: the only place where they are read.
package enum SystemClock {
    /// Reads all clocks once.
    ///
    /// - Parameter isTrusted: whether the configuration vouches for the wall clock.
    package static func now(isTrusted: Bool = false) -> Instant {
        Instant(
            wall: wall, isWallKnown: isTrusted || isSynchronised, bootID: bootID,
            sinceBoot: sinceBoot)
    }

    /// The wall clock, right or wrong.
    package static var wall: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec))
    }

    /// Time since the machine started, without suspended time: a machine that slept has not proven anything
    /// meanwhile.
    package static var sinceBoot: TimeSpan {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return TimeSpan(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Whether the kernel calls the wall clock synchronised (adjtimex(2)).
    private static var isSynchronised: Bool { plimsoll_clock_is_synchronised() != 0 }

    /// The kernel's boot id (random(4)); empty where there is none.
    private static var bootID: String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return "" }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 64)
        let count = fread(&line, 1, line.count, file)
        return String(decoding: line[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
