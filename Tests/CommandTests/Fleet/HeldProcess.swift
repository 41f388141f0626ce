import FleetTesting
import Foundation
import Glibc
import Synchronization

/// A process that works beside the test until it is ended; it ends with the value.
final class HeldProcess {
    /// Its id.
    let process: pid_t
    private let folder: TemporaryFolder
    private let input: Int32
    private var isEnded = false

    /// Starts a process whose standard input stays open, and whose output goes to files.
    init(_ arguments: [String], environment: [String: String?] = [:]) throws {
        folder = try TemporaryFolder("process")
        var ends: [Int32] = [0, 0]
        // Another test's process must not inherit the ends: then the reader would never see the end.
        let isOpen = spawning.withLock { _ in
            pipe(&ends) == 0 && ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        }
        guard isOpen else { throw POSIXError(.EIO) }
        let output = open(folder.path("output"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let errors = open(folder.path("errors"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        process = try spawn(
            arguments, environment: environment, descriptors: [(ends[0], 0), (output, 1), (errors, 2)])
        for descriptor in [ends[0], output, errors] { close(descriptor) }
        input = ends[1]
    }

    /// A process that holds a lock as apt and dpkg do, by fcntl(2): such a lock ends with its process.
    static func holding(_ file: String) throws -> HeldProcess {
        let program = """
            import fcntl, sys
            held = open(sys.argv[1], "w")
            fcntl.lockf(held, fcntl.LOCK_EX)
            print("held", flush=True)
            sys.stdin.read()
            """
        let holder = try HeldProcess(["python3", "-c", program, file])
        try holder.awaitLine()
        return holder
    }

    deinit {
        end(by: SIGKILL)
        close(input)
    }

    /// Whether it has not ended yet.
    var isRunning: Bool {
        // proc(5): the state follows the name; `Z` has ended and waits to be reaped.
        guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
            return false
        }
        return !line.contains(") Z ")
    }

    /// What it has written to standard output.
    var output: String { (try? folder.read("output")) ?? "" }
    /// What it has written to standard error.
    var errors: String { (try? folder.read("errors")) ?? "" }

    /// Waits until it has written a line.
    func awaitLine(seconds: Int = 20) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while !output.contains("\n") {
            guard clock.now < deadline else { throw POSIXError(.ETIMEDOUT) }
            usleep(5_000)
        }
    }

    /// Sends it a signal (0 sends none) and waits for its end.
    ///
    /// - Returns: its exit code; 128 and the signal's number if a signal ended it.
    @discardableResult
    func end(by signal: Int32 = SIGTERM) -> Int32? {
        guard !isEnded else { return nil }
        isEnded = true
        kill(process, signal)
        return reap(process)
    }
}
