internal import CLibgit2
package import FleetCore
internal import Glibc

/// A folder larger than this is refused: one of a hundred thousand nodes has about nine megabytes.
private let treeBytesLimit = 32 << 20

/// One entry of a folder in a commit.
package struct GitTreeEntry: Hashable, Sendable {
    /// What an entry can be; Git knows no other modes.
    package enum Kind: Hashable, Sendable {
        case file
        case executable
        case folder
        case symbolicLink
        case submodule
    }

    /// The name in its folder.
    package let name: String
    /// What it is.
    package let kind: Kind
    /// The name of its content; equal ids mean equal content.
    package let id: ObjectID

    /// Whether it is a regular file, with mode 100644 or 100755.
    package var isFile: Bool { kind == .file || kind == .executable }
}

/// A file of a commit.
package struct GitFile: Hashable, Sendable {
    /// The name of the content.
    package let id: ObjectID
    /// Whether the file's mode is 100755.
    package let isExecutable: Bool
    /// The content.
    package let bytes: [UInt8]
}

extension GitRepository {
    /// The entry at a path such as `groups/stores/group.yaml`, without reading its content.
    ///
    /// - Returns: nil if the commit has nothing there.
    /// - Throws: `.notFound` if the repository does not have the commit.
    package func entry(at path: String, in commit: CommitID) throws(GitError) -> GitTreeEntry? {
        let tree = try tree(of: commit)
        return try entry(at: path, in: tree)
    }

    /// The file at a path.
    ///
    /// - Returns: nil if the commit has nothing there.
    /// - Throws: `.tooLarge` for more than `limitBytes`, before anything is read; `.wrongKind` for what is no
    ///   regular file; `.notFound` if the repository does not have the commit or the content.
    package func file(at path: String, in commit: CommitID, limitBytes: Int) throws(GitError) -> GitFile? {
        guard let entry = try entry(at: path, in: commit) else { return nil }
        guard entry.isFile else {
            throw GitError(
                "read file", path, .wrongKind, "it is not a regular file but a \(entry.kind.words)")
        }
        let bytes = try blob(entry.id, path: path, limitBytes: limitBytes)
        return GitFile(id: entry.id, isExecutable: entry.kind == .executable, bytes: bytes)
    }

    /// The content of a blob.
    ///
    /// - Parameter path: where the blob stands, for messages.
    package func blob(_ id: ObjectID, path: String, limitBytes: Int) throws(GitError) -> [UInt8] {
        guard let header = try objectHeader(id.bytes, "read file") else {
            throw GitError("read file", path, .notFound, "the repository lacks its content \(id)")
        }
        guard header.type == GIT_OBJECT_BLOB else {
            throw GitError("read file", path, .wrongKind, "its content \(id) is not a blob")
        }
        guard header.size <= limitBytes else {
            throw GitError(
                "read file", path, .tooLarge, "\(header.size) bytes, at most \(limitBytes) are read")
        }
        return try objectContent(id.bytes, "read file")
    }

    /// The entries of a folder, in Git's order; the empty path is the root.
    ///
    /// - Returns: nil if the commit has nothing there.
    /// - Throws: `.wrongKind` if it is not a folder; `.malformed` if a name is not UTF-8.
    package func entries(of folder: String, in commit: CommitID) throws(GitError) -> [GitTreeEntry]? {
        let root = try tree(of: commit)
        if folder.isEmpty { return try entries(of: root, at: folder) }
        guard let entry = try entry(at: folder, in: root) else { return nil }
        guard entry.kind == .folder else {
            throw GitError("list folder", folder, .wrongKind, "it is a \(entry.kind.words)")
        }
        return try entries(of: try tree(entry.id, at: folder), at: folder)
    }

    /// All that stands below a folder and is not a folder itself, with its path from the root; the empty path
    /// is the root.
    ///
    /// - Returns: nil if the commit has nothing there.
    /// - Throws: `.tooLarge` above `limit` entries or 16 levels.
    package func paths(
        below folder: String, in commit: CommitID, limit: Int
    ) throws(GitError) -> [(path: String, entry: GitTreeEntry)]? {
        guard let top = try entries(of: folder, in: commit) else { return nil }
        var found: [(path: String, entry: GitTreeEntry)] = []
        var waiting = [(path: folder, depth: 1, entries: top)]
        var seen = 0
        while let level = waiting.popLast() {
            seen += level.entries.count
            guard seen <= limit, level.depth <= 16 else {
                throw GitError("list folder", folder, .tooLarge, "more than \(limit) entries or 16 levels")
            }
            for entry in level.entries {
                let path = level.path.isEmpty ? entry.name : "\(level.path)/\(entry.name)"
                if entry.kind == .folder {
                    let below = try entries(of: try tree(entry.id, at: path), at: path)
                    waiting.append((path, level.depth + 1, below))
                } else {
                    found.append((path, entry))
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    private func tree(of commit: CommitID) throws(GitError) -> GitHandle {
        let object = try commitHandle(commit)
        guard let id = git_commit_tree_id(object.pointer) else {
            throw GitError("read tree of commit", commit.hex, .malformed, "it has none")
        }
        return try tree(ObjectID(id.pointee), at: "")
    }

    /// - Throws: `.notFound` if the repository lacks it: who has a commit must have all of it; `.malformed`
    ///   if no git has written it, see ``TreeForm``.
    private func tree(_ id: ObjectID, at path: String) throws(GitError) -> GitHandle {
        let operation = "read folder"
        guard let header = try objectHeader(id.bytes, operation) else {
            throw GitError(operation, path, .notFound, "the repository lacks its content \(id)")
        }
        guard header.type == GIT_OBJECT_TREE else {
            throw GitError(operation, path, .wrongKind, "its content \(id) is not a folder")
        }
        guard header.size <= treeBytesLimit else {
            throw GitError(
                operation, path, .tooLarge, "\(header.size) bytes, at most \(treeBytesLimit) are read")
        }
        let tree = try parsedTree(id, at: path)
        var form = TreeForm()
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = git_tree_entry_byindex(tree.pointer, index),
                let start = git_tree_entry_name(entry)
            else { break }
            let name = UnsafeRawBufferPointer(start: start, count: strlen(start))
            let isFolder = git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE
            if let fault = form.fault(of: name, isFolder: isFolder) {
                throw GitError(operation, path, .malformed, fault)
            }
        }
        return tree
    }

    private func parsedTree(_ id: ObjectID, at path: String) throws(GitError) -> GitHandle {
        let operation = "read folder"
        var name = id.bytes
        do throws(GitError) {
            return try GitHandle(operation, path, release: git_tree_free) {
                git_tree_lookup(&$0, pointer, &name)
            }
        } catch {
            // Reading compares the bytes with the name: if it succeeds, they are at fault.
            _ = try objectContent(id.bytes, operation)
            throw GitError(operation, path, .malformed, error.message)
        }
    }

    private func entry(at path: String, in tree: borrowing GitHandle) throws(GitError) -> GitTreeEntry? {
        let operation = "find path"
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw GitError(operation, path, .invalidName, "not a path in a commit")
        }
        // Folder by folder: libgit2 says the same of a path that is not there and of a folder whose content
        // the repository lacks, and who could hide a folder could hide a hold.
        var names = path.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard let first = names.popFirst(), var found = try child(String(first), of: tree, in: path) else {
            return nil
        }
        while let name = names.popFirst() {
            guard found.kind == .folder else { return nil }
            let folder = try self.tree(found.id, at: path)
            guard let next = try child(String(name), of: folder, in: path) else { return nil }
            found = next
        }
        return found
    }

    private func child(
        _ name: String, of tree: borrowing GitHandle, in path: String
    ) throws(GitError) -> GitTreeEntry? {
        guard let found = git_tree_entry_byname(tree.pointer, name) else { return nil }
        return try GitTreeEntry(found, in: path)
    }

    private func entries(of tree: borrowing GitHandle, at path: String) throws(GitError) -> [GitTreeEntry] {
        var entries: [GitTreeEntry] = []
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = git_tree_entry_byindex(tree.pointer, index) else { break }
            entries.append(try GitTreeEntry(entry, in: path))
        }
        return entries
    }
}

extension GitTreeEntry {
    fileprivate init(_ entry: OpaquePointer, in path: String) throws(GitError) {
        guard let start = git_tree_entry_name(entry), let text = String(validatingCString: start) else {
            throw GitError("read folder", path, .malformed, "a name in it is not UTF-8")
        }
        guard let content = git_tree_entry_id(entry), let kind = Kind(git_tree_entry_filemode(entry)) else {
            throw GitError("read folder", path, .malformed, "'\(text)' has no known mode")
        }
        name = text
        id = ObjectID(content.pointee)
        self.kind = kind
    }
}

extension GitTreeEntry.Kind {
    fileprivate init?(_ mode: git_filemode_t) {
        switch mode {
        case GIT_FILEMODE_BLOB: self = .file
        case GIT_FILEMODE_BLOB_EXECUTABLE: self = .executable
        case GIT_FILEMODE_TREE: self = .folder
        case GIT_FILEMODE_LINK: self = .symbolicLink
        case GIT_FILEMODE_COMMIT: self = .submodule
        default: return nil
        }
    }

    /// For messages.
    var words: String {
        switch self {
        case .file: "file"
        case .executable: "program"
        case .folder: "folder"
        case .symbolicLink: "symbolic link"
        case .submodule: "submodule"
        }
    }
}
