/// The other side of a connection, as libgit2's smart protocol uses it. Why it failed the context keeps.
protocol SmartConnection: AnyObject {
    /// Connects, and asks for the references; what is read next is their list.
    func list(_ service: ServerCommand.Service, at url: String) throws(TransportFailure)
    /// What is written next is for the service.
    func request(_ service: ServerCommand.Service) throws(TransportFailure)
    /// Reads what has come, at least one byte; 0 where an answer of several may end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportFailure) -> Int
    /// Sends all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TransportFailure)
    /// Nobody reads on, or writes on, what was asked last.
    func finish()
    /// Ends the connection.
    func end()
}

/// Why a connection failed.
enum TransportFailure: Error {
    /// The program that was its other side ended so.
    case process(ServerProcess.Failure)
    /// The exchange by HTTP.
    case http(HTTPFailure)
    /// Something here.
    case local(String)

    /// In words.
    var message: String {
        switch self {
        case .process(let failure):
            failure.errors.isEmpty ? "\(failure.program) ended with \(failure.exitCode)" : failure.errors
        case .http(let failure): failure.message
        case .local(let reason): reason
        }
    }
}

/// One connection for the listing and what follows: to a program that talks over its standard input and
/// output (`git` here, `ssh` to another machine), or to a daemon.
final class LineConnection: SmartConnection {
    private let context: GitTransports.Context
    private var server: (any ServerConnection)?

    init(_ context: GitTransports.Context) { self.context = context }

    func list(_ service: ServerCommand.Service, at url: String) throws(TransportFailure) {
        do throws(NetworkError) {
            server = try open(service, at: url)
        } catch {
            throw .local(error.message)
        }
    }

    private func open(
        _ service: ServerCommand.Service, at url: String
    ) throws(NetworkError) -> any ServerConnection {
        let remote = try RemoteURL(url)
        do throws(FileError) {
            if case .daemon(let host, let port, let path) = remote.location {
                return try DaemonConnection(host: host, port: port, path: path, service)
            }
        } catch {
            throw NetworkError(.unreachable, remote: remote.description, error.description)
        }
        let command = try context.makeCommand(url, service)
        do throws(FileError) {
            return try ServerProcess(command)
        } catch {
            throw NetworkError(.other, remote: remote.description, error.description)
        }
    }

    /// The listing's connection goes on, as libgit2 asserts.
    func request(_ service: ServerCommand.Service) throws(TransportFailure) {
        if server == nil { throw .local("the connection is closed") }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportFailure) -> Int {
        guard let server else { throw .local("the connection is closed") }
        do throws(FileError) {
            let count = try server.read(into: buffer)
            context.onBytes(count)
            guard count > 0 else { throw FileError("read from", "server", "it ended the connection") }
            return count
        } catch {
            throw .local(error.number == 0 ? "the other side ended the connection" : error.description)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(TransportFailure) {
        guard let server else { throw .local("the connection is closed") }
        do throws(FileError) {
            try server.write(bytes)
        } catch {
            throw .local(error.description)
        }
        context.onSent(bytes.count)
    }

    func finish() { end() }

    func end() {
        if let failure = server?.end(abandoned: context.isAbandoned) {
            context.failure = context.failure ?? .process(failure)
        }
        server = nil
    }
}

/// Requests by HTTP, each with its answer.
final class HTTPExchanges: SmartConnection {
    private let context: GitTransports.Context
    private var connection: HTTPConnection?

    init(_ context: GitTransports.Context) { self.context = context }

    func list(_ service: ServerCommand.Service, at url: String) throws(TransportFailure) {
        try telling { () throws(HTTPFailure) in
            let made: HTTPConnection
            if let connection { made = connection } else { made = try context.makeHTTP() }
            connection = made
            try made.list(service)
        }
    }

    func request(_ service: ServerCommand.Service) throws(TransportFailure) {
        try telling { () throws(HTTPFailure) in try opened().request(service) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportFailure) -> Int {
        try telling { () throws(HTTPFailure) in try opened().read(into: buffer) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(TransportFailure) {
        try telling { () throws(HTTPFailure) in try opened().write(bytes) }
    }

    func finish() { if !context.isAbandoned { connection?.finish() } }

    func end() { connection = nil }

    private func opened() throws(HTTPFailure) -> HTTPConnection {
        guard let connection else { throw HTTPFailure(.other, "the connection is closed") }
        return connection
    }

    private func telling<Value>(_ work: () throws(HTTPFailure) -> Value) throws(TransportFailure) -> Value {
        do throws(HTTPFailure) {
            return try work()
        } catch {
            context.failure = context.failure ?? .http(error)
            throw .http(error)
        }
    }
}
