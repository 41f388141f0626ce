internal import Glibc

/// The right to change a node's state: an exclusive flock(2) on the file `lock` in the state folder.
///
/// It ends with the value, or with the last process that has its descriptor: a network child that survives
/// this process keeps it, so that no other cycle meets a clone in which somebody still writes.
package struct StateLock: ~Copyable {
    private let file: FileDescriptor

    /// The descriptor to hand to a network child. Nobody else may have it, the package manager least of all.
    package var descriptor: Int32 { file.number }

    /// Takes the lock without waiting.
    ///
    /// - Returns: nil if another cycle holds it.
    /// - Throws: `FileError` if the lock file cannot be opened or the file system has no locks.
    package static func take(inFolder folder: String) throws(FileError) -> StateLock? {
        let path = "\(folder)/lock"
        let file = try FileDescriptor("open lock", path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw FileError("take lock", path) }
            return nil
        }
        return StateLock(file: file)
    }

    private init(file: consuming FileDescriptor) { self.file = file }
}
