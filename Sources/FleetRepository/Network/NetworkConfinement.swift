internal import Glibc

/// As whom a node's network work is done, and where that user may write.
///
/// The child reads the clone by its group's right and cannot change it. What it receives it writes into a
/// folder of its own, and hands over as a pack, which the parent takes in object by object, each under the
/// name that its own bytes give it.
package struct NetworkConfinement: Hashable, Sendable {
    let account: NetworkAccount
    /// How much larger than what a server sends a file may be: a pack gets objects that it rests on, an index
    /// beside it.
    static let bytesBesides = 64 << 20
    /// The folder below which each child gets one of its own.
    let folder: String

    /// Lets the account's group pass the state folder, in which it can list nothing.
    ///
    /// - Throws: `FileError` if this process may not do so: only root may work as somebody else.
    package init(as account: NetworkAccount, stateFolder: String) throws(FileError) {
        self.account = account
        folder = "\(stateFolder)/network"
        // What the clone gets from here on the child must be able to read; secrets have modes of their own.
        umask(0o022)
        let state = try FileDescriptor("open", stateFolder, flags: O_RDONLY | O_DIRECTORY)
        var status = stat()
        guard fstat(state.number, &status) == 0 else { throw FileError("look at", stateFolder) }
        if status.st_gid == account.groupID, status.st_mode & 0o777 == 0o710 { return }
        guard fchown(state.number, 0, account.groupID) == 0, fchmod(state.number, 0o710) == 0 else {
            throw FileError("let the network's user pass", stateFolder)
        }
    }
}

/// What the parent keeps for one confined child: a folder that is the child's alone, and a file without a
/// name for the pack that it hands over. Both are gone with this value.
struct NetworkPlace: ~Copyable {
    /// The number of the pack's descriptor in the child.
    static let packNumber: Int32 = 3

    /// The child's folder.
    let folder: String
    /// Where the child writes the pack.
    let pack: FileDescriptor
    private let base: String

    /// Only the holder of the `StateLock` makes one, so what is there is left from a crash.
    init(_ confinement: NetworkConfinement) throws(FileError) {
        let base = confinement.folder
        // What cannot be removed, because somebody still writes there, must not stop this one.
        try? ForeignFolder.remove(base)
        guard mkdir(base, 0o710) == 0 || errno == EEXIST, chown(base, 0, confinement.account.groupID) == 0
        else { throw FileError("make folder", base) }
        let folder = try Self.makeFolder(in: base, for: confinement.account)
        pack = try Self.makeUnnamedFile(at: "\(base)/pack")
        self.base = base
        self.folder = folder
    }

    deinit { try? ForeignFolder.remove(base) }

    private static func makeFolder(
        in base: String, for account: NetworkAccount
    ) throws(FileError) -> String {
        var number = 0
        while true {
            let folder = "\(base)/child-\(number)"
            if mkdir(folder, 0o700) == 0, chown(folder, account.userID, account.groupID) == 0 {
                return folder
            }
            guard errno == EEXIST, number < 1_000 else { throw FileError("make folder", folder) }
            number += 1
        }
    }

    private static func makeUnnamedFile(at path: String) throws(FileError) -> FileDescriptor {
        unlink(path)
        let file = try FileDescriptor("make", path, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        unlink(path)
        // Above the numbers that the child gets.
        let number = fcntl(file.number, F_DUPFD_CLOEXEC, 10)
        guard number >= 0 else { throw FileError("make", path) }
        return FileDescriptor(number)
    }
}
