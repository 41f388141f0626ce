import Foundation
import Glibc
import Synchronization

/// A bad line to a server on loopback: a TCP proxy in this process, on a port of its own, that delays, slows,
/// loses, cuts and corrupts what goes over it. It ends with the value.
///
/// It counts and spoils what TCP carries, not packets: headers and acknowledgements are not in its figures.
package final class FaultProxy: Sendable {
    /// What becomes of a connection.
    package enum Mode: Sendable {
        /// It is led to the server, with the faults that are set.
        case forward
        /// It is taken, and not a byte is read or answered.
        case mute
        /// It is refused, as by a machine on which nothing listens.
        case refuse
    }

    /// What has gone over the line since faults were set last.
    package struct Traffic: Sendable, Equatable {
        /// Bytes from clients to the server.
        package var up = 0
        /// Bytes from the server to clients.
        package var down = 0
        /// Connections that were taken.
        package var connections = 0

        package init(up: Int = 0, down: Int = 0, connections: Int = 0) {
            self.up = up
            self.down = down
            self.connections = connections
        }
    }

    /// The port on 127.0.0.1.
    package let port: UInt16
    private let control: LineControl

    /// Opens the port; the line to the server on `server` of 127.0.0.1 has no fault yet.
    package init(to server: UInt16) throws {
        let listener = try openReservedPort()
        port = listener.port
        control = try LineControl()
        let control = control
        let socket = listener.socket
        Thread.detachNewThread { LineLoop(listener: socket, server: server, control: control).run() }
    }

    deinit { control.stop() }

    /// Sets what becomes of connections and bytes from now on. Connections that are open are reset, and
    /// bytes are counted from 0 again. When this returns the line is as told.
    package func set(_ mode: Mode = .forward, up: LineFault = .none, down: LineFault = .none) {
        control.set(LineSettings(mode: mode, up: up, down: down))
    }

    /// What has gone over the line since faults were set last. What a cut or silent line has swallowed is not
    /// in it.
    package var traffic: Traffic { control.traffic }
}

/// What a line is to do.
struct LineSettings: Sendable {
    var mode = FaultProxy.Mode.forward
    var up = LineFault.none
    var down = LineFault.none
}

/// What the owner of a line and its loop have in common.
final class LineControl: Sendable {
    private struct State {
        var settings: LineSettings?
        var traffic = FaultProxy.Traffic()
        var isStopped = false
    }

    private let state = Mutex(State())
    private let taken = DispatchSemaphore(value: 0)
    /// Becomes readable when there is something to be told.
    let wake: Int32
    private let waker: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
        (wake, waker) = (ends[0], ends[1])
    }

    deinit {
        close(wake)
        close(waker)
    }

    func set(_ settings: LineSettings) {
        state.withLock { $0.settings = settings }
        send(waker, "!", 1, 0)
        taken.wait()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        send(waker, "!", 1, 0)
    }

    var traffic: FaultProxy.Traffic { state.withLock { $0.traffic } }

    /// For the loop: what is new.
    ///
    /// - Parameter use: called with new settings before who set them goes on.
    /// - Returns: false if all is over.
    func take(_ use: (LineSettings) -> Void) -> Bool {
        var calls = [UInt8](repeating: 0, count: 64)
        recv(wake, &calls, calls.count, 0)
        let (settings, isStopped) = state.withLock { state in
            defer { state.settings = nil }
            if state.settings != nil { state.traffic = FaultProxy.Traffic() }
            return (state.settings, state.isStopped)
        }
        if let settings {
            use(settings)
            taken.signal()
        }
        return !isStopped
    }

    func count(_ change: (inout FaultProxy.Traffic) -> Void) { state.withLock { change(&$0.traffic) } }
}

/// A socket that listens on a free port of 127.0.0.1, and whose port stays its own when it does not listen:
/// the kernel gives up a port that it chose itself.
private func openReservedPort() throws -> (socket: Int32, port: UInt16) {
    let first = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let second = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(first) }
    for descriptor in [first, second] {
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in(loopback: 0)
    guard address.use({ bind(first, $0, $1) }) == 0, address.fill({ getsockname(first, $0, $1) }) == 0,
        address.use({ bind(second, $0, $1) }) == 0, listen(second, 64) == 0
    else { throw POSIXError(.EADDRNOTAVAIL) }
    return (second, UInt16(bigEndian: address.sin_port))
}

extension sockaddr_in {
    /// A port of 127.0.0.1.
    init(loopback port: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr.s_addr = inet_addr("127.0.0.1")
    }

    /// Lends the address to a call.
    func use(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: self) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Has a call write the address.
    mutating func fill(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    )
        -> Int32
    {
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &self) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
    }
}
