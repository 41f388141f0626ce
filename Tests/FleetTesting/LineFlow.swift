import Glibc

/// One direction of a connection over a bad line.
final class LineFlow {
    private let from: Int32
    private let to: Int32
    private let count: LineCount
    private var fault: LineFault { count.fault }
    /// What is on its way, and when it arrives.
    private var queue: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
    /// When the last byte that is on its way arrives: none overtakes another.
    private var lastDue = ContinuousClock.now
    private var hasSourceEnded = false
    private var hasSinkEnded = false
    private var isSwallowing = false
    /// One of the two sides is gone.
    private(set) var isBroken = false

    init(from: Int32, to: Int32, _ count: LineCount) {
        self.from = from
        self.to = to
        self.count = count
    }

    /// Whether both sides have ended this direction.
    var isDone: Bool { hasSourceEnded && hasSinkEnded }

    /// What has come to pass, once all before it has arrived.
    var ending: LineFault.Ending? {
        guard let ending = fault.ending, count.bytes >= ending.after, queue.isEmpty else { return nil }
        switch ending {
        case .closed, .reset: return ending
        case .silent, .corrupt: return nil
        }
    }

    var due: ContinuousClock.Instant? { queue.first?.due }

    /// Bytes on the line beyond which the sender has to wait.
    private var room: Int { fault.bytesPerSecond == nil ? 1 << 18 : 4_096 }
    private var isFull: Bool { queue.reduce(0) { $0 + $1.bytes.count } >= room }

    func waiting(at now: ContinuousClock.Instant) -> [pollfd] {
        var waiting: [pollfd] = []
        if !hasSourceEnded, !isFull { waiting.append(pollfd(fd: from, events: Int16(POLLIN), revents: 0)) }
        if let due, due <= now { waiting.append(pollfd(fd: to, events: Int16(POLLOUT), revents: 0)) }
        return waiting
    }

    /// Takes what the sender has sent.
    ///
    /// - Returns: the bytes that went on the line.
    func read(at now: ContinuousClock.Instant) -> Int {
        var taken = 0
        while !hasSourceEnded, !isBroken, !isFull {
            var buffer = [UInt8](repeating: 0, count: chunkBytes)
            let number = recv(from, &buffer, buffer.count, 0)
            if number == 0 { hasSourceEnded = true }
            if number < 0, errno != EAGAIN, errno != EINTR { isBroken = true }
            guard number > 0 else { break }
            taken += put(buffer[..<number], at: now)
        }
        return taken
    }

    /// How much is read at once: about a twentieth of a second of a slow line, a segment of a lossy one.
    private var chunkBytes: Int {
        if fault.loss != nil { return LineFault.Loss.segmentBytes }
        return fault.bytesPerSecond.map { max(1, min(1 << 14, $0 / 20)) } ?? 1 << 14
    }

    private func put(_ sent: ArraySlice<UInt8>, at now: ContinuousClock.Instant) -> Int {
        var bytes = sent
        if isSwallowing { return 0 }
        if let ending = fault.ending {
            let left = ending.after - count.bytes
            if case .corrupt(_, let mask) = ending {
                if left >= 0, left < bytes.count { bytes[bytes.startIndex + left] ^= mask }
            } else {
                bytes = bytes.prefix(max(0, left))
            }
        }
        guard !bytes.isEmpty else { return 0 }
        count.bytes += bytes.count
        var due = max(now + fault.latency, lastDue)
        if let rate = fault.bytesPerSecond { due += .seconds(1) * bytes.count / rate }
        if let loss = fault.loss {
            var timeout = loss.timeout
            while count.generator.below(100) < loss.percent {
                due += timeout
                timeout *= 2
            }
        }
        lastDue = due
        queue.append((due, bytes))
        return bytes.count
    }

    /// Hands on what has arrived.
    func write(at now: ContinuousClock.Instant) {
        while let first = queue.first, first.due <= now, !isBroken {
            let number = first.bytes.withUnsafeBytes {
                send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if number < 0 {
                if errno != EAGAIN, errno != EINTR { isBroken = true }
                return
            }
            queue[0].bytes = first.bytes.dropFirst(number)
            if queue[0].bytes.isEmpty { queue.removeFirst() }
        }
        if hasSourceEnded, queue.isEmpty, !isSilent { endSink() }
    }

    /// A line that has fallen silent does not even tell that the other side has gone; one that is to be reset
    /// is not ended in good order first.
    private var isSilent: Bool {
        switch fault.ending {
        case .silent(let limit), .reset(let limit): count.bytes >= limit
        default: false
        }
    }

    /// Tells the receiver that the sender has ended; what still comes goes nowhere.
    func swallow() {
        isSwallowing = true
        queue = []
        endSink()
    }

    private func endSink() {
        guard !hasSinkEnded else { return }
        hasSinkEnded = true
        shutdown(to, Int32(SHUT_WR))
    }
}
