internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import Glibc
internal import Logging

/// `plimsoll-agent run`: one cycle after the other, each in a process of its own.
///
/// Between two cycles this process holds nothing but its arguments: whatever a cycle needed of memory is gone
/// with its child.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs cycles for ever, with jitter, and with back-off after failures.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Log every step.")
    var verbose = false

    func run() throws {
        let interval = try Node(configurationAt: common.path).configuration.interval
        let logger = Logger(label: "plimsoll") { _ in StandardErrorLog(level: verbose ? .debug : .info) }
        var signals = StopSignals()
        var pace = Pace(interval: interval)
        let program = CycleProcess.ownPath
        var arguments = ["plimsoll-agent", "reconcile", "--config", common.path]
        if verbose { arguments.append("--verbose") }
        while !signals.isStopped {
            let status = try CycleProcess(program, arguments: arguments).wait()
            logger.debug("cycle ended", metadata: ["status": "\(status)"])
            signals.wait(pace.next(after: status))
        }
        logger.info("stopped")
    }
}

/// How long to wait until the next cycle.
struct Pace {
    private let interval: TimeSpan
    private var failures: Int64 = 0
    private static let longest = TimeSpan(seconds: 3_600)

    init(interval: TimeSpan) { self.interval = interval }

    /// The interval, a tenth more or less so that a fleet does not poll in step.
    ///
    /// Where the remote could not be reached, or the cycle could not be run, it is twice as long each time,
    /// up to an hour. A node that failed, or that refuses what is on the branch, goes on asking as before:
    /// what mends it comes by the same way.
    mutating func next(after status: Int32) -> TimeSpan {
        let passing = [ExitStatus.unavailable.rawValue, ExitStatus.locked.rawValue]
        let couldNotRun = passing.contains(status) || status >= 128
        failures = couldNotRun ? min(failures + 1, 16) : 0
        let base = min(interval * (1 << max(failures - 1, 0)), max(Self.longest, interval))
        let tenth = base.milliseconds / 10
        let jitter = Int64.random(in: -tenth...tenth)
        return TimeSpan(milliseconds: base.milliseconds + jitter)
    }
}

/// A cycle in a child process of this program.
struct CycleProcess {
    private let process: pid_t

    /// The path of this program; nil if it cannot be told. Asked before the first cycle: once a package has
    /// replaced the program, the kernel gives another answer.
    static var ownPath: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// Starts a cycle: with what is at the program's path now, so that a new version is used as soon as it is
    /// installed; with this very program while nothing is there.
    ///
    /// - Throws: ``ProgramError`` if it cannot be started.
    init(_ program: String?, arguments: [String]) throws(ProgramError) {
        var child: pid_t = 0
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child must hear of a stop by itself, and begin with no signal blocked.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let path = program.flatMap { access($0, X_OK) == 0 ? $0 : nil } ?? "/proc/self/exe"
        let status = posix_spawn(&child, path, nil, &attributes, &pointers, environ)
        guard status == 0 else {
            throw ProgramError(
                .failure, "the cycle could not be started: \(String(cString: strerror(status)))")
        }
        process = child
    }

    /// Waits for its end. A cycle is never killed: it may be changing packages.
    ///
    /// - Returns: its exit code; for one that was killed 128 and the signal's number, as a shell has it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
