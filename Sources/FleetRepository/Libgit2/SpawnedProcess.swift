internal import CLibgit2
internal import Glibc

/// Starting a process with exactly the descriptors that it is to have.
enum SpawnedProcess {
    /// Starts a program and returns its process id. It gets no descriptor but those given, no blocked signal,
    /// and the default action for SIGPIPE.
    ///
    /// - Parameters:
    ///   - program: looked up in `PATH` unless it has a slash; nil: what the first argument says.
    ///   - arguments: the first is the name under which the process is listed.
    ///   - environment: the whole environment, `NAME=value`.
    ///   - descriptors: what becomes 0, 1, 2 and so on; each must be above that range.
    ///   - ownGroup: whether it leads a process group of its own.
    static func start(
        program: String? = nil, _ arguments: [String], environment: [String], descriptors: [Int32],
        ownGroup: Bool
    ) throws(FileError) -> pid_t {
        let program = program ?? arguments.first ?? ""
        guard !(arguments + environment).contains(where: { $0.utf8.contains(0) }) else {
            throw FileError("start", program, "an argument has a NUL byte")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        plimsoll_spawn_close_from(&actions, Int32(descriptors.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        var reset = sigset_t()
        sigemptyset(&blocked)
        sigemptyset(&reset)
        sigaddset(&reset, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &reset)
        let group = ownGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw FileError("start", program, number: code) }
        return process
    }

    /// Waits until a process has ended and returns its exit code; 128 and the signal's number if a signal
    /// ended it.
    static func reap(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// Has the kernel kill this process when its parent ends.
    ///
    /// - Returns: false if the parent had ended before, so that no signal will come.
    static func dieWithParent(_ parent: pid_t) -> Bool {
        plimsoll_die_with_parent() == 0 && getppid() == parent
    }

    /// Has no program that this process starts gain rights that it has not.
    static func gainNoPrivileges() -> Bool { plimsoll_gain_no_privileges() == 0 }

    /// Lets processes of the same user open this one's descriptors, which the kernel forbids once a process
    /// has changed its user.
    static func shareDescriptors() -> Bool { plimsoll_share_descriptors() == 0 }

    /// This process's environment, `NAME=value`, without the variables for which `isLeftOut` holds.
    static func environment(without isLeftOut: (Substring) -> Bool) -> [String] {
        var found: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if !isLeftOut(text.prefix { $0 != "=" }) { found.append(text) }
            next += 1
        }
        return found
    }
}

extension FileDescriptor {
    /// A file in memory, without a name, that holds `content` and is read from its start.
    ///
    /// Unlike a pipe it can hold any amount before anyone reads, and no reader that ends early sends a
    /// signal.
    init(holding content: String) throws(FileError) { try self.init(holding: Array(content.utf8)) }

    /// The same for bytes.
    init(holding bytes: [UInt8]) throws(FileError) {
        let created = memfd_create("request", closeOnExec)
        let number = fcntl(created, F_DUPFD_CLOEXEC, 10)
        if created >= 0 { close(created) }
        guard number >= 0 else { throw FileError("make", "request") }
        guard pwrite(number, bytes, bytes.count, 0) == bytes.count else {
            let reason = errno
            close(number)
            throw FileError("write", "request", number: reason)
        }
        self.init(number)
    }
}

/// MFD_CLOEXEC of memfd_create(2).
private let closeOnExec: UInt32 = 1

/// A pipe that nobody inherits by chance; each end is closed once, early or with the value.
struct Pipe: ~Copyable {
    /// The end to read from; negative once it is closed.
    private(set) var reading: Int32
    /// The end to write to; negative once it is closed.
    private(set) var writing: Int32

    init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw FileError("make", "pipe") }
        // Above the standard descriptors and the lock's, so that none is overwritten while a process is
        // started.
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        for end in ends { close(end) }
        guard moved[0] >= 0, moved[1] >= 0 else {
            for end in moved where end >= 0 { close(end) }
            throw FileError("make", "pipe", number: EMFILE)
        }
        reading = moved[0]
        writing = moved[1]
    }

    mutating func closeReading() {
        if reading >= 0 { close(reading) }
        reading = -1
    }

    mutating func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    deinit {
        if reading >= 0 { close(reading) }
        if writing >= 0 { close(writing) }
    }
}
