internal import Glibc

/// An open file that is closed exactly once.
struct FileDescriptor: ~Copyable {
    /// The number; valid as long as this value lives.
    let number: Int32

    /// Takes over an open descriptor.
    init(_ number: Int32) { self.number = number }

    /// Opens a file; no process that is started later inherits it.
    init(_ operation: String, _ path: String, flags: Int32, mode: mode_t = 0) throws(FileError) {
        guard !path.utf8.contains(0) else { throw FileError(operation, path, "the path has a NUL byte") }
        var opened: Int32
        repeat { opened = open(path, flags | O_CLOEXEC, mode) } while opened < 0 && errno == EINTR
        guard opened >= 0 else { throw FileError(operation, path) }
        number = opened
    }

    deinit { close(number) }
}
