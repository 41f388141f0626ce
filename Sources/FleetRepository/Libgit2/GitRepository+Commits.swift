internal import CLibgit2
package import FleetCore

/// A commit larger than this is refused: header, signature and message of honest ones are a few KiB.
private let commitBytesLimit = 1 << 20

extension GitRepository {
    /// Reads a commit.
    ///
    /// - Returns: nil if the repository does not have it.
    /// - Throws: `.wrongKind` if the name is of something else, `.tooLarge` above 1 MiB, `.malformed` if it
    ///   breaks the format or is not signed as a whole.
    package func commit(_ id: CommitID) throws(GitError) -> GitCommit? {
        let operation = "read commit"
        guard try objectHeader(id.bytes, operation) != nil else { return nil }
        let commit = try commitHandle(id)
        guard let tree = git_commit_tree_id(commit.pointer), let author = git_commit_author(commit.pointer),
            let committer = git_commit_committer(commit.pointer)
        else { throw GitError(operation, id.hex, .malformed, "tree, author or committer is missing") }
        var parents: [CommitID] = []
        for index in 0..<git_commit_parentcount(commit.pointer) {
            guard let parent = git_commit_parent_id(commit.pointer, index) else { break }
            parents.append(try CommitID(parent.pointee, operation))
        }
        return GitCommit(
            id: id, treeID: ObjectID(tree.pointee), parents: parents, author: GitIdentity(author.pointee),
            committer: GitIdentity(committer.pointee),
            message: git_commit_message_raw(commit.pointer).map { String(cString: $0) } ?? "",
            signature: try signature(of: id))
    }

    /// The bytes of a commit as they are hashed: header, empty line, message.
    ///
    /// - Returns: nil if the repository does not have it.
    package func commitContent(_ id: CommitID) throws(GitError) -> [UInt8]? {
        let operation = "read commit"
        guard let header = try objectHeader(id.bytes, operation) else { return nil }
        try checkCommit(header, id, operation)
        return try objectContent(id.bytes, operation)
    }

    /// A commit as libgit2 has parsed it.
    ///
    /// - Throws: as ``commit(_:)``, and `.notFound` if the repository does not have it.
    func commitHandle(_ id: CommitID) throws(GitError) -> GitHandle {
        let operation = "read commit"
        guard let header = try objectHeader(id.bytes, operation) else {
            throw GitError(operation, id.hex, .notFound, "the repository does not have it")
        }
        try checkCommit(header, id, operation)
        var name = id.bytes
        do throws(GitError) {
            return try GitHandle(operation, id.hex, release: git_commit_free) {
                git_commit_lookup(&$0, pointer, &name)
            }
        } catch {
            // Reading compares the bytes with the name: if it succeeds, they are at fault.
            _ = try objectContent(id.bytes, operation)
            throw GitError(operation, id.hex, .malformed, error.message)
        }
    }

    private func checkCommit(_ header: ObjectHeader, _ id: CommitID, _ operation: String) throws(GitError) {
        guard header.type == GIT_OBJECT_COMMIT else {
            throw GitError(operation, id.hex, .wrongKind, "the object is not a commit")
        }
        guard header.size <= commitBytesLimit else {
            throw GitError(
                operation, id.hex, .tooLarge, "\(header.size) bytes, at most \(commitBytesLimit) are read")
        }
    }

    private func signature(of id: CommitID) throws(GitError) -> GitCommitSignature? {
        let operation = "read signature of commit"
        let content = try objectContent(id.bytes, operation)
        do throws(GitCommitSignature.Fault) {
            return try GitCommitSignature(in: content)
        } catch {
            throw GitError(operation, id.hex, .malformed, error.description)
        }
    }
}

extension git_buf {
    /// A copy of the content.
    var bytes: [UInt8] {
        guard let ptr else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: ptr, count: size))
    }
}

extension GitIdentity {
    fileprivate init(_ signature: git_signature) {
        self.init(
            name: signature.name.map { String(cString: $0) } ?? "",
            email: signature.email.map { String(cString: $0) } ?? "", time: signature.when.time,
            offsetMinutes: Int(signature.when.offset))
    }
}
