/// A pointer of libgit2 that is freed exactly once: acquired in the initialiser, released at the end of its
/// life.
struct GitHandle: ~Copyable {
    /// Valid as long as this value lives. Never stored elsewhere.
    let pointer: OpaquePointer
    private let release: (OpaquePointer?) -> Void

    /// Acquires what `call` stores.
    ///
    /// - Throws: `GitError` with the operation and the subject if the call fails.
    init(
        _ operation: String, _ subject: String = "", release: @escaping (OpaquePointer?) -> Void,
        _ call: (inout OpaquePointer?) -> Int32
    ) throws(GitError) {
        var acquired: OpaquePointer?
        try git(operation, subject) { call(&acquired) }
        guard let acquired else {
            throw GitError(operation, subject, .other(0), "libgit2 returned nothing")
        }
        pointer = acquired
        self.release = release
    }

    deinit { release(pointer) }
}
