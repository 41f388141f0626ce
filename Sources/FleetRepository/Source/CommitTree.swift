internal import FleetCore

/// The files of one commit of a clone.
struct CommitTree: FileTree {
    let clone: Clone
    let commit: CommitID

    /// More paths below one folder than this are refused: a fleet has tens of thousands of nodes.
    private static let pathLimit = 200_000

    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
        do throws(GitError) {
            return try clone.repository.file(at: path, in: commit, limitBytes: limit)?.bytes
        } catch {
            throw FileTreeError(path: path, code: error.treeCode, message: error.message)
        }
    }

    func paths(below folder: String) throws(FileTreeError) -> [String] {
        do throws(GitError) {
            return try clone.repository.paths(below: folder, in: commit, limit: Self.pathLimit)?.map(\.path)
                ?? []
        } catch {
            throw FileTreeError(path: folder, code: error.treeCode, message: error.message)
        }
    }
}

/// A clone that several values share; libgit2 is only ever called by the one that works through the cycle.
final class Clone {
    let repository: GitRepository

    init(_ repository: consuming GitRepository) { self.repository = repository }
}

extension GitError {
    /// Whether the content of the commit is to blame, or this machine.
    fileprivate var treeCode: FileTreeError.Code {
        switch code {
        case .tooLarge, .wrongKind, .malformed: .content
        default: .access
        }
    }
}
