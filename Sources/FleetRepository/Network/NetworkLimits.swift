/// When what waits for a server gives up by itself, should the parent with its deadlines be gone.
struct NetworkLimits: Hashable, Sendable {
    /// For connecting, and for a program that is asked for a password.
    let connect: Duration
    /// Between two bytes.
    let progress: Duration

    init() { self.init(NetworkDeadlines()) }

    init(_ deadlines: NetworkDeadlines) {
        connect = Self.whole(deadlines.connect)
        // The parent gives more time than its deadline for progress where much may be on its way.
        progress = Self.whole(max(deadlines.progress, deadlines.total))
    }

    /// For the network child: milliseconds of both, separated by a colon.
    var text: String { "\(Self.milliseconds(connect)):\(Self.milliseconds(progress))" }

    init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let connect = parts[0], let progress = parts[1], connect > 0, progress > 0
        else { return nil }
        self.connect = .milliseconds(connect)
        self.progress = .milliseconds(progress)
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        // A month is longer than any transfer, and overflows nothing.
        Int(min(max(duration / .milliseconds(1), 1), 2_678_400_000))
    }

    private static func whole(_ duration: Duration) -> Duration { .milliseconds(milliseconds(duration)) }
}
