internal import CLibgit2
internal import FleetCore

extension GitRepository {
    /// The value of a key in the repository's own configuration; nil if it is not set there. What the machine
    /// or a user has configured is left out.
    func setting(_ key: String) throws(GitError) -> String? {
        let operation = "read setting"
        let configuration = try GitHandle(operation, key, release: git_config_free) {
            git_repository_config_snapshot(&$0, pointer)
        }
        var text: UnsafePointer<CChar>?
        do throws(GitError) {
            try git(operation, key) { git_config_get_string(&text, configuration.pointer, key) }
        } catch  where error.code == .notFound {
            return nil
        }
        return text.map { String(cString: $0) }
    }

    /// Sets a key in the repository's own configuration; nil takes it out.
    func set(_ key: String, to value: String?) throws(GitError) {
        let operation = "write setting"
        let configuration = try GitHandle(operation, key, release: git_config_free) {
            git_repository_config(&$0, pointer)
        }
        do throws(GitError) {
            try git(operation, key) {
                guard let value else { return git_config_delete_entry(configuration.pointer, key) }
                return git_config_set_string(configuration.pointer, key, value)
            }
        } catch  where error.code == .notFound && value == nil {
            return
        }
    }

    /// Whether it has no work tree.
    var isBare: Bool { git_repository_is_bare(pointer) == 1 }

    /// Reads objects from another folder, too: where git keeps what a push brings until it is taken
    /// (git-receive-pack(1), QUARANTINE ENVIRONMENT).
    func borrow(objects folder: String) throws(GitError) {
        let operation = "read objects of the push"
        let database = try objectDatabase(operation)
        try git(operation, folder) { git_odb_add_disk_alternate(database.pointer, folder) }
    }

    /// How many bytes an object has.
    ///
    /// - Throws: `GitError.Code.notFound` if the repository does not have it.
    func size(of id: ObjectID) throws(GitError) -> Int {
        guard let header = try objectHeader(id.bytes, "read object") else {
            throw GitError("read object", id.hex, .notFound, "the repository does not have it")
        }
        return header.size
    }
}
