import FleetTesting
import Foundation
import Testing

/// The tests' own bad line: what it does to bytes is what was asked for.
struct FaultProxyTests {
    /// A server that sends back what it gets, and the line to it.
    private func echo() throws -> (server: LoopbackService, proxy: FaultProxy) {
        let server = try LoopbackService(command: ["cat"])
        return (server, try FaultProxy(to: server.port))
    }

    /// Sends bytes and returns what comes back and how it ended: `ended`, `refused`, `reset`, or `silent`.
    ///
    /// - Parameter patience: seconds after which a line that tells nothing is called silent.
    private func exchange(_ text: String, over proxy: FaultProxy, patience: Double = 60) throws -> String {
        let program = """
            import socket, sys
            got = b""
            try:
                peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                peer.settimeout(float(sys.argv[3]))
                peer.sendall(sys.argv[2].encode())
                peer.shutdown(socket.SHUT_WR)
                while True:
                    part = peer.recv(4096)
                    if not part: break
                    got += part
                print(got.decode("latin-1"), "ended")
            except ConnectionRefusedError: print("refused")
            except TimeoutError: print(got.decode("latin-1"), "silent")
            # ENOTCONN and EPIPE, too, where the reset comes before this side has said all.
            except OSError: print(got.decode("latin-1"), "reset")
            """
        return try runSuccessfully(["python3", "-c", program, String(proxy.port), text, String(patience)])
            .text
    }

    @Test func whatGoesOverALineIsCountedAndSpoiltAsTold() throws {
        let (server, proxy) = try echo()
        #expect(try exchange("abcdef", over: proxy) == "abcdef ended")
        #expect(proxy.traffic == FaultProxy.Traffic(up: 6, down: 6, connections: 1))
        proxy.set(down: .closed(after: 2))
        #expect(try exchange("abcdef", over: proxy) == "ab ended")
        #expect(proxy.traffic == FaultProxy.Traffic(up: 6, down: 2, connections: 1))
        proxy.set(down: .reset(after: 2))
        let cut = try exchange("abcdef", over: proxy)
        #expect(cut.hasSuffix("reset"), "\(cut)")
        proxy.set(down: .silent(after: 2))
        #expect(try exchange("abcdef", over: proxy, patience: 2) == "ab silent")
        proxy.set(up: .corrupt(at: 1, mask: 0x20))
        #expect(try exchange("abcdef", over: proxy) == "aBcdef ended")
        proxy.set(.mute)
        #expect(try exchange("abcdef", over: proxy, patience: 0.2) == "silent")
        proxy.set(.refuse)
        #expect(try exchange("abcdef", over: proxy) == "refused")
        proxy.set()
        #expect(try exchange("abcdef", over: proxy) == "abcdef ended")
        withExtendedLifetime(server) {}
    }

    @Test func slowLateAndLossyLinesTakeTheirTimeAndLoseNothing() throws {
        let (server, proxy) = try echo()
        let text = String(repeating: "0123456789", count: 600)
        let clock = ContinuousClock()
        for (fault, least) in [
            (LineFault.slow(bytesPerSecond: 20_000), Duration.milliseconds(290)),
            (.late(by: .milliseconds(200)), .milliseconds(190)),
            (.lossy(percent: 60, timeout: .milliseconds(20)), .milliseconds(20)),
        ] {
            proxy.set(down: fault)
            let start = clock.now
            #expect(try exchange(text, over: proxy) == text + " ended")
            #expect(clock.now - start > least)
        }
        withExtendedLifetime(server) {}
    }
}
