internal import Glibc

/// Folders into which another user may write while they are looked at: no link is followed, and no path is
/// walked twice.
enum ForeignFolder {
    /// Deeper folders are not ours, and are not removed.
    private static let depthLimit = 32

    /// Removes a folder with all that is in it; nothing happens if there is none.
    static func remove(_ path: String) throws(FileError) {
        try remove(path, in: AT_FDCWD, path: path, depth: 0)
    }

    private static func remove(
        _ name: String, in parent: Int32, path: String, depth: Int
    ) throws(FileError) {
        guard depth < depthLimit else { throw FileError("remove", path, "it is too deep") }
        guard let folder = try open(name, in: parent, path: path) else { return }
        for entry in try entries(of: folder, path: path) where unlinkat(folder.number, entry, 0) != 0 {
            switch errno {
            case ENOENT: continue
            case EISDIR, EPERM:
                try remove(entry, in: folder.number, path: "\(path)/\(entry)", depth: depth + 1)
            default: throw FileError("remove", "\(path)/\(entry)")
            }
        }
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw FileError("remove", path)
        }
    }

    /// The space that a folder's files take on the disk, in bytes; what vanishes meanwhile counts nothing.
    static func size(_ path: String) -> Int { (try? size(path, in: AT_FDCWD, path: path, depth: 0)) ?? 0 }

    private static func size(
        _ name: String, in parent: Int32, path: String, depth: Int
    ) throws(FileError) -> Int {
        guard depth < depthLimit, let folder = try open(name, in: parent, path: path) else { return 0 }
        var sum = 0
        for entry in try entries(of: folder, path: path) {
            var status = stat()
            guard fstatat(folder.number, entry, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            sum += Int(status.st_blocks) * 512
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            sum += (try? size(entry, in: folder.number, path: "\(path)/\(entry)", depth: depth + 1)) ?? 0
        }
        return sum
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
