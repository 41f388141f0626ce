internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The locks of apt and dpkg, asked through the kernel: who holds one is no matter of words in a message.
struct AptLocks {
    let configuration: AptConfiguration
    /// Those whose indexes are fetched; nil for the system's.
    let sources: [SourceList]?

    /// The first lock that another process holds, as an error; nil if none is held.
    func holder() -> PackageError? {
        let database = configuration.databaseFolder
        let paths = [
            "\(database)/lock-frontend", "\(database)/lock",
            configuration.listsFolder(of: sources) + "/lock",
            configuration.archivesFolder + "/lock",
        ]
        for path in paths {
            guard let process = processHolding(path) else { continue }
            let name = (try? readFile("/proc/\(process)/comm", limit: 4_096)).map {
                String(decoding: $0.prefix { $0 != 0x0A }, as: UTF8.self)
            }
            return PackageError(
                .locked, "'\(path)' is held by process \(process)\(name.map { " ('\($0)')" } ?? "")")
        }
        return nil
    }

    /// The process that holds a record lock on a file (fcntl_locking(2)); nil if none does.
    func processHolding(_ path: String) -> pid_t? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid
    }
}
