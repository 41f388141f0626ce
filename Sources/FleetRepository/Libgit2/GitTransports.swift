internal import CLibgit2

/// The transports that take the place of libgit2's own for `file://`, `ssh://` and `git://`.
///
/// libgit2's local transport loses updates when several write at once, and fetches every reference whatever
/// was asked for. Its ssh is libssh2, which knows neither the user's configuration nor current signature
/// algorithms. Both schemes talk to the programs that stock git talks to; libgit2 keeps the protocol
/// (git-pack-protocol(5), version 0).
enum GitTransports {
    /// What connections have in common, and what they tell.
    final class Context {
        /// How to start the other side for a URL.
        let makeCommand:
            (_ url: String, _ service: ServerCommand.Service) throws(NetworkError) -> ServerCommand
        /// Called with the number of bytes that have arrived.
        let onBytes: (Int) -> Void
        /// Called with the number of bytes that were handed to the line.
        let onSent: (Int) -> Void
        /// Why the last connection failed, as the program that was its other side had it.
        fileprivate(set) var failure: ServerProcess.Failure?
        /// Whether one of these transports was used.
        fileprivate(set) var isUsed = false
        /// Whether a connection could not be made, or broke.
        fileprivate(set) var isBroken = false
        /// Set when the work is given up: connections are then cut, not brought to their end.
        var isAbandoned = false

        /// Another connection begins.
        func reset() {
            failure = nil
            isBroken = false
            isAbandoned = false
        }

        init(
            makeCommand: @escaping (String, ServerCommand.Service) throws(NetworkError) -> ServerCommand,
            onBytes: @escaping (Int) -> Void, onSent: @escaping (Int) -> Void
        ) {
            self.makeCommand = makeCommand
            self.onBytes = onBytes
            self.onSent = onSent
        }
    }

    /// Replaces the transports, for the rest of this process's life.
    static func register(_ context: Context) throws(GitError) {
        try GitLibrary.start()
        // libgit2 keeps the pointer as long as the transport is registered, which is for ever.
        let parameter = Unmanaged.passRetained(context).toOpaque()
        // Schemes, against the header's word: libgit2 1.5 appends `://` itself, and says nothing if it is
        // there twice.
        for scheme in ["file", "ssh", "git"] {
            try git("register transport", scheme) { git_transport_register(scheme, makeTransport, parameter) }
        }
    }
}

private func makeTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _ parameter: UnsafeMutableRawPointer?
) -> Int32 {
    // Without `rpc`: one connection serves the listing and what follows.
    var definition = git_smart_subtransport_definition(callback: makeSubtransport, rpc: 0, param: parameter)
    return git_transport_smart(out, owner, &definition)
}

private func makeSubtransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
    _ owner: UnsafeMutablePointer<git_transport>?, _ parameter: UnsafeMutableRawPointer?
) -> Int32 {
    guard let out, let parameter else { return GIT_ERROR.rawValue }
    let context = Unmanaged<GitTransports.Context>.fromOpaque(parameter).takeUnretainedValue()
    let parent = git_smart_subtransport(action: startAction, close: closeSubtransport, free: freeSubtransport)
    let memory = UnsafeMutablePointer<plimsoll_subtransport>.allocate(capacity: 1)
    let object = Unmanaged.passRetained(Subtransport(context)).toOpaque()
    memory.initialize(to: plimsoll_subtransport(parent: parent, object: object))
    out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

/// The Swift side of one `git_smart_subtransport`: at most one connection, and its stream.
private final class Subtransport {
    let context: GitTransports.Context
    var server: (any ServerConnection)?
    var stream: UnsafeMutablePointer<git_smart_subtransport_stream>?

    init(_ context: GitTransports.Context) { self.context = context }

    /// Starts the other side and makes the stream to it.
    func connect(
        url: String, service: ServerCommand.Service,
        subtransport: UnsafeMutablePointer<git_smart_subtransport>
    ) -> Int32 {
        context.isUsed = true
        do throws(NetworkError) {
            server = try open(url, service)
        } catch {
            return fail(error.message)
        }
        let parent = git_smart_subtransport_stream(
            subtransport: subtransport, read: readStream, write: writeStream, free: freeStream)
        let memory = UnsafeMutablePointer<plimsoll_stream>.allocate(capacity: 1)
        // The stream does not keep this object alive: libgit2 frees the streams of a subtransport before it.
        memory.initialize(
            to: plimsoll_stream(parent: parent, object: Unmanaged.passUnretained(self).toOpaque()))
        stream = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
        return 0
    }

    private func open(
        _ url: String, _ service: ServerCommand.Service
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

    /// Ends the connection, and keeps why it failed if it did.
    func disconnect() {
        if let failure = server?.end(abandoned: context.isAbandoned) {
            context.failure = context.failure ?? failure
        }
        server = nil
    }

    /// Tells libgit2 why a call fails: what the other side said, if it has ended, else `reason`.
    func fail(_ reason: String) -> Int32 {
        disconnect()
        context.isBroken = true
        let words = context.failure.map {
            $0.errors.isEmpty ? "\($0.program) ended with \($0.exitCode)" : $0.errors
        }
        git_error_set_str(GIT_ERROR_NET.signedValue, words ?? reason)
        return GIT_ERROR.rawValue
    }
}

private func startAction(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
    _ subtransport: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
    _ action: git_smart_service_t
) -> Int32 {
    guard let out, let subtransport, let url, let object = object(of: subtransport) else {
        return GIT_ERROR.rawValue
    }
    switch action {
    case GIT_SERVICE_UPLOADPACK_LS, GIT_SERVICE_RECEIVEPACK_LS:
        let service: ServerCommand.Service = action == GIT_SERVICE_UPLOADPACK_LS ? .uploadPack : .receivePack
        let result = object.connect(url: String(cString: url), service: service, subtransport: subtransport)
        guard result == 0 else { return result }
    case GIT_SERVICE_UPLOADPACK, GIT_SERVICE_RECEIVEPACK:
        // The listing's stream goes on, as libgit2 asserts.
        break
    default:
        return GIT_ERROR.rawValue
    }
    out.pointee = object.stream
    return object.stream == nil ? GIT_ERROR.rawValue : 0
}

private func closeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) -> Int32 {
    if let subtransport { object(of: subtransport)?.disconnect() }
    return 0
}

private func freeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) {
    guard let subtransport else { return }
    let memory = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: plimsoll_subtransport.self)
    if let object = memory.pointee.object { Unmanaged<Subtransport>.fromOpaque(object).release() }
    memory.deallocate()
}

private func readStream(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let stream, let buffer, let count, let object = object(of: stream) else {
        return GIT_ERROR.rawValue
    }
    guard let server = object.server else { return object.fail("the connection is closed") }
    do throws(FileError) {
        count.pointee = try server.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    } catch {
        return object.fail(error.description)
    }
    if count.pointee == 0 { return object.fail("the other side ended the connection") }
    object.context.onBytes(count.pointee)
    return 0
}

private func writeStream(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafePointer<CChar>?,
    _ size: Int
) -> Int32 {
    guard let stream, let buffer, let object = object(of: stream) else { return GIT_ERROR.rawValue }
    guard let server = object.server else { return object.fail("the connection is closed") }
    do throws(FileError) {
        try server.write(UnsafeRawBufferPointer(start: buffer, count: size))
    } catch {
        return object.fail(error.description)
    }
    object.context.onSent(size)
    return 0
}

private func freeStream(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
    guard let stream else { return }
    object(of: stream)?.disconnect()
    object(of: stream)?.stream = nil
    UnsafeMutableRawPointer(stream).assumingMemoryBound(to: plimsoll_stream.self).deallocate()
}

/// The Swift object behind what libgit2 hands back: our structure begins with libgit2's.
private func object(of subtransport: UnsafeMutablePointer<git_smart_subtransport>) -> Subtransport? {
    let memory = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: plimsoll_subtransport.self)
    return memory.pointee.object.map { Unmanaged<Subtransport>.fromOpaque($0).takeUnretainedValue() }
}

private func object(of stream: UnsafeMutablePointer<git_smart_subtransport_stream>) -> Subtransport? {
    let memory = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: plimsoll_stream.self)
    return memory.pointee.object.map { Unmanaged<Subtransport>.fromOpaque($0).takeUnretainedValue() }
}
