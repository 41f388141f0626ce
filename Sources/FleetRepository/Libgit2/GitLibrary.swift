internal import CLibgit2

/// libgit2 as a whole: started once in a process, with options that hold for all of it.
enum GitLibrary {
    /// Objects that a received pack may announce; libgit2 allocates for them before it has seen one.
    private static let packObjectsLimit = 50_000_000

    private static let started: Result<Void, GitError> = Result { () throws(GitError) in
        // The first call counts the users of the library and returns a positive number.
        try git("start libgit2") { min(git_libgit2_init(), 0) }
        try git("turn on fsync") { plimsoll_git_enable_fsync(1) }
        try git("turn on hash verification") { plimsoll_git_enable_strict_hash_verification(1) }
        try git("limit packs") { plimsoll_git_set_pack_max_objects(packObjectsLimit) }
        // What a node does must not depend on what root or the system has configured for git.
        let levels = [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
            GIT_CONFIG_LEVEL_GLOBAL,
        ]
        for level in levels {
            try git("leave the machine's git configuration out") {
                plimsoll_git_set_search_path(level.rawValue, "")
            }
        }
        // Git refuses repositories of other owners because their configuration can name programs to run.
        // libgit2 runs none, and `safe.directory`, which would allow them, is in the configuration that is
        // left out.
        try git("accept repositories of other owners") { plimsoll_git_set_owner_validation(0) }
    }

    /// Starts the library, or does nothing if it runs.
    static func start() throws(GitError) { try started.get() }

    /// Has the rest of this process write without flushing: for a clone that nobody misses after a power
    /// failure.
    static func stopFlushing() throws(GitError) {
        try start()
        try git("turn off fsync") { plimsoll_git_enable_fsync(0) }
    }
}
