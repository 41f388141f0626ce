internal import FleetProgram
internal import Glibc

/// A cycle in a child process of this program.
struct CycleProcess {
    private let process: pid_t
    /// What the cycle has to say besides its exit code; negative if it cannot.
    private let word: Int32

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
        var word: [Int32] = [-1, -1]
        _ = pipe(&word)
        defer { if word[1] >= 0 { close(word[1]) } }
        for end in word where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if word[1] >= 0 {
            // Whoever inherits the other end may outlive the cycle, and is not waited for.
            _ = fcntl(word[0], F_SETFL, O_NONBLOCK)
            posix_spawn_file_actions_adddup2(&actions, word[1], CycleWord.descriptor)
            setenv(CycleWord.variable, String(CycleWord.descriptor), 1)
        }
        let path = program.flatMap { access($0, X_OK) == 0 ? $0 : nil } ?? "/proc/self/exe"
        let status = posix_spawn(&child, path, &actions, &attributes, &pointers, environ)
        guard status == 0 else {
            if word[0] >= 0 { close(word[0]) }
            throw ProgramError(
                .failure, "the cycle could not be started: \(String(cString: strerror(status)))")
        }
        process = child
        self.word = word[0]
    }

    /// Waits for its end. A cycle is never killed: it may be changing packages.
    ///
    /// - Returns: its exit code; for one that was killed 128 and the signal's number, as a shell has it; and
    ///   whether it told that no server could be reached, nil if it told nothing.
    func wait() -> (status: Int32, isAway: Bool?) {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let isAway = word < 0 ? nil : CycleWord.isAway(toldBy: word)
        if word >= 0 { close(word) }
        return (signal == 0 ? (status >> 8) & 0xFF : 128 + signal, isAway)
    }
}
