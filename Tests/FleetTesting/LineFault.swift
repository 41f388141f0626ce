/// What a line does to the bytes that go over it in one direction.
package struct LineFault: Sendable {
    /// How much later each byte arrives.
    package var latency: Duration = .zero
    /// Bytes a second that go over the line; nil: as many as come.
    package var bytesPerSecond: Int?
    /// Segments that are lost on the way.
    package var loss: Loss?
    /// What happens once so many bytes have gone over the line since the fault was set.
    package var ending: Ending?

    package init() {}

    /// Loss as a program sees it above TCP, which hides it: nothing is missing and nothing comes twice, but
    /// what was lost comes a retransmission time-out later, and what was sent after it waits for it
    /// (RFC 6298). Not simulated: fast retransmission, which is quicker, and the shrinking of the congestion
    /// window, which makes real TCP slower. So each loss here halts the whole line for one time-out, twice
    /// that if the segment is lost again.
    package struct Loss: Sendable {
        /// Of a hundred segments of `segmentBytes`, so many are lost.
        package var percent: Int
        /// The first retransmission time-out; Linux never has less than 200 ms.
        package var timeout: Duration
        /// The same seed loses the same segments.
        package var seed: UInt64
        /// The payload of a segment on Ethernet.
        static let segmentBytes = 1_460
    }

    /// What happens at a byte.
    package enum Ending: Sendable {
        /// Nothing more arrives in this direction, and nobody is told: the connection stays open.
        case silent(after: Int)
        /// Both sides are told that the other has ended, as by a proxy that gives up (FIN).
        case closed(after: Int)
        /// Both sides are told that the connection is no more (RST).
        case reset(after: Int)
        /// Bits of the byte with this number, counted from 0, are turned over; all goes on.
        case corrupt(at: Int, mask: UInt8)

        /// The bytes that arrive as they were sent.
        var after: Int {
            switch self {
            case .silent(let count), .closed(let count), .reset(let count), .corrupt(let count, _): count
            }
        }
    }

    /// A line without fault.
    package static let none = LineFault()

    package static func late(by latency: Duration) -> LineFault {
        var fault = LineFault()
        fault.latency = latency
        return fault
    }

    package static func slow(bytesPerSecond: Int) -> LineFault {
        var fault = LineFault()
        fault.bytesPerSecond = bytesPerSecond
        return fault
    }

    package static func lossy(percent: Int, timeout: Duration, seed: UInt64 = 1) -> LineFault {
        var fault = LineFault()
        fault.loss = Loss(percent: percent, timeout: timeout, seed: seed)
        return fault
    }

    package static func silent(after count: Int) -> LineFault { ending(.silent(after: count)) }
    package static func closed(after count: Int) -> LineFault { ending(.closed(after: count)) }
    package static func reset(after count: Int) -> LineFault { ending(.reset(after: count)) }
    package static func corrupt(at number: Int, mask: UInt8 = 0x55) -> LineFault {
        ending(.corrupt(at: number, mask: mask))
    }

    private static func ending(_ ending: Ending) -> LineFault {
        var fault = LineFault()
        fault.ending = ending
        return fault
    }
}
