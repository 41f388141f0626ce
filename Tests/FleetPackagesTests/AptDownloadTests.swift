import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Glibc
import Synchronization
import Testing

/// Fetching package files, and what stops a transaction before it begins.
@Suite(.timeLimit(.minutes(15)))
struct AptDownloadTests {
    @Test func `only the bytes that the baseline names are installed`() async throws {
        let app = SandboxPackage("app", "1")
        let sandbox = try await AptSandbox([app])
        let other = Digest(of: Array("other bytes".utf8))
        let refused = try await sandbox.packages.plan(
            AptSandbox.request(
                targets: ["app:\(Machine.native)": "1"], sha256: ["app:\(Machine.native)": other]))
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.download(refused) }
        let digest = try sandbox.repository.digest(of: app)
        #expect(error?.code == .digestMismatch)
        #expect(error?.packages == ["app:all"])
        #expect(
            error?.message
                == "'app:all' was offered with the digest \(digest), and the baseline says \(other)")
        // Without the file nothing can be installed either.
        await #expect(throws: PackageError.self) { try await sandbox.packages.apply(refused) { _ in } }
        #expect(try await sandbox.versions().isEmpty)

        try await sandbox.carryOut(
            AptSandbox.request(
                targets: ["app:\(Machine.native)": "1"], sha256: ["app:\(Machine.native)": digest]))
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `a file that differs from its index is not taken`() async throws {
        let app = SandboxPackage("app", "1")
        let sandbox = try await AptSandbox([app])
        let plan = try await sandbox.packages.plan(
            AptSandbox.request(targets: ["app:\(Machine.native)": "1"]))
        try runSuccessfully(["sh", "-c", "printf x >> \"$1\"", "sh", sandbox.repository.filePath(of: app)])
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.download(plan) }
        #expect(error?.code == .sourceUnreachable)
    }

    @Test func `what was downloaded is installed though its source is gone`() async throws {
        let app = SandboxPackage("app", "1:1.0+really0.9-1")
        let sandbox = try await AptSandbox([app])
        let stick = SourceList(name: try parse("stick"), content: sandbox.repository.sourceList)
        let plan = try await sandbox.packages.plan(
            AptSandbox.request(targets: ["app:\(Machine.native)": app.version], sources: [stick]))
        try await sandbox.packages.download(plan)
        try FileManager.default.removeItem(atPath: sandbox.repository.path)
        try await sandbox.packages.download(plan)
        #expect(try await sandbox.packages.apply(plan) { _ in }.status == 0)
        #expect(try await sandbox.versions() == ["app:all": app.version])
    }

    @Test func `package files come over http, and a mirror that has forgotten one is an error`() async throws
    {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1"), SandboxPackage("app", "2")])
        let mirror = try FileServer(sandbox.repository.path)
        let sources = [
            SourceList(
                name: try parse("mirror"),
                content: "Types: deb\nURIs: http://127.0.0.1:\(mirror.port)\nSuites: ./\nTrusted: yes\n")
        ]
        let first = try AptSandbox.request(targets: ["app:\(Machine.native)": "1"], sources: sources)
        try await sandbox.carryOut(first)
        #expect(try await sandbox.versions() == ["app:all": "1"])

        let second = try AptSandbox.request(targets: ["app:all": "2"], sources: sources)
        let plan = try await sandbox.packages.plan(second)
        try FileManager.default.removeItem(
            atPath: sandbox.repository.filePath(of: SandboxPackage("app", "2")))
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.download(plan) }
        #expect(error?.code == .sourceUnreachable)
        #expect(error?.message.contains("404") == true)
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test(.enabled(if: FileSystems.canMount, "needs the right to mount"))
    func `a disk without space is told before anything is fetched`() async throws {
        let big = String(repeating: "x", count: 200_000)
        let sandbox = try await AptSandbox([SandboxPackage("app", "1", files: ["/usr/share/app": big])])
        let archives = try sandbox.folder.makeFolder("workspace/archives")
        try runSuccessfully(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", archives])
        defer { _ = try? run(["umount", archives]) }
        let plan = try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "1"]))
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.download(plan) }
        #expect(error?.code == .noSpace)
    }

    @Test func `a lock that another process holds ends the wait, and nothing has changed`() async throws {
        let sandbox = try await AptSandbox(
            [SandboxPackage("app", "1")], lockTimeout: TimeSpan(seconds: 1))
        let plan = try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "1"]))
        try await sandbox.packages.download(plan)
        let holder = try LockHolder(sandbox.folder.path("root/var/lib/dpkg/lock-frontend"))
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.apply(plan) { _ in }
        }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("held by process \(holder.process) ('perl')") == true)
        holder.release()
        #expect(try await sandbox.versions().isEmpty)
        #expect(try await sandbox.packages.apply(plan) { _ in }.status == 0)
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `nothing of the host is touched`() async throws {
        // Where apt, dpkg and debconf write on the host; other programs may write elsewhere meanwhile.
        let state = """
            find /var/lib/dpkg /var/lib/apt /var/cache/apt /var/cache/debconf /var/log/apt /var/log/dpkg.log \
              /etc/apt /etc/dpkg /etc/app.conf -newer "$1" 2>/dev/null; true
            """
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", files: ["/etc/app.conf": "1"], scripts: ["postinst": "exit 0"]),
            SandboxPackage("app", "2"),
        ])
        let stamp = try sandbox.folder.write("", to: "stamp")
        // A file system's clock may be coarse: the stamp must be older than what follows, and is made so.
        try FileManager.default.setAttributes(
            [.modificationDate: Date.now.addingTimeInterval(-0.05)], ofItemAtPath: stamp)
        try await sandbox.install(["app:all": "1"])
        try await sandbox.install(["app:all": "2"])
        try await sandbox.carryOut(AptSandbox.request(removals: ["app:all": true]))
        #expect(try runSuccessfully(["sh", "-c", state, "sh", stamp]).lines == [])
        #expect(sandbox.folder.exists("root/var/log/dpkg.log"))
    }
}

/// A process that holds a record lock on a file, as apt and dpkg do.
final class LockHolder: Sendable {
    let process: pid_t
    private let input: Int32

    /// - Returns: once the lock is held.
    init(_ path: String) throws {
        let script = """
            use Fcntl qw(:flock SEEK_SET F_SETLKW F_WRLCK);
            open(my $file, '+>>', $ARGV[0]) or die;
            my $lock = pack('s s x!8 q q i', F_WRLCK, SEEK_SET, 0, 0, 0);
            fcntl($file, F_SETLKW, $lock) or die;
            $| = 1; print "held\\n"; <STDIN>;
            """
        let (fromChild, toParent) = try Self.pipe()
        let (toChild, fromParent) = try Self.pipe()
        process = try spawn(["perl", "-e", script, path], descriptors: [(toChild, 0), (toParent, 1)])
        close(toParent)
        close(toChild)
        input = fromParent
        var byte: UInt8 = 0
        guard read(fromChild, &byte, 1) == 1 else { throw POSIXError(.EIO) }
        close(fromChild)
    }

    /// Ends the process, and with it the lock.
    func release() {
        close(input)
        reap(process)
    }

    private static func pipe() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        spawning.withLock { _ in
            guard Glibc.pipe(&ends) == 0 else { return }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        guard ends[0] >= 0 else { throw POSIXError(.EMFILE) }
        return (ends[0], ends[1])
    }
}
