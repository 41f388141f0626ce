/// When network work is given up: the deadlines, and what has moved so far.
///
/// A pure value. Thin lines get the time that they need: whoever moves at least `leastBytesPerSecond` may
/// go on past `total`, for a clone that is given up begins at its first byte again, and would never come to
/// an end.
struct NetworkPatience: Equatable {
    /// Half of the thinnest line that is reckoned with, 16 kbit/s.
    static let leastBytesPerSecond = 1 << 10
    /// So many times as long as `total` work may take, whatever moves: other work waits for it.
    static let longestInTotals = 12

    private let deadlines: NetworkDeadlines
    private let start: Duration
    private var lastSign: Duration
    private var hasAnswered = false
    private var receivedBytes = 0
    private var sentBytes = 0

    init(_ deadlines: NetworkDeadlines, at start: Duration) {
        self.deadlines = deadlines
        self.start = start
        lastSign = start
    }

    /// Takes note of what the child told.
    mutating func note(_ message: NetworkMessage, at now: Duration) {
        lastSign = now
        hasAnswered = true
        switch message {
        case .progress(let bytes): receivedBytes = max(receivedBytes, bytes)
        case .sent(let bytes): sentBytes = max(sentBytes, bytes)
        default: break
        }
    }

    /// When the work is given up unless something is told before, and as what.
    var limit: (time: Duration, kind: NetworkError.Kind) {
        let end =
            start
            + min(
                deadlines.total + Self.time(for: receivedBytes + sentBytes),
                deadlines.total * Self.longestInTotals)
        // What was handed to the line may still be in the buffers of this machine, where nothing is seen of
        // it.
        let silence = max(deadlines.progress, Self.time(for: sentBytes))
        let last = hasAnswered ? lastSign + silence : start + deadlines.connect
        if last < end { return (last, hasAnswered ? .progressTimeout : .connectTimeout) }
        return (end, .totalTimeout)
    }

    private static func time(for bytes: Int) -> Duration {
        .milliseconds(Int64(bytes) * 1_000 / Int64(leastBytesPerSecond))
    }
}
