internal import Glibc

/// A running network child: its process group, and the pipe on which it tells.
final class NetworkProcess {
    /// Bytes of an answer that are read: a full listing has about twelve mebibytes.
    private static let answerBytesLimit = 128 << 20

    private let process: pid_t
    private var output: Pipe
    private var buffered: [UInt8] = []
    private var readBytes = 0
    private var hasEnded = false

    /// Starts the child and hands it the request.
    ///
    /// - Parameter extra: a descriptor that the child gets besides those of its standard streams, as 3.
    init(_ executable: String, request: String, extra: Int32?) throws(FileError) {
        let input = try FileDescriptor(holding: request)
        output = try Pipe()
        // Standard error is not ours to give: what a library writes there would stand between the agent's own
        // lines.
        let errors = try FileDescriptor("open", "/dev/null", flags: O_WRONLY)
        let errorsNumber = fcntl(errors.number, F_DUPFD_CLOEXEC, 10)
        defer { close(errorsNumber) }
        // Above the numbers that the child gets, so that none is overwritten while it is started.
        let passed = extra.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        defer { if let passed { close(passed) } }
        process = try SpawnedProcess.start(
            program: executable, [CommandLine.arguments.first ?? executable, NetworkChild.command],
            environment: SpawnedProcess.environment { _ in false },
            descriptors: [input.number, output.writing, errorsNumber] + (passed.map { [$0] } ?? []),
            ownGroup: true)
        output.closeWriting()
    }

    deinit { end() }

    /// Waits for the answer; whatever comes of it, no process is left afterwards.
    ///
    /// - Parameter watch: a folder whose size is looked at while the child works.
    func answer(
        within deadlines: NetworkDeadlines, watching watch: FolderWatch?, remote: String
    ) throws(NetworkError) -> NetworkAnswer {
        defer { end() }
        var patience = NetworkPatience(deadlines, at: monotonicTime())
        var answer = NetworkAnswer()
        while true {
            let limit = patience.limit
            guard let lines = try readLines(until: limit.time, watching: watch, remote: remote) else {
                throw Self.timeout(limit.kind, remote)
            }
            for line in lines {
                guard let message = NetworkMessage(line) else {
                    throw NetworkError(
                        .protocolViolation, remote: remote, "the network child wrote what is no message")
                }
                patience.note(message, at: monotonicTime())
                switch message {
                case .connected, .progress, .sent: break
                case .listed(let reference): answer.listed.append(reference)
                case .updated(let update): answer.updated.append(update)
                case .verdict(let name, let verdict): answer.verdicts[name] = verdict
                case .failed(let kind, let reason): throw NetworkError(kind, remote: remote, reason)
                case .done: return answer
                }
            }
        }
    }

    /// The lines that have come, at least one; nil if none came in time.
    private func readLines(
        until limit: Duration, watching watch: FolderWatch?, remote: String
    ) throws(NetworkError) -> [String]? {
        while true {
            if let watch, watch.isExceeded {
                throw NetworkError(.tooLarge, remote: remote, "the network child writes more than it may")
            }
            if let end = buffered.lastIndex(of: UInt8(ascii: "\n")) {
                let lines = buffered[..<end].split(
                    separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                buffered.removeFirst(end + 1)
                return lines.map { String(decoding: $0, as: UTF8.self) }
            }
            let left = limit - monotonicTime()
            guard left > .zero else { return nil }
            var waiting = pollfd(fd: output.reading, events: Int16(POLLIN), revents: 0)
            let milliseconds = left / .milliseconds(1)
            // A minute at most, so that no length of a deadline can overflow; the loop goes on after it.
            let longest = watch == nil ? 60_000.0 : 1_000.0
            guard poll(&waiting, 1, Int32(min(milliseconds.rounded(.up), longest))) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output.reading, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw NetworkError(.other, remote: remote, "the network child ended without an answer")
            }
            readBytes += count
            buffered.append(contentsOf: chunk[..<count])
            let isLong = buffered.count > chunk.count + NetworkMessage.bytesLimit
            guard !isLong, readBytes <= Self.answerBytesLimit else {
                throw NetworkError(.tooLarge, remote: remote, "the network child tells more than is read")
            }
        }
    }

    /// Ends the child's whole group, the server's side or ssh too, and takes its exit status.
    ///
    /// The group is killed before the child is reaped: afterwards its number could be another's.
    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(-process, SIGKILL)
        _ = SpawnedProcess.reap(process)
    }

    private static func timeout(_ kind: NetworkError.Kind, _ remote: String) -> NetworkError {
        switch kind {
        case .connectTimeout:
            NetworkError(kind, remote: remote, "no answer within the deadline for connecting")
        case .progressTimeout:
            NetworkError(kind, remote: remote, "nothing moved within the deadline for progress")
        default: NetworkError(kind, remote: remote, "not finished within the deadline for all of it")
        }
    }
}

/// A folder that may not grow beyond a size.
struct FolderWatch {
    let folder: String
    let bytesLimit: Int

    var isExceeded: Bool { ForeignFolder.exceeds(bytesLimit, folder) }
}
