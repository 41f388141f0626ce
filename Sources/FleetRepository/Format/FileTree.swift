/// The files of a fleet repository at one moment: a commit, or a folder on disk.
package protocol FileTree {
    /// The content of the regular file at `path`, such as `groups/stores/group.yaml`; nil if nothing is
    /// there.
    ///
    /// - Parameter limit: the most bytes that are read; a larger file is an error.
    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]?

    /// The paths, from the root, of all that lies below `folder` and is no folder itself, in the order of
    /// their bytes.
    ///
    /// Symbolic links are listed, never followed; to read one is an error.
    ///
    /// - Parameter folder: a path such as `groups`; empty for the root. Nothing there gives an empty list.
    func paths(below folder: String) throws(FileTreeError) -> [String]
}

/// A file or folder of a ``FileTree`` that could not be read.
package struct FileTreeError: Error, Hashable, Sendable {
    package let path: String
    package let code: Code
    /// Why, lower case, without a full stop.
    package let message: String

    package init(path: String, code: Code, message: String) {
        self.path = path
        self.code = code
        self.message = message
    }

    /// What follows from the error.
    package enum Code: Hashable, Sendable {
        /// The content of the repository is to blame: it is too large, or breaks a format. Only another
        /// commit can mend it.
        case content
        /// The same: there is something else than a regular file, or than a folder.
        case wrongKind
        /// This machine is to blame: it could not be read now, and may be tried again.
        case access
    }
}

extension FileTreeError: CustomStringConvertible {
    package var description: String { "cannot read '\(path)': \(message)" }
}
