internal import Glibc

/// Folders of ours into which another user writes, perhaps while they are looked at: no link is followed, no
/// path is walked twice, and no depth is in the way.
enum ForeignFolder {
    /// Nothing that works as it should makes deeper folders.
    private static let depthLimit = 32
    /// What an entry takes at least, so that many empty files count, too.
    private static let entryBytes = 4_096

    /// Removes a folder with all that is in it; nothing happens if there is none.
    ///
    /// What is a folder in it is brought up to its top before it is emptied: somebody could else make folders
    /// so deep that they stay for ever.
    static func remove(_ path: String) throws(FileError) {
        guard let top = try open(path, in: AT_FDCWD, path: path) else { return }
        var waiting = try entries(of: top, path: path)
        var names = Set(waiting)
        while let name = waiting.popLast() {
            if try isUnlinked(name, in: top, path: path) { continue }
            guard let folder = try open(name, in: top.number, path: path) else { continue }
            for entry in try entries(of: folder, path: path) {
                if try isUnlinked(entry, in: folder, path: path) { continue }
                var raised = ""
                repeat { raised = "raised-\(names.count)" } while !names.insert(raised).inserted
                guard renameat(folder.number, entry, top.number, raised) == 0 || errno == ENOENT else {
                    throw FileError("remove", path)
                }
                waiting.append(raised)
            }
            guard unlinkat(top.number, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
                throw FileError("remove", "\(path)/\(name)")
            }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
    }

    /// Whether what is in a folder takes more than so many bytes on the disk, or is deeper than it should be.
    /// What vanishes meanwhile counts nothing.
    static func exceeds(_ bytes: Int, _ path: String) -> Bool {
        guard let size = try? size(path, in: AT_FDCWD, path: path, depth: 0) else { return true }
        return size > bytes
    }

    private static func size(
        _ name: String, in parent: Int32, path: String, depth: Int
    ) throws(FileError) -> Int {
        guard depth < depthLimit else { throw FileError("measure", path, "it is too deep") }
        guard let folder = try open(name, in: parent, path: path) else { return 0 }
        var sum = 0
        for entry in try entries(of: folder, path: path) {
            var status = stat()
            guard fstatat(folder.number, entry, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            sum += max(Int(status.st_blocks) * 512, entryBytes)
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            sum += try size(entry, in: folder.number, path: path, depth: depth + 1)
        }
        return sum
    }

    /// Whether a name is gone now; false for a folder.
    private static func isUnlinked(
        _ name: String, in folder: borrowing FileDescriptor, path: String
    ) throws(FileError) -> Bool {
        guard unlinkat(folder.number, name, 0) != 0 else { return true }
        switch errno {
        case ENOENT: return true
        case EISDIR, EPERM: return false
        default: throw FileError("remove", "\(path)/\(name)")
        }
    }

    private static func open(
        _ name: String, in parent: Int32, path: String
    ) throws(FileError) -> FileDescriptor? {
        let number = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else {
            guard errno == ENOENT else { throw FileError("open folder", path) }
            return nil
        }
        return FileDescriptor(number)
    }

    private static func entries(
        of folder: borrowing FileDescriptor, path: String
    ) throws(FileError) -> [String] {
        // The stream takes its descriptor with it.
        guard let stream = fdopendir(fcntl(folder.number, F_DUPFD_CLOEXEC, 0)) else {
            throw FileError("list", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
