internal import Glibc

/// Why a file could not be read or written.
struct FileError: Error, Equatable {
    /// What was tried, such as `read`.
    let operation: String
    let path: String
    /// The value of `errno`.
    let code: Int32

    /// Whether the disk, the quota or the table of inodes is full.
    var isLackOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// Whether there is no such file.
    var isAbsence: Bool { code == ENOENT }

    var message: String { "cannot \(operation) '\(path)': \(String(cString: strerror(code)))" }
}

/// The bytes of a file.
///
/// - Parameter limit: a file with more bytes is refused with `EFBIG`.
func readFile(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "read", path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(operation: "read", path: path, code: errno) }
    guard status.st_size <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
    // One byte more than the size shows the end in one read; a file that grows, or of /proc, takes more
    // rounds.
    var capacity = max(Int(status.st_size) + 1, 4_096)
    var bytes: [UInt8] = []
    while true {
        var code: Int32 = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let result = read(descriptor, buffer.baseAddress, buffer.count)
            if result < 0 { code = errno }
            count = max(result, 0)
        }
        if code == EINTR { continue }
        guard code == 0 else { throw FileError(operation: "read", path: path, code: code) }
        if chunk.isEmpty { return bytes }
        if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
        guard bytes.count <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
        capacity = 65_536
    }
}

/// Up to `count` bytes of a file from `offset` on; nothing if there are none or the file is absent.
func readFile(_ path: String, from offset: Int, count: Int) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
        read = max(pread(descriptor, buffer.baseAddress, buffer.count, offset), 0)
    }
}

/// The last `count` bytes of a file as text; empty if it is absent.
func readTail(of path: String, count: Int) -> String {
    let size = sizeOfFile(path) ?? 0
    return String(decoding: readFile(path, from: max(size - count, 0), count: count), as: UTF8.self)
}

/// The size of a regular file in bytes; nil if there is none.
func sizeOfFile(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
}

/// Puts `text` in the place of a file, by a temporary name, so that nobody reads half of it.
func writeFile(_ path: String, _ text: String, mode: mode_t = 0o644) throws(FileError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileError(operation: "write", path: temporary, code: errno) }
    let bytes = Array(text.utf8)
    do throws(FileError) {
        try writeAll(bytes, to: descriptor, path: temporary)
    } catch {
        close(descriptor)
        throw error
    }
    close(descriptor)
    guard rename(temporary, path) == 0 else { throw FileError(operation: "write", path: path, code: errno) }
}

/// Waits until a file's bytes, or a folder's names, are on the disk.
func flushFile(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "flush", path: path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(operation: "flush", path: path, code: errno) }
}

/// Writes all bytes to an open file.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
    var written = 0
    while written < bytes.count {
        let result = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if result < 0 && errno == EINTR { continue }
        guard result > 0 else { throw FileError(operation: "write", path: path, code: errno) }
        written += result
    }
}

/// Makes a folder and those above it, where they are missing.
func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
        throw FileError(operation: "make", path: path, code: errno)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw FileError(operation: "make", path: path, code: errno)
    }
}

/// The names in a folder, in order; `.` and `..` are left out.
func namesInFolder(_ path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else { throw FileError(operation: "list", path: path, code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Removes a file, if it is there.
func removeFile(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else {
        throw FileError(operation: "remove", path: path, code: errno)
    }
}
