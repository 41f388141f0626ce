internal import Glibc

/// A connection to `git daemon`, in the place of libgit2's own: that one tells nothing until the whole
/// listing is there, which over a thin line may take longer than a server may take to answer.
/// Source: gitprotocol-pack(5), "Git Transport".
final class DaemonConnection: ServerConnection {
    /// The port of `git://` (services(5)).
    private static let defaultPort = 9418
    /// How long an address may keep us waiting while there are others of the same host.
    private static let addressMilliseconds: Int32 = 10_000

    private let name: String
    private var socket: Int32 = -1

    /// Connects, and asks for a service. That takes as long as it takes: the parent has the deadline.
    init(host: String, port: Int?, path: String, _ service: ServerCommand.Service) throws(FileError) {
        // An IPv6 address is told from its port by brackets.
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        name = port.map { "\(shown):\($0)" } ?? shown
        socket = try Self.connect(to: host, port: port ?? Self.defaultPort, name: name)
        let command = "git-\(service.rawValue) \(path)\0host=\(name)\0"
        let digits = String(command.utf8.count + 4, radix: 16)
        let line = Array((String(repeating: "0", count: max(0, 4 - digits.count)) + digits + command).utf8)
        let sent = line.withUnsafeBytes { bytes in Result { () throws(FileError) in try write(bytes) } }
        try sent.get()
    }

    deinit { _ = end(abandoned: true) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while true {
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            guard errno == EINTR else { throw FileError("read from", name) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("write to", name) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    func end(abandoned: Bool) -> ServerProcess.Failure? {
        if socket >= 0 { close(socket) }
        socket = -1
        return nil
    }

    /// Connects to the first address of a host that takes the connection.
    private static func connect(to host: String, port: Int, name: String) throws(FileError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else {
            throw FileError("find the address of", host, String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        var next = found
        var reason = ENOENT
        while let address = next?.pointee {
            let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            let socket = Glibc.socket(address.ai_family, kind, address.ai_protocol)
            let isLast = address.ai_next == nil
            reason =
                socket < 0 ? errno : connect(socket, to: address, within: isLast ? -1 : addressMilliseconds)
            if reason == 0 {
                _ = fcntl(socket, F_SETFL, 0)
                return socket
            }
            if socket >= 0 { close(socket) }
            next = address.ai_next
        }
        throw FileError("connect to", name, number: reason)
    }

    /// - Returns: the error number, 0 for none.
    private static func connect(_ socket: Int32, to address: addrinfo, within milliseconds: Int32) -> Int32 {
        if Glibc.connect(socket, address.ai_addr, address.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var waiting = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        let count = poll(&waiting, 1, milliseconds)
        if count == 0 { return ETIMEDOUT }
        guard count > 0 else { return errno }
        var reason: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &reason, &length) == 0 else { return errno }
        return reason
    }
}
