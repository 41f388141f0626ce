internal import Glibc

/// `git upload-pack`, `git receive-pack` or `ssh` as the other side of a connection.
final class ServerProcess {
    /// Why the other side ended the connection.
    struct Failure: Equatable {
        /// The program: `git` or `ssh`.
        let program: String
        /// Its exit code; 128 and the signal's number for one that a signal ended.
        let exitCode: Int32
        /// The end of what it wrote to standard error.
        let errors: String
    }

    /// The last bytes of standard error that are kept.
    private static let errorBytesLimit = 4096

    private let program: String
    private let process: pid_t
    private var input: Pipe
    private var output: Pipe
    private var errors: Pipe
    private var errorsEnded = false
    private var errorTail: [UInt8] = []
    private var exitCode: Int32?

    /// Starts the program.
    init(_ command: ServerCommand) throws(FileError) {
        input = try Pipe()
        output = try Pipe()
        errors = try Pipe()
        program = command.arguments.first ?? ""
        process = try SpawnedProcess.start(
            command.arguments, environment: command.environment,
            descriptors: [input.reading, output.writing, errors.writing], ownGroup: false)
        input.closeReading()
        output.closeWriting()
        errors.closeWriting()
        // A write never blocks: standard error is read while the program is slow to take what it is sent.
        _ = fcntl(input.writing, F_SETFL, O_NONBLOCK)
        _ = fcntl(errors.reading, F_SETFL, O_NONBLOCK)
    }

    deinit { _ = end(abandoned: true) }

    /// Reads what has arrived, at least one byte; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while true {
            if try wait(for: output.reading, events: POLLIN) {
                let count = Glibc.read(output.reading, buffer.baseAddress, buffer.count)
                if count >= 0 { return count }
                guard errno == EINTR else { throw FileError("read from", program) }
            }
        }
    }

    /// Sends all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var sent = 0
        while sent < bytes.count {
            guard input.writing >= 0 else { throw FileError("write to", program, number: EPIPE) }
            guard try wait(for: input.writing, events: POLLOUT) else { continue }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            let count = Glibc.write(input.writing, rest.baseAddress, rest.count)
            if count >= 0 {
                sent += count
            } else if errno != EINTR && errno != EAGAIN {
                throw FileError("write to", program)
            }
        }
    }

    /// Ends the connection, lets the program finish, and says how it did: a failure unless its exit code is
    /// 0.
    ///
    /// - Parameter abandoned: ends the program too, whatever it still has to say.
    func end(abandoned: Bool) -> Failure? {
        if exitCode == nil {
            input.closeWriting()
            if abandoned { kill(process, SIGTERM) } else { drain() }
            exitCode = SpawnedProcess.reap(process)
            readErrors()
        }
        guard !abandoned, let exitCode, exitCode != 0 else { return nil }
        return Failure(
            program: program, exitCode: exitCode, errors: String(decoding: errorTail, as: UTF8.self).trimmed)
    }

    /// Takes what a server still sends after its verdict, such as the output of hooks, which a closed pipe
    /// would stop. A server that does not come to an end is not listened to for ever.
    private func drain() {
        var taken = 0
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            while taken < 1 << 20, let count = try? read(into: buffer), count > 0 { taken += count }
        }
        if taken >= 1 << 20 { kill(process, SIGTERM) }
    }

    /// Waits until a descriptor is ready; keeps taking standard error meanwhile.
    ///
    /// - Returns: false if only standard error was there.
    private func wait(for descriptor: Int32, events: Int32) throws(FileError) -> Bool {
        var waiting = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
        if !errorsEnded { waiting.append(pollfd(fd: errors.reading, events: Int16(POLLIN), revents: 0)) }
        while poll(&waiting, nfds_t(waiting.count), -1) < 0 {
            guard errno == EINTR else { throw FileError("wait for", program) }
        }
        if waiting.count > 1, waiting[1].revents != 0 { readErrors() }
        return waiting[0].revents != 0
    }

    private func readErrors() {
        withUnsafeTemporaryAllocation(byteCount: Self.errorBytesLimit, alignment: 1) { buffer in
            while true {
                let count = Glibc.read(errors.reading, buffer.baseAddress, buffer.count)
                if count == 0 { errorsEnded = true }
                guard count > 0 else { return }
                errorTail.append(contentsOf: buffer[..<count])
                errorTail.removeFirst(max(0, errorTail.count - Self.errorBytesLimit))
            }
        }
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
