internal import Glibc

/// Copies, in memory, of the files that ssh reads and that its user may not: made while this process still
/// has the right to read them, and read by ssh through this process's descriptors.
enum SSHSecrets {
    private static let bytesLimit = 1 << 20

    /// What to tell ssh instead. The copies are there as long as this process.
    ///
    /// - Throws: `FileError` if one of the files is not there or cannot be read.
    static func hold(_ options: SSHOptions) throws(FileError) -> SSHOptions {
        var held = try holdHosts(options)
        held.key = try copy(options.key)
        // Beside the copy ssh finds none; ssh(1), -i.
        let certificate = options.key.map { "\($0)-cert.pub" }
        if let certificate, let content = try DurableFile.read(certificate, limitBytes: bytesLimit) {
            held.certificate = try path(ofCopy: content, named: certificate)
        }
        held.knownHosts = try copy(options.knownHosts)
        return held
    }

    /// The same where ssh's user may read the files: then only what is in none is copied.
    static func holdHosts(_ options: SSHOptions) throws(FileError) -> SSHOptions {
        guard case .content(let text) = options.fleetHosts else { return options }
        var held = options
        held.fleetHosts = .copy(try path(ofCopy: Array(text.utf8), named: Layout.knownHosts))
        return held
    }

    /// ssh closes what it inherits, so it opens the copy anew; proc_pid_fd(5).
    private static func copy(_ path: String?) throws(FileError) -> String? {
        guard let path else { return nil }
        guard let content = try DurableFile.read(path, limitBytes: bytesLimit) else {
            throw FileError("read", path, number: ENOENT)
        }
        return try self.path(ofCopy: content, named: path)
    }

    private static func path(ofCopy content: [UInt8], named name: String) throws(FileError) -> String {
        let copy = try FileDescriptor(holding: content)
        let number = fcntl(copy.number, F_DUPFD_CLOEXEC, 10)
        guard number >= 0 else { throw FileError("copy", name) }
        return "/proc/\(getpid())/fd/\(number)"
    }
}
