internal import CLibgit2

/// Type and size of an object, known before its content is read.
struct ObjectHeader {
    let type: git_object_t
    let size: Int
}

extension GitRepository {
    /// Type and size of an object.
    ///
    /// - Returns: nil if the repository does not have it.
    func objectHeader(_ id: git_oid, _ operation: String) throws(GitError) -> ObjectHeader? {
        var name = id
        var size = 0
        var type = GIT_OBJECT_INVALID
        let database = try objectDatabase(operation)
        do throws(GitError) {
            try git(operation, id.hex) { git_odb_read_header(&size, &type, database.pointer, &name) }
        } catch  where error.code == .notFound {
            return nil
        }
        guard size >= 0 else { throw GitError(operation, id.hex, .tooLarge, "the size is not a number") }
        return ObjectHeader(type: type, size: size)
    }

    /// The content of an object, whose size the caller has checked.
    func objectContent(_ id: git_oid, _ operation: String) throws(GitError) -> [UInt8] {
        var name = id
        let database = try objectDatabase(operation)
        let object = try GitHandle(operation, id.hex, release: git_odb_object_free) {
            git_odb_read(&$0, database.pointer, &name)
        }
        guard let start = git_odb_object_data(object.pointer) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: git_odb_object_size(object.pointer)))
    }

    func objectDatabase(_ operation: String) throws(GitError) -> GitHandle {
        try GitHandle(operation, release: git_odb_free) { git_repository_odb(&$0, pointer) }
    }
}
