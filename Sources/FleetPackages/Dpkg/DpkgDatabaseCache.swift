internal import FleetReconciler
internal import Glibc
internal import Synchronization

/// The last database that was read, kept for as long as its file is the same: a cycle asks several times.
///
/// dpkg replaces its status file by another one, so its identity, time and size tell. The journal is looked
/// at each time.
final class DpkgDatabaseCache: Sendable {
    private let folder: String
    private let last = Mutex<(identity: [Int], database: DpkgDatabase)?>(nil)

    init(folder: String) { self.folder = folder }

    /// The database as it is now.
    func database() throws(PackageError) -> DpkgDatabase {
        let identity = [folder + "/status", folder + "/arch"].flatMap(Self.identity)
        let known = last.withLock { $0 }
        if let known, known.identity == identity, !(try DpkgDatabase.isInterrupted(folder: folder)) {
            return known.database
        }
        let database = try DpkgDatabase(folder: folder)
        last.withLock { $0 = (identity, database) }
        return database
    }

    /// What changes with the file's content; empty for none.
    private static func identity(_ path: String) -> [Int] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        return [
            Int(clamping: status.st_dev), Int(clamping: status.st_ino), Int(status.st_size),
            Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
        ]
    }
}
