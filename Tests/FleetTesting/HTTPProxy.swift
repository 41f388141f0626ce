import Foundation
import Glibc

/// A real HTTP proxy on loopback, tinyproxy, which also connects to TLS servers. It ends with the value.
package final class HTTPProxy: Sendable {
    package static let user = "atm"
    package static let password = "pr0xy-pass"

    /// The port on 127.0.0.1.
    package let port: UInt16
    private let process: pid_t
    private let folder: TemporaryFolder

    /// Starts a proxy, and returns when its port is open.
    ///
    /// - Parameter demandsPassword: whether only `user` with `password` may use it.
    package init(demandsPassword: Bool) throws {
        folder = try TemporaryFolder("proxy")
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        // It opens its port itself, so another process may be faster: then it ends, and the next port is tried.
        for _ in 0..<20 {
            let (socket, port) = try openLoopbackPort()
            close(socket)
            let configuration = try folder.write(
                """
                Port \(port)
                Listen 127.0.0.1
                LogFile "\(folder.path("log"))"
                \(demandsPassword ? "BasicAuth \(Self.user) \(Self.password)" : "")

                """, to: "tinyproxy.conf")
            let process = try spawn(
                ["tinyproxy", "-d", "-c", configuration], descriptors: [(quiet, 0), (quiet, 1), (quiet, 2)])
            if try Self.isOpen(port, of: process) {
                self.port = port
                self.process = process
                return
            }
            kill(-process, SIGKILL)
            reap(process)
        }
        throw POSIXError(.EADDRINUSE)
    }

    deinit {
        kill(-process, SIGKILL)
        reap(process)
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// What it has been asked, as its log has it.
    package var log: String { (try? folder.read("log")) ?? "" }

    /// Waits until somebody listens, or the process has ended.
    private static func isOpen(_ port: UInt16, of process: pid_t) throws -> Bool {
        let end = Date().addingTimeInterval(30)
        while Date() < end {
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(probe) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let isConnected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isConnected { return true }
            // Looked at without reaping: its number stays its own.
            var ended = siginfo_t()
            waitid(P_PID, id_t(process), &ended, WEXITED | WNOHANG | WNOWAIT)
            if ended.si_code != 0 { return false }
            poll(nil, 0, 5)
        }
        return false
    }
}
