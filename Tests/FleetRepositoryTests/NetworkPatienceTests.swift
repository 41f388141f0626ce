import Testing

@testable import FleetRepository

/// When network work is given up, without a network.
struct NetworkPatienceTests {
    private static let minute = Duration.seconds(60)

    private func patience(connect: Int = 60, progress: Int = 60, total: Int = 1_800) -> NetworkPatience {
        NetworkPatience(
            NetworkDeadlines(
                connect: .seconds(connect), progress: .seconds(progress), total: .seconds(total)),
            at: .zero)
    }

    /// Tells of bytes at even times until all have come or the work is given up.
    ///
    /// - Returns: the bytes that came, and why not all.
    private func receive(
        _ bytes: Int, perSecond: Double, every seconds: Int, _ patience: NetworkPatience
    ) -> (bytes: Int, kind: NetworkError.Kind?) {
        var patience = patience
        patience.note(.connected, at: .zero)
        var now = Duration.zero
        var received = 0
        while received < bytes {
            let next = now + .seconds(seconds)
            let limit = patience.limit
            if limit.time < next { return (received, limit.kind) }
            now = next
            received = min(bytes, received + Int(perSecond * Double(seconds)))
            patience.note(.progress(received), at: now)
        }
        return (bytes, nil)
    }

    @Test func eachDeadlineEndsWhatItIsFor() {
        var patience = patience(connect: 5, progress: 7, total: 100)
        #expect(patience.limit == (.seconds(5), .connectTimeout))
        patience.note(.progress(0), at: .seconds(4))
        #expect(patience.limit == (.seconds(11), .progressTimeout))
        patience.note(.progress(0), at: .seconds(95))
        #expect(patience.limit == (.seconds(100), .totalTimeout))
    }

    @Test func tenMegabytesCompleteOverTheThinnestLine() {
        let result = receive(10_000_000, perSecond: 2_000, every: 1, patience())
        #expect(result.bytes == 10_000_000 && result.kind == nil)
    }

    @Test func aTrickleIsEndedByTheTotal() {
        let result = receive(1 << 30, perSecond: 1.0 / 50, every: 50, patience())
        #expect(result.kind == .totalTimeout)
        #expect(result.bytes <= 36)
    }

    @Test func nothingGoesOnForEver() {
        let result = receive(1 << 40, perSecond: 2_000, every: 10, patience())
        #expect(result.kind == .totalTimeout)
        // Twelve times half an hour.
        #expect(result.bytes == 6 * 3_600 * 2_000)
    }

    @Test func whatWasSentHasTheTimeToArrive() {
        var patience = patience(progress: 60)
        patience.note(.connected, at: .zero)
        patience.note(.sent(3_000), at: .seconds(1))
        #expect(patience.limit == (.seconds(61), .progressTimeout))
        // Some weeks of reports in the buffers of this machine, and a line of 16 kbit/s.
        patience.note(.sent(300 << 10), at: .seconds(2))
        #expect(patience.limit == (.seconds(302), .progressTimeout))
    }

    @Test func aServerThatLetUsWaitIsLeftAloneForAsLong() throws {
        let memory = ServerMemory()
        let remote = try RemoteURL("ssh://git@git.example.com/acme/fleet.git")
        let other = try RemoteURL("ssh://git@git.example.com/acme/status.git")
        #expect(!memory.isEverythingAway)
        let error = NetworkError(.connectTimeout, remote: remote.description, "no answer")
        memory.note(error, of: remote, since: .seconds(10), at: .seconds(70))
        #expect(memory.isEverythingAway)
        #expect(memory.refusal(of: other, at: .seconds(71))?.kind == .connectTimeout)
        #expect(memory.refusal(of: other, at: .seconds(131)) == nil)
        #expect(memory.refusal(of: try RemoteURL("ssh://git@git.example.org/x"), at: .seconds(71)) == nil)
        memory.note(
            NetworkError(.authentication, remote: "", "Permission denied"), of: other, since: .zero,
            at: .seconds(140))
        #expect(!memory.isEverythingAway)
    }
}
