internal import Glibc

/// A secret as it stands in a file.
enum SecretFile {
    /// A token of a forge may be a signed document; none is larger.
    private static let bytesLimit = 1 << 16

    /// The whole file, such as a private key.
    ///
    /// - Throws: `FileError` unless it is a regular file of root or of this user that nobody else may read.
    static func content(_ path: String) throws(FileError) -> [UInt8] {
        try read(path) { (status) throws(FileError) in try check(status, path) }
    }

    /// The first line of the file.
    ///
    /// - Throws: `FileError` as `content` does; or if the line is empty, or has what no header can hold.
    static func line(_ path: String) throws(FileError) -> String {
        try firstLine(of: try content(path), path)
    }

    /// A credential of systemd's, of which the folder is the guard; systemd.exec(5), "CREDENTIALS".
    ///
    /// - Parameter folder: what `CREDENTIALS_DIRECTORY` holds.
    static func credential(_ name: String, in folder: String?) throws(FileError) -> String {
        guard let folder, folder.hasPrefix("/") else {
            throw FileError(
                "read credential", name,
                "CREDENTIALS_DIRECTORY is not set; the unit needs 'LoadCredential=\(name):PATH'")
        }
        let path = "\(folder)/\(name)"
        return try firstLine(of: try read(path) { _ in }, path)
    }

    private static func firstLine(of content: [UInt8], _ path: String) throws(FileError) -> String {
        let bytes = content.prefix { $0 != UInt8(ascii: "\n") }
        let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        guard !line.isEmpty else { throw FileError("read", path, "its first line, the secret, is empty") }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            let text = String(validating: line, as: UTF8.self)
        else { throw FileError("read", path, "its first line, the secret, is no text") }
        return text
    }

    /// Reads a regular file. What is checked is the file that is then read, whatever its name leads to.
    private static func read(
        _ path: String, _ check: (stat) throws(FileError) -> Void
    ) throws(FileError) -> [UInt8] {
        // Without O_NONBLOCK a fifo of that name would stop the agent for ever.
        let file = try FileDescriptor("read", path, flags: O_RDONLY | O_NONBLOCK)
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw FileError("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError("read", path, "it is not a regular file")
        }
        try check(status)
        var content = [UInt8](repeating: 0, count: bytesLimit + 1)
        var count = 0
        while count < content.count {
            let more = content[count...].withUnsafeMutableBytes {
                Glibc.read(file.number, $0.baseAddress, $0.count)
            }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw FileError("read", path) }
            if more == 0 { return Array(content[..<count]) }
            count += more
        }
        throw FileError("read", path, "it has more than \(bytesLimit) bytes")
    }

    private static func check(_ status: stat, _ path: String) throws(FileError) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw FileError(
                "use", path,
                "user \(status.st_uid) owns it; a secret's file must be root's or the agent's: "
                    + "'chown \(geteuid()) \(path)'")
        }
        guard [0o600, 0o400].contains(status.st_mode & 0o7777) else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw FileError(
                "use", path,
                "its mode is 0\(mode); a secret's file must be 0600 or 0400: 'chmod 0600 \(path)'")
        }
    }
}
