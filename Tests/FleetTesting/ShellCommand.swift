import Foundation
package import Glibc
package import Synchronization

/// How a command ended, and what it wrote.
package struct CommandResult: Sendable {
    /// The exit code; 128 and the signal's number for one that a signal ended, as a shell has it.
    package let exitCode: Int32
    /// Standard output.
    package let output: [UInt8]
    /// Standard error.
    package let errors: [UInt8]

    /// Standard output as text, without white space at its ends.
    package var text: String { trimmed(output) }
    /// Standard error as text, without white space at its ends.
    package var errorText: String { trimmed(errors) }
    /// The lines of standard output.
    package var lines: [String] { text.split(separator: "\n").map(String.init) }

    private func trimmed(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A command that a test demanded and that did not end with exit code 0.
package struct CommandFailure: Error, CustomStringConvertible {
    package let arguments: [String]
    package let result: CommandResult

    package var description: String {
        "'\(arguments.joined(separator: " "))' ended with \(result.exitCode): "
            + "\(result.errorText) \(result.text)"
    }
}

/// Runs a command to its end and returns what it wrote, whatever its exit code is.
///
/// The program is looked up in `PATH`. Output goes to files, so that no amount of it can block the
/// command, and nothing that keeps running in the background can block the test.
///
/// - Parameters:
///   - environment: added to the environment of this process; nil removes a variable.
///   - deadline: seconds after which the command is killed.
package func run(
    _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:],
    input: [UInt8] = [],
    deadline: Int = 120
) throws -> CommandResult {
    let files = try StandardFiles(input: input)
    let process = try spawn(
        ["timeout", "--signal=KILL", String(deadline)] + arguments, in: folder, environment: environment,
        descriptors: [(files.input, 0), (files.output, 1), (files.errors, 2)])
    return CommandResult(
        exitCode: reap(process), output: files.content(of: files.output),
        errors: files.content(of: files.errors))
}

/// Runs a command that must end with exit code 0.
@discardableResult
package func runSuccessfully(
    _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:],
    input: [UInt8] = [],
    deadline: Int = 120
) throws -> CommandResult {
    let result = try run(arguments, in: folder, environment: environment, input: input, deadline: deadline)
    guard result.exitCode == 0 else { throw CommandFailure(arguments: arguments, result: result) }
    return result
}

/// Held while a process is started, and while a descriptor is open that would be inherited: Linux has no
/// portable way to make a pipe and its close-on-exec flag at once.
package let spawning = Mutex<Void>(())

/// Starts a process in a process group of its own, with the given descriptors open, and returns its id.
///
/// - Parameter descriptors: pairs of a descriptor here and the number that it gets there; those here must be
///   above 2.
package func spawn(
    _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:],
    descriptors: [(here: Int32, there: Int32)]
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for pair in descriptors { posix_spawn_file_actions_adddup2(&actions, pair.here, pair.there) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The test's own signal mask and dispositions are not the command's business.
    var none = sigset_t()
    var pipe = sigset_t()
    sigemptyset(&none)
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &pipe)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var merged = ProcessInfo.processInfo.environment
    for (name, value) in environment { merged[name] = value }
    let arguments = (folder.map { ["env", "--chdir=\($0)"] } ?? []) + arguments
    var words = arguments.map { strdup($0) } + [nil]
    var variables = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var process: pid_t = 0
    let code = spawning.withLock { _ in
        posix_spawnp(&process, arguments[0], &actions, &attributes, &words, &variables)
    }
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    return process
}

/// Waits for a process to end and returns its exit code; 128 and the signal's number if a signal ended it.
@discardableResult
package func reap(_ process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
}

/// The three standard files of a command: without a name, so that nobody needs to remove them.
private final class StandardFiles {
    let input: Int32
    let output: Int32
    let errors: Int32

    init(input bytes: [UInt8]) throws {
        input = try openNamelessFile()
        output = try openNamelessFile()
        errors = try openNamelessFile()
        guard pwrite(input, bytes, bytes.count, 0) == bytes.count else { throw POSIXError(.EIO) }
    }

    deinit { for descriptor in [input, output, errors] { close(descriptor) } }

    func content(of descriptor: Int32) -> [UInt8] {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: max(size, 0)) { buffer, count in
            count = max(pread(descriptor, buffer.baseAddress, buffer.count, 0), 0)
        }
    }
}

private func openNamelessFile() throws -> Int32 {
    let path = "\(NSTemporaryDirectory())/\(UUID().uuidString)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    unlink(path)
    return descriptor
}
