internal import CLibgit2
internal import FleetCore
internal import Glibc

/// The repository at the other end, for one listing, fetch or push.
///
/// Used in the network child alone: nothing here has a deadline.
struct GitRemote: ~Copyable {
    /// References of a listing that are taken; a server that lists more is not one of ours.
    static let referencesLimit = 100_000

    private let handle: GitHandle
    private let monitor: TransferMonitor
    /// For messages.
    private let name: String

    /// Prepares a remote; nothing is sent yet.
    init(_ url: RemoteURL, in repository: borrowing GitRepository, monitor: TransferMonitor) throws(GitError)
    {
        let owner = repository.pointer
        handle = try GitHandle("use remote", url.description, release: git_remote_free) { remote in
            var options = git_remote_create_options()
            git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
            options.repository = owner
            options.flags =
                GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
            return git_remote_create_with_opts(&remote, url.text, &options)
        }
        name = url.description
        self.monitor = monitor
    }

    /// Prepares a remote that can only be listed.
    init(_ url: RemoteURL, monitor: TransferMonitor) throws(GitError) {
        try GitLibrary.start()
        handle = try GitHandle("use remote", url.description, release: git_remote_free) {
            git_remote_create_detached(&$0, url.text)
        }
        name = url.description
        self.monitor = monitor
    }

    /// Connects and returns what the server lists, without peeled tags and without names that no reference
    /// may have.
    ///
    /// - Throws: `.tooLarge` above `referencesLimit`.
    func connect(_ direction: git_direction) throws(GitError) -> [GitReference] {
        let operation = "connect to"
        var callbacks = monitor.callbacks()
        try git(operation, name) { git_remote_connect(handle.pointer, direction, &callbacks, nil, nil) }
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try git("list", name) { git_remote_ls(&heads, &count, handle.pointer) }
        guard count <= Self.referencesLimit else {
            throw GitError(
                "list", name, .tooLarge, "\(count) references, at most \(Self.referencesLimit) are taken")
        }
        var listed: [GitReference] = []
        listed.reserveCapacity(count)
        for head in UnsafeBufferPointer(start: heads, count: count) {
            guard let head, let start = head.pointee.name, let text = String(validatingCString: start) else {
                continue
            }
            var valid: Int32 = 0
            guard text.utf8.count <= 1024, git_reference_name_is_valid(&valid, start) == 0, valid == 1 else {
                continue
            }
            // A branch that has no commit yet, which some servers list.
            let id = try CommitID(head.pointee.oid, operation)
            if id.hex.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) { continue }
            listed.append(GitReference(name: text, id: id))
        }
        return listed
    }

    /// Receives what the references matched by these refspecs reach and the repository lacks. No reference is
    /// changed.
    func download(_ refspecs: [String]) throws(GitError) {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = monitor.callbacks()
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        try withStringArray(refspecs) { (array) throws(GitError) in
            try git("fetch from", name) { git_remote_download(handle.pointer, array, &options) }
        }
    }

    /// Sends commits and has the server change its references. The verdicts are in the monitor: that this
    /// returns does not mean that anything was accepted.
    func upload(_ refspecs: [String]) throws(GitError) {
        var options = git_push_options()
        git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
        options.callbacks = monitor.callbacks()
        try withStringArray(refspecs) { (array) throws(GitError) in
            try git("push to", name) { git_remote_upload(handle.pointer, array, &options) }
        }
    }

    /// Ends the connection in good order.
    func disconnect() { git_remote_disconnect(handle.pointer) }
}

/// Lends an array of C strings.
private func withStringArray(
    _ strings: [String], _ body: (UnsafePointer<git_strarray>) throws(GitError) -> Void
) throws(GitError) {
    var words = strings.map { strdup($0) }
    defer { for word in words { free(word) } }
    let start = words.withUnsafeMutableBufferPointer { $0.baseAddress }
    var array = git_strarray(strings: start, count: words.count)
    try body(&array)
}
