internal import FleetCore

/// The files of one commit of a clone.
struct CommitTree: FileTree {
    let clone: Clone
    let commit: CommitID

    /// More paths below one folder than this are refused: a fleet has tens of thousands of nodes.
    private static let pathLimit = 200_000

    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
        do throws(GitError) {
            return try clone.file(at: path, in: commit, limitBytes: limit)
        } catch {
            throw FileTreeError(path: path, code: error.treeCode, message: error.message)
        }
    }

    func paths(below folder: String) throws(FileTreeError) -> [String] {
        do throws(GitError) {
            return try clone.repository.paths(below: folder, in: commit, limit: Self.pathLimit)?.map(\.path)
                ?? []
        } catch {
            // Of the folders below it, the one that is wrong.
            let path = error.isOfContent && !error.subject.isEmpty ? error.subject : folder
            throw FileTreeError(path: path, code: error.treeCode, message: error.message)
        }
    }
}

/// A clone that several values share; libgit2 is only ever called by the one that works through the cycle.
final class Clone {
    let repository: GitRepository

    /// The folder from which a file was read last; with its entries once a second one was asked for.
    private var folder: Folder?

    init(_ repository: consuming GitRepository) { self.repository = repository }

    private struct Folder {
        let commit: CommitID
        let path: Substring
        var entries: [String: GitTreeEntry]?
    }

    /// The bytes of a file; nil if the commit has nothing there.
    ///
    /// libgit2 keeps no large folder in memory: to look up each of ten thousand nodes by its path would read
    /// their folder ten thousand times. So the folder of files that are read in a row is kept.
    ///
    /// - Throws: as ``GitRepository/file(at:in:limitBytes:)``.
    func file(at path: String, in commit: CommitID, limitBytes: Int) throws(GitError) -> [UInt8]? {
        guard let slash = path.lastIndex(of: "/"), var folder,
            folder.commit == commit, folder.path == path[..<slash]
        else {
            self.folder = path.lastIndex(of: "/").map { Folder(commit: commit, path: path[..<$0]) }
            return try repository.file(at: path, in: commit, limitBytes: limitBytes)?.bytes
        }
        if folder.entries == nil {
            let listed = try? repository.entries(of: String(folder.path), in: commit)
            folder.entries = Dictionary((listed ?? []).map { ($0.name, $0) }) { first, _ in first }
            self.folder = folder
        }
        guard let entry = folder.entries?[String(path[path.index(after: slash)...])], entry.isFile else {
            // Nothing, or nothing that is read: that is told in the same words as ever.
            return try repository.file(at: path, in: commit, limitBytes: limitBytes)?.bytes
        }
        return try repository.blob(entry.id, path: path, limitBytes: limitBytes)
    }
}

extension GitError {
    /// Whether the content of the commit is to blame, or this machine.
    fileprivate var treeCode: FileTreeError.Code {
        switch code {
        case .wrongKind: .wrongKind
        case .tooLarge, .malformed: .content
        default: .access
        }
    }
}
