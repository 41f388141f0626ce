import Foundation
import Glibc
import Synchronization

/// A TCP service on a free port of 127.0.0.1 that runs one process for each connection, as inetd does.
///
/// The port is open when the initialiser returns: nobody waits for a server to come up. Everything ends with
/// the value.
package final class LoopbackService: Sendable {
    /// The port, chosen by the kernel.
    package let port: UInt16
    private let socket: Int32
    private let processes = ConnectionProcesses()

    /// Opens the port.
    ///
    /// - Parameter command: run for each connection, with it as standard input and output. Without a command
    ///   nobody ever accepts: the kernel takes the connection, and no byte comes back, as from a server that
    ///   hangs.
    package init(command: [String]?, environment: [String: String?] = [:]) throws {
        (socket, port) = try openLoopbackPort()
        guard let command else { return }
        let errors = open("/dev/null", O_WRONLY | O_CLOEXEC)
        Thread.detachNewThread { [socket, processes] in
            while true {
                var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, -1)
                let moved = spawning.withLock { _ in
                    let connection = accept(socket, nil, nil)
                    defer { close(connection) }
                    return fcntl(connection, F_DUPFD_CLOEXEC, 10)
                }
                guard moved >= 0 else { break }
                processes.start(command, environment: environment, connection: moved, errors: errors)
                close(moved)
            }
            close(errors)
        }
    }

    deinit {
        stop()
        close(socket)
    }

    /// Closes the port and ends the processes of open connections.
    package func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        processes.stop()
    }
}

/// The processes that serve a service's open connections.
private final class ConnectionProcesses: Sendable {
    private let state = Mutex<(stopped: Bool, running: Set<pid_t>)>((false, []))

    func start(_ command: [String], environment: [String: String?], connection: Int32, errors: Int32) {
        let files: [(Int32, Int32)] = [(connection, 0), (connection, 1), (errors, 2)]
        guard let process = try? spawn(command, environment: environment, descriptors: files) else { return }
        let stopped = state.withLock { state in
            state.running.insert(process)
            return state.stopped
        }
        if stopped { kill(-process, SIGKILL) }
        Thread.detachNewThread { [self] in
            reap(process)
            _ = state.withLock { $0.running.remove(process) }
        }
    }

    func stop() {
        state.withLock { state in
            state.stopped = true
            for process in state.running { kill(-process, SIGKILL) }
        }
    }
}

/// Opens a listening socket on a free port of 127.0.0.1.
func openLoopbackPort() throws -> (socket: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let opened = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard opened else { throw POSIXError(.EADDRNOTAVAIL) }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}
