internal import CLibgit2
package import FleetCore

extension GitRepository {
    /// Writes a blob and returns its name.
    package func writeBlob(_ bytes: [UInt8]) throws(GitError) -> ObjectID {
        var id = git_oid()
        try git("write blob") { git_blob_create_from_buffer(&id, pointer, bytes, bytes.count) }
        return ObjectID(id)
    }

    /// Writes a tree of regular files, with the folders that their paths name, and returns its name.
    ///
    /// - Throws: `.invalidName` for a path that Git cannot hold, or for one that is a file and a folder at
    ///   once.
    package func writeTree(_ files: [String: [UInt8]]) throws(GitError) -> ObjectID {
        var split: [(path: [Substring], bytes: [UInt8])] = []
        for (path, bytes) in files {
            split.append((path.split(separator: "/", omittingEmptySubsequences: false), bytes))
        }
        return try writeTree(split[...], depth: 0)
    }

    private func writeTree(
        _ files: ArraySlice<(path: [Substring], bytes: [UInt8])>, depth: Int
    ) throws(GitError) -> ObjectID {
        let operation = "write tree"
        let builder = try GitHandle(operation, release: git_treebuilder_free) {
            git_treebuilder_new(&$0, pointer, nil)
        }
        var folders: [Substring: [(path: [Substring], bytes: [UInt8])]] = [:]
        for file in files {
            let name = file.path[depth]
            if file.path.count > depth + 1 {
                folders[name, default: []].append(file)
            } else {
                let id = try writeBlob(file.bytes)
                try insert(id, as: String(name), mode: GIT_FILEMODE_BLOB, into: builder)
            }
        }
        for (name, inside) in folders {
            guard git_treebuilder_get(builder.pointer, String(name)) == nil else {
                throw GitError(operation, String(name), .invalidName, "it is a file and a folder at once")
            }
            let id = try writeTree(inside[...], depth: depth + 1)
            try insert(id, as: String(name), mode: GIT_FILEMODE_TREE, into: builder)
        }
        var id = git_oid()
        try git(operation) { git_treebuilder_write(&id, builder.pointer) }
        return ObjectID(id)
    }

    private func insert(
        _ id: ObjectID, as name: String, mode: git_filemode_t, into builder: borrowing GitHandle
    ) throws(GitError) {
        guard !name.utf8.contains(0) else {
            throw GitError("write tree", name, .invalidName, "the name has a NUL byte")
        }
        var bytes = id.bytes
        let tree = builder.pointer
        try git("write tree", name) { git_treebuilder_insert(nil, tree, name, &bytes, mode) }
    }

    /// The bytes of a commit that is not signed yet: what a signature is made over.
    ///
    /// - Throws: `.notFound` if the tree or a parent is missing; an error if a name or address has a
    ///   character that Git forbids there.
    package func unsignedCommit(
        tree: ObjectID, parents: [CommitID], author: GitIdentity, committer: GitIdentity, message: String
    ) throws(GitError) -> [UInt8] {
        let operation = "prepare commit"
        var treeName = tree.bytes
        let treeHandle = try GitHandle(operation, tree.hex, release: git_tree_free) {
            git_tree_lookup(&$0, pointer, &treeName)
        }
        guard !message.utf8.contains(0) else {
            throw GitError(operation, "", .malformed, "the message has a NUL byte")
        }
        var commits: [OpaquePointer?] = []
        defer { for commit in commits { git_commit_free(commit) } }
        for parent in parents {
            var name = parent.bytes
            var commit: OpaquePointer?
            try git(operation, parent.hex) { git_commit_lookup(&commit, pointer, &name) }
            commits.append(commit)
        }
        let written = try signature(author, operation)
        defer { git_signature_free(written) }
        let committed = try signature(committer, operation)
        defer { git_signature_free(committed) }
        var content = git_buf()
        defer { git_buf_dispose(&content) }
        try git(operation) {
            commits.withUnsafeMutableBufferPointer { parents in
                git_commit_create_buffer(
                    &content, pointer, written, committed, nil, message, treeHandle.pointer, parents.count,
                    parents.baseAddress)
            }
        }
        return content.bytes
    }

    private func signature(
        _ identity: GitIdentity, _ operation: String
    ) throws(GitError) -> UnsafeMutablePointer<git_signature>? {
        var signature: UnsafeMutablePointer<git_signature>?
        guard let offset = Int32(exactly: identity.offsetMinutes) else {
            throw GitError(operation, identity.name, .malformed, "the offset from UTC is not one")
        }
        try git(operation, identity.name) {
            git_signature_new(&signature, identity.name, identity.email, identity.time, offset)
        }
        return signature
    }

    /// Writes a commit and returns its name. No reference is changed.
    ///
    /// - Parameters:
    ///   - content: from `unsignedCommit`.
    ///   - signature: the armoured text over exactly these bytes; nil writes the commit unsigned.
    package func writeCommit(_ content: [UInt8], signature: String?) throws(GitError) -> CommitID {
        let operation = "write commit"
        guard !content.contains(0) else { throw GitError(operation, "", .malformed, "a NUL byte is in it") }
        let text = String(decoding: content, as: UTF8.self)
        guard text.utf8.elementsEqual(content) else {
            throw GitError(operation, "", .malformed, "it is not UTF-8")
        }
        var id = git_oid()
        try git(operation) { git_commit_create_with_signature(&id, pointer, text, signature, "gpgsig") }
        return try CommitID(id, operation)
    }
}
