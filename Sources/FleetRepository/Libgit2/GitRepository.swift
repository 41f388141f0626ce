internal import CLibgit2

/// A Git repository on this machine.
///
/// It is opened, asked and closed by one owner; what it answers are values. No network work is done through
/// it: that runs in a process of its own, see `NetworkChild`.
package struct GitRepository: ~Copyable {
    let handle: GitHandle
    /// The repository's folder: of a bare one the folder itself, else its `.git`. With a slash at the end.
    package let folder: String

    /// Opens the repository at `path`: a bare one, a work tree or its `.git`. Folders above it are not
    /// searched.
    ///
    /// - Throws: `GitError.Code.notFound` if there is no repository.
    package init(open path: String) throws(GitError) {
        try self.init("open repository", path) { git_repository_open_ext(&$0, path, openFlags, nil) }
    }

    /// Makes a bare repository at `path`, with the folders above it, or opens the one that is there.
    package init(initialiseBare path: String) throws(GitError) {
        try self.init("make repository", path) { git_repository_init(&$0, path, 1) }
    }

    private init(
        _ operation: String, _ path: String, _ call: (inout OpaquePointer?) -> Int32
    ) throws(GitError) {
        try GitLibrary.start()
        guard !path.utf8.contains(0) else {
            throw GitError(operation, path, .invalidName, "the path has a NUL byte")
        }
        handle = try GitHandle(operation, path, release: git_repository_free, call)
        folder = git_repository_path(handle.pointer).map { String(cString: $0) } ?? path
    }

    var pointer: OpaquePointer { handle.pointer }
}

/// GIT_REPOSITORY_OPEN_NO_SEARCH: what is opened is what was named.
private let openFlags = UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue)
