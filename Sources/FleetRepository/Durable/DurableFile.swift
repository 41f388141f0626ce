internal import Glibc

/// Files that are whole or not there, whenever the power fails.
package enum DurableFile {
    /// Reads a whole file.
    ///
    /// - Parameter followsLinks: false for a folder into which others may write.
    /// - Returns: nil if there is none.
    /// - Throws: `FileError` if it is no regular file, has more than `limitBytes`, or cannot be read.
    package static func read(
        _ path: String, limitBytes: Int, followsLinks: Bool = true
    ) throws(FileError) -> [UInt8]? {
        let file: FileDescriptor
        do throws(FileError) {
            // Without O_NONBLOCK a fifo of that name would stop the agent for ever.
            file = try FileDescriptor(
                "read", path, flags: O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
        } catch  where error.isNotFound {
            return nil
        }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw FileError("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError("read", path, "it is not a regular file")
        }
        let tooLarge = FileError("read", path, "it has more than \(limitBytes) bytes")
        guard Int(status.st_size) <= limitBytes else { throw tooLarge }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 4096))
        while true {
            let count = Glibc.read(file.number, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
            guard content.count <= limitBytes else { throw tooLarge }
        }
    }

    /// Puts a file with this content in place of what was there, durably: written beside it under another
    /// name, flushed, renamed, and the folder flushed. After a crash there is the old file or the new one,
    /// and perhaps `<path>.new`.
    ///
    /// Only one writer at a time may write a path: the holder of the `StateLock`.
    ///
    /// - Parameter mode: the permission bits, whatever the umask says.
    package static func write(_ content: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        let temporary = path + ".new"
        do throws(FileError) {
            try writeFlushed(content, to: temporary, mode: mode)
            guard rename(temporary, path) == 0 else { throw FileError("rename to", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try flushFolder(of: path)
    }

    /// Puts a file in the place of another in the same folder, durably.
    static func move(_ path: String, to other: String) throws(FileError) {
        guard rename(path, other) == 0 else { throw FileError("rename to", other) }
        try flushFolder(of: other)
    }

    /// Removes a file durably; nothing happens if there is none.
    package static func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 else {
            guard errno == ENOENT else { throw FileError("remove", path) }
            return
        }
        try flushFolder(of: path)
    }

    /// Gives the content of `path` a second name, under which it stays when `path` is written anew. Not
    /// flushed by itself: the write that follows flushes the folder.
    static func keepPrevious(of path: String, as previous: String) throws(FileError) {
        unlink(previous)
        guard link(path, previous) == 0 || errno == ENOENT else { throw FileError("link to", previous) }
    }

    /// Makes a folder, durably, unless it exists. The folders above it must be there.
    package static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
        guard mkdir(path, mode) == 0 else {
            guard errno == EEXIST else { throw FileError("make folder", path) }
            return
        }
        try flushFolder(of: path)
    }

    /// Makes a folder and those above it that are missing, durably.
    package static func makeFolders(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
        guard !path.isEmpty, path != "/", access(path, F_OK) != 0 else { return }
        if let slash = path.lastIndex(of: "/") { try makeFolders(String(path[..<slash]), mode: mode) }
        try makeFolder(path, mode: mode)
    }

    /// Flushes the folder in which a path stands, so that a rename or removal in it survives a power failure.
    static func flushFolder(of path: String) throws(FileError) {
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = try FileDescriptor(
            "flush the folder of", parent.isEmpty ? "/" : String(parent), flags: O_RDONLY | O_DIRECTORY)
        guard fsync(folder.number) == 0 else { throw FileError("flush the folder of", path) }
    }

    private static func writeFlushed(_ content: [UInt8], to path: String, mode: UInt32) throws(FileError) {
        // What a crash left under the temporary name may be of another mode, or a link: never written
        // through.
        unlink(path)
        let file = try FileDescriptor("write", path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        guard fchmod(file.number, mode) == 0 else { throw FileError("set the mode of", path) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file.number) == 0 else { throw FileError("flush", path) }
    }
}
