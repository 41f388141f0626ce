internal import Glibc

/// A program that knows user and password, and speaks git's protocol for it; git-credential(1), "INPUT/OUTPUT
/// FORMAT".
enum CredentialHelper {
    /// What it answered.
    struct Answer: Equatable {
        var user: String?
        var password: String?
    }

    private static let answerBytesLimit = 1 << 16

    /// Asks for the credential of a place.
    ///
    /// The program is told where and for whom, and nothing of ours. It ends with this process, whatever ends
    /// that. What it writes to standard error is dropped, for it may hold a secret.
    ///
    /// - Parameters:
    ///   - verb: what is wanted; `git credential` itself has another word for it.
    ///   - limit: how long it may take.
    static func ask(
        _ command: [String], _ verb: String = "get", for address: HTTPAddress, user: String?,
        within limit: Duration
    ) throws(FileError) -> Answer {
        let program = command.first ?? ""
        let input = try FileDescriptor(holding: question(for: address, user: user))
        var output = try Pipe()
        let null = try FileDescriptor("open", "/dev/null", flags: O_WRONLY)
        let errors = FileDescriptor(fcntl(null.number, F_DUPFD_CLOEXEC, 10))
        // setpriv(1) has the kernel kill the program when this process ends.
        let process = try SpawnedProcess.start(
            ["setpriv", "--pdeathsig", "KILL", "--"] + command + [verb],
            // Nobody is there to answer questions.
            environment: SpawnedProcess.environment { $0 == "GIT_TERMINAL_PROMPT" }
                + ["GIT_TERMINAL_PROMPT=0"],
            descriptors: [input.number, output.writing, errors.number], ownGroup: false)
        output.closeWriting()
        var isReaped = false
        defer {
            if !isReaped {
                kill(process, SIGKILL)
                _ = SpawnedProcess.reap(process)
            }
        }
        let bytes = try read(output.reading, from: program, until: monotonicTime() + limit)
        let exitCode = SpawnedProcess.reap(process)
        isReaped = true
        guard exitCode == 0 else {
            throw FileError("ask the credential helper", program, "it ended with \(exitCode)")
        }
        guard let answer = parse(bytes) else {
            throw FileError(
                "ask the credential helper", program,
                "its answer is not in git's form: 'username=…' and 'password=…', a line each")
        }
        return answer
    }

    /// What it is asked.
    static func question(for address: HTTPAddress, user: String?) -> String {
        let scheme = address.isEncrypted ? "https" : "http"
        let usual = address.isEncrypted ? 443 : 80
        var lines = [
            "protocol=\(scheme)", "host=\(address.host)\(address.port == usual ? "" : ":\(address.port)")",
        ]
        let path = address.components.joined(separator: "/")
        if !path.isEmpty { lines.append("path=\(path)") }
        if let user { lines.append("username=\(user)") }
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// Reads an answer: lines `key=value` up to an empty one; other keys than those asked for are left out.
    ///
    /// - Returns: nil if a line is none, or a value has what no header can hold.
    static func parse(_ bytes: [UInt8]) -> Answer? {
        var answer = Answer()
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.isEmpty { break }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")),
                line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
                let value = String(validating: line[(equals + 1)...], as: UTF8.self)
            else { return nil }
            let key = line[..<equals]
            if key.elementsEqual("username".utf8) { answer.user = value }
            if key.elementsEqual("password".utf8) { answer.password = value }
            // "quit": no other helper may be asked, and there is none.
        }
        return answer
    }

    private static func read(
        _ descriptor: Int32, from program: String, until limit: Duration
    ) throws(FileError) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = limit - monotonicTime()
            guard left > .zero else {
                throw FileError("ask the credential helper", program, "it did not answer in time")
            }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(min(left / .milliseconds(1), 60_000).rounded(.up))) > 0 else {
                continue
            }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0, content.count + count <= answerBytesLimit else {
                throw FileError("ask the credential helper", program, "it answers with too much")
            }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
        }
    }
}
