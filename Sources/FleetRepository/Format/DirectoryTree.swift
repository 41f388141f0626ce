internal import Glibc

/// The fleet repository in a folder on disk, such as the working tree of an operator's clone.
package struct DirectoryTree: FileTree {
    private let root: String

    /// - Parameter root: the path of the folder; it may itself be a symbolic link.
    package init(root: String) { self.root = root }

    /// Whether there is such a folder.
    package var exists: Bool {
        var status = stat()
        return stat(root, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
        try refuseLinks(above: path)
        let descriptor = open(absolute(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return nil }
            throw code == ELOOP ? Self.notRegular(path) : Self.failure(path, code)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Self.notRegular(path) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(path, errno) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= limit else {
                throw FileTreeError(path: path, code: .content, message: "it is larger than \(limit) bytes")
            }
        }
    }

    package func paths(below folder: String) throws(FileTreeError) -> [String] {
        var found: [String] = []
        var waiting = [(path: folder, depth: 0)]
        while let (path, depth) = waiting.popLast() {
            guard depth < Self.deepest else {
                throw FileTreeError(path: path, code: .content, message: "its folders are too deep")
            }
            for (name, isFolder) in try entries(of: path) {
                let inner = path.isEmpty ? name : "\(path)/\(name)"
                if isFolder { waiting.append((inner, depth + 1)) } else { found.append(inner) }
            }
            guard found.count + waiting.count <= Self.mostPaths else {
                throw FileTreeError(
                    path: folder, code: .content, message: "it has more than \(Self.mostPaths) files")
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static let deepest = 16
    private static let mostPaths = 200_000

    private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    /// The entries of a folder; Git's own folder is none of the repository's files.
    private func entries(of path: String) throws(FileTreeError) -> [(name: String, isFolder: Bool)] {
        let flags = O_RDONLY | O_CLOEXEC | O_DIRECTORY | (path.isEmpty ? 0 : O_NOFOLLOW)
        let descriptor = open(absolute(path), flags)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT && !path.isEmpty || code == ENOTDIR || code == ELOOP { return [] }
            throw Self.failure(path, code)
        }
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        defer { closedir(stream) }
        var entries: [(name: String, isFolder: Bool)] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else {
                throw FileTreeError(path: path, code: .content, message: "a name in it is not UTF-8")
            }
            guard name != ".", name != "..", !(path.isEmpty && name == ".git") else { continue }
            var status = stat()
            guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw Self.failure("\(path)/\(name)", errno)
            }
            entries.append((name, status.st_mode & S_IFMT == S_IFDIR))
            errno = 0
        }
        guard errno == 0 else { throw Self.failure(path, errno) }
        return entries
    }

    /// Refuses a path that leads through a symbolic link: in a commit there is nothing behind one.
    private func refuseLinks(above path: String) throws(FileTreeError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw FileTreeError(path: path, code: .content, message: "it is not a path within the repository")
        }
        for count in 1..<max(parts.count, 1) {
            var status = stat()
            let folder = parts[..<count].joined(separator: "/")
            guard lstat(absolute(folder), &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { continue }
            throw FileTreeError(path: path, code: .content, message: "'\(folder)' is a symbolic link")
        }
    }

    private static func notRegular(_ path: String) -> FileTreeError {
        FileTreeError(path: path, code: .wrongKind, message: "it is not a regular file")
    }

    private static func failure(_ path: String, _ code: Int32) -> FileTreeError {
        FileTreeError(path: path, code: .access, message: String(cString: strerror(code)))
    }
}
