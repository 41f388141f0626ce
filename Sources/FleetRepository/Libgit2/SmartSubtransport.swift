internal import CLibgit2

/// Makes what libgit2 calls a smart subtransport, of a connection of ours.
func makeSubtransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
    _ parameter: UnsafeMutableRawPointer?, _ makeConnection: (GitTransports.Context) -> any SmartConnection
) -> Int32 {
    guard let out, let parameter else { return GIT_ERROR.rawValue }
    let context = Unmanaged<GitTransports.Context>.fromOpaque(parameter).takeUnretainedValue()
    let parent = git_smart_subtransport(action: startAction, close: closeSubtransport, free: freeSubtransport)
    let memory = UnsafeMutablePointer<plimsoll_subtransport>.allocate(capacity: 1)
    let object = Unmanaged.passRetained(Subtransport(context, makeConnection(context))).toOpaque()
    memory.initialize(to: plimsoll_subtransport(parent: parent, object: object))
    out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

/// The Swift side of one `git_smart_subtransport`: one connection, and at most one stream at a time.
private final class Subtransport {
    let context: GitTransports.Context
    let connection: any SmartConnection
    var stream: UnsafeMutablePointer<git_smart_subtransport_stream>?

    init(_ context: GitTransports.Context, _ connection: any SmartConnection) {
        self.context = context
        self.connection = connection
    }

    /// Makes the stream to the other side, unless libgit2 still has it.
    func openStream(of subtransport: UnsafeMutablePointer<git_smart_subtransport>) {
        guard stream == nil else { return }
        let parent = git_smart_subtransport_stream(
            subtransport: subtransport, read: readStream, write: writeStream, free: freeStream)
        let memory = UnsafeMutablePointer<plimsoll_stream>.allocate(capacity: 1)
        // The stream does not keep this object alive: libgit2 frees the streams of a subtransport before it.
        memory.initialize(
            to: plimsoll_stream(parent: parent, object: Unmanaged.passUnretained(self).toOpaque()))
        stream = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
    }

    /// Tells libgit2 why a call fails: what the other side said, if it has ended, else `reason`.
    func fail(_ reason: TransportFailure) -> Int32 {
        connection.end()
        context.isBroken = true
        git_error_set_str(GIT_ERROR_NET.signedValue, (context.failure ?? reason).message)
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
    do throws(TransportFailure) {
        switch action {
        case GIT_SERVICE_UPLOADPACK_LS: try object.connection.list(.uploadPack, at: String(cString: url))
        case GIT_SERVICE_RECEIVEPACK_LS: try object.connection.list(.receivePack, at: String(cString: url))
        case GIT_SERVICE_UPLOADPACK: try object.connection.request(.uploadPack)
        case GIT_SERVICE_RECEIVEPACK: try object.connection.request(.receivePack)
        default: return GIT_ERROR.rawValue
        }
    } catch {
        return object.fail(error)
    }
    object.openStream(of: subtransport)
    out.pointee = object.stream
    return 0
}

private func closeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) -> Int32 {
    if let subtransport { object(of: subtransport)?.connection.end() }
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
    do throws(TransportFailure) {
        count.pointee = try object.connection.read(
            into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    } catch {
        return object.fail(error)
    }
    return 0
}

private func writeStream(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafePointer<CChar>?,
    _ size: Int
) -> Int32 {
    guard let stream, let buffer, let object = object(of: stream) else { return GIT_ERROR.rawValue }
    do throws(TransportFailure) {
        try object.connection.write(UnsafeRawBufferPointer(start: buffer, count: size))
    } catch {
        return object.fail(error)
    }
    return 0
}

private func freeStream(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
    guard let stream else { return }
    if let object = object(of: stream) {
        object.connection.finish()
        object.stream = nil
    }
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
