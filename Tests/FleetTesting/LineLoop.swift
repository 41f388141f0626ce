import Foundation
import Glibc
import Synchronization

/// The thread of a ``FaultProxy``: all its connections in one loop.
final class LineLoop {
    private let listener: Int32
    private let server: UInt16
    private let control: LineControl
    private var settings = LineSettings()
    private var connections: [LineConnection] = []

    init(listener: Int32, server: UInt16, control: LineControl) {
        self.listener = listener
        self.server = server
        self.control = control
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
    }

    func run() {
        while control.take(adopt) {
            var waiting = [pollfd(fd: control.wake, events: Int16(POLLIN), revents: 0)]
            waiting.append(
                pollfd(fd: settings.mode == .refuse ? -1 : listener, events: Int16(POLLIN), revents: 0))
            let now = ContinuousClock.now
            for connection in connections { waiting += connection.waiting(at: now) }
            let due = connections.compactMap(\.due).min().map { due in
                Int32(max(0, ((due - now) / .milliseconds(1)).rounded(.up)))
            }
            poll(&waiting, nfds_t(waiting.count), due ?? -1)
            accept()
            for connection in connections { connection.move(at: .now, counting: control) }
            connections.removeAll(where: \.isOver)
        }
        for connection in connections { connection.reset() }
        close(listener)
    }

    private func adopt(_ new: LineSettings) {
        for connection in connections { connection.reset() }
        connections = []
        let wasRefusing = settings.mode == .refuse
        settings = new
        if new.mode == .refuse, !wasRefusing { shutdown(listener, Int32(SHUT_RDWR)) }
        if new.mode != .refuse, wasRefusing { listen(listener, 64) }
        sharedUp = LineCount(new.up)
        sharedDown = LineCount(new.down)
    }

    /// The bytes of all connections count together: a transport may need several for one fetch.
    private var sharedUp = LineCount(.none)
    private var sharedDown = LineCount(.none)

    private func accept() {
        while settings.mode != .refuse {
            let client = spawning.withLock { _ in
                let connection = Glibc.accept(listener, nil, nil)
                defer { close(connection) }
                return fcntl(connection, F_DUPFD_CLOEXEC, 10)
            }
            guard client >= 0 else { return }
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            control.count { $0.connections += 1 }
            var upstream: Int32 = -1
            if settings.mode == .forward {
                upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                // On loopback this takes no time.
                if sockaddr_in(loopback: server).use({ connect(upstream, $0, $1) }) != 0 {
                    close(upstream)
                    LineConnection.reset([client])
                    continue
                }
                _ = fcntl(upstream, F_SETFL, O_NONBLOCK)
            }
            for descriptor in [client, upstream] where descriptor >= 0 {
                var on: Int32 = 1
                setsockopt(
                    descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            }
            connections.append(
                LineConnection(client: client, server: upstream, up: sharedUp, down: sharedDown))
        }
    }
}

/// How many bytes have gone in one direction, over all connections, and what is to happen at which.
final class LineCount {
    let fault: LineFault
    var bytes = 0
    var generator: SeededGenerator

    init(_ fault: LineFault) {
        self.fault = fault
        generator = SeededGenerator(seed: fault.loss?.seed ?? 0)
    }
}

/// A client and the server, and the bytes between them.
final class LineConnection {
    private let sockets: [Int32]
    private let up: LineFlow
    private let down: LineFlow
    private(set) var isOver = false

    /// - Parameter server: negative: the client is not led anywhere.
    init(client: Int32, server: Int32, up: LineCount, down: LineCount) {
        sockets = [client, server]
        self.up = LineFlow(from: client, to: server, up)
        self.down = LineFlow(from: server, to: client, down)
    }

    /// What the loop must wait for.
    func waiting(at now: ContinuousClock.Instant) -> [pollfd] {
        sockets[1] < 0 ? [] : up.waiting(at: now) + down.waiting(at: now)
    }

    /// When something that waits is due.
    var due: ContinuousClock.Instant? { [up.due, down.due].compactMap(\.self).min() }

    /// Moves what can be moved.
    func move(at now: ContinuousClock.Instant, counting control: LineControl) {
        guard sockets[1] >= 0, !isOver else { return }
        let (sent, received) = (up.read(at: now), down.read(at: now))
        if sent + received > 0 {
            control.count {
                $0.up += sent
                $0.down += received
            }
        }
        up.write(at: now)
        down.write(at: now)
        for flow in [up, down] {
            guard let ending = flow.ending else { continue }
            if case .reset = ending { return reset() }
            // Each side is told that the other has ended, and what it still says goes nowhere.
            up.swallow()
            down.swallow()
        }
        if up.isBroken || down.isBroken { return reset() }
        if up.isDone, down.isDone {
            isOver = true
            for socket in sockets { close(socket) }
        }
    }

    /// Ends the connection for both sides at once.
    func reset() {
        guard !isOver else { return }
        isOver = true
        Self.reset(sockets.filter { $0 >= 0 })
    }

    /// Closes sockets with RST in the place of FIN (socket(7), SO_LINGER).
    static func reset(_ sockets: [Int32]) {
        for socket in sockets {
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            close(socket)
        }
    }
}
