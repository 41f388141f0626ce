internal import Glibc

/// Copies, in memory, of the files that ssh reads and that its user may not: made while this process still
/// has the right to read them, and read by ssh through this process's descriptors.
enum SSHSecrets {
    private static let bytesLimit = 1 << 20

    /// What to tell ssh instead. The copies are there as long as this process.
    ///
    /// - Throws: `FileError` if one of the files is not there or cannot be read.
    static func hold(_ options: SSHOptions) throws(FileError) -> SSHOptions {
        SSHOptions(key: try copy(options.key), knownHosts: try copy(options.knownHosts))
    }

    /// ssh closes what it inherits, so it opens the copy anew; proc_pid_fd(5).
    private static func copy(_ path: String?) throws(FileError) -> String? {
        guard let path else { return nil }
        guard let content = try DurableFile.read(path, limitBytes: bytesLimit) else {
            throw FileError("read", path, number: ENOENT)
        }
        let copy = try FileDescriptor(holding: content)
        let number = fcntl(copy.number, F_DUPFD_CLOEXEC, 10)
        guard number >= 0 else { throw FileError("copy", path) }
        return "/proc/\(getpid())/fd/\(number)"
    }
}
