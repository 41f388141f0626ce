internal import Glibc

/// The user of this machine as whom network work is done, so that what a server sends is read without root's
/// rights.
package struct NetworkAccount: Hashable, Sendable {
    let userID: UInt32
    let groupID: UInt32
    /// The home folder, where ssh and git look for what is theirs.
    let home: String

    /// Looks a user up; passwd(5).
    ///
    /// - Throws: `FileError` if there is no such user, or it has root's rights.
    package init(named name: String) throws(FileError) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 14)
        let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        guard code == 0 else { throw FileError("look up user", name, number: code) }
        guard found != nil else {
            throw FileError(
                "look up user", name,
                "there is none on this machine; 'useradd --system --home-dir /nonexistent \(name)' makes it")
        }
        guard entry.pw_uid != 0 else { throw FileError("use user", name, "it has the rights of root") }
        userID = entry.pw_uid
        groupID = entry.pw_gid
        home = entry.pw_dir.map { String(cString: $0) } ?? "/nonexistent"
    }

    init(userID: UInt32, groupID: UInt32, home: String) {
        self.userID = userID
        self.groupID = groupID
        self.home = home
    }

    /// For the network child: what it needs of the entry, separated by colons.
    var text: String { "\(userID):\(groupID):\(home)" }

    init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let userID = UInt32(parts[0]), let groupID = UInt32(parts[1]) else {
            return nil
        }
        self.init(userID: userID, groupID: groupID, home: String(parts[2]))
    }

    /// Makes this process one of the account, for good.
    ///
    /// No program that it starts can gain rights; it writes no file beyond `fileBytesLimit`, and no core.
    func assume(fileBytesLimit: Int) throws(FileError) {
        try Self.limit(RLIMIT_FSIZE, to: fileBytesLimit)
        try Self.limit(RLIMIT_CORE, to: 0)
        // A write past the limit fails then, and says why.
        signal(SIGXFSZ, SIG_IGN)
        guard setgroups(1, [groupID]) == 0, setgid(groupID) == 0, setuid(userID) == 0,
            SpawnedProcess.gainNoPrivileges()
        else { throw FileError("become user", "\(userID)") }
        guard getuid() == userID, geteuid() == userID, getegid() == groupID, setuid(0) != 0 else {
            throw FileError("become user", "\(userID)", "the rights of root stayed")
        }
        umask(0o077)
        setenv("HOME", home, 1)
    }

    private static func limit(_ resource: __rlimit_resource, to bytes: Int) throws(FileError) {
        var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
        guard setrlimit(Int32(resource.rawValue), &limit) == 0 else { throw FileError("limit", "files") }
    }
}
