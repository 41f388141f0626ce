import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Testing

/// Whether packages fit, before anything is fetched.
@Suite(.timeLimit(.minutes(15)), .enabled(if: FileSystems.canMount, "needs the right to mount"))
struct SpaceBudgetTests {
    private func error(
        of sandbox: AptSandbox, _ request: ChangeRequest
    ) async throws -> PackageError? {
        let plan = try await sandbox.packages.plan(request)
        do {
            try await sandbox.packages.download(plan)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a package that grows by more than is free is refused before anything is fetched`()
        async throws
    {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", fields: ["Installed-Size: 1024"]),
            SandboxPackage("app", "2", fields: ["Installed-Size: 20480"]),
        ])
        try await sandbox.install(["app:all": "1"])
        try await withFileSystem("size=16m", at: sandbox.folder.makeFolder("root/usr")) {
            let request = try AptSandbox.request(targets: ["app:all": "2"])
            let error = try await error(of: sandbox, request)
            #expect(error?.code == .noSpace)
            // It grows by 19 MiB, and for a moment both are there: 20 more.
            #expect(error?.message == "the file system of /usr has 16 MiB left, and 39 MiB must be free")
            #expect(!sandbox.folder.exists("workspace/archives/app_2_all.deb"))
        }
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `inodes are counted, too`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1", fields: ["Installed-Size: 4096"])])
        try await withFileSystem("size=64m,nr_inodes=500", at: sandbox.folder.makeFolder("root/usr")) {
            let error = try await error(of: sandbox, AptSandbox.request(targets: ["app:all": "1"]))
            #expect(error?.code == .noSpace)
            #expect(error?.message.contains("inodes left, and 2048 must be free") == true)
        }
    }

    @Test func `some space stays free for state and reports, but not from what goes back`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1"), SandboxPackage("app", "2")])
        try await sandbox.install(["app:all": "2"])
        try await withFileSystem("size=4m", at: sandbox.folder.makeFolder("root/var/state")) {
            let narrow = AptConfiguration(
                root: sandbox.root.path, workspace: sandbox.folder.path("root/var/state/apt"))
            try sandbox.folder.makeFolder("root/var/state/apt")
            let packages = AptPackages(narrow)
            var request = try AptSandbox.request(targets: ["app:all": "1"])
            let plan = try await packages.plan(request)
            let error = await #expect(throws: PackageError.self) { try await packages.download(plan) }
            #expect(error?.code == .noSpace)
            #expect(error?.message.hasPrefix("the file system of the node's state folder has ") == true)
            #expect(
                error?.message.hasSuffix("8 MiB must be free, 8 MiB of it for state and reports") == true)
            request.isReturn = true
            try await packages.download(try await packages.plan(request))
        }
    }

    @Test func `a kernel needs room in boot for itself and what is made of it`() async throws {
        let kernel = "linux-image-6.1.0-40-amd64"
        let sandbox = try await AptSandbox([
            SandboxPackage(kernel, "6.1.150-1"), SandboxPackage("app", "1"),
            SandboxPackage("linux-image-amd64", "6.1.150-1"),
        ])
        try await withFileSystem("size=12m", at: sandbox.folder.makeFolder("root/boot")) {
            for (name, mebibytes) in [("vmlinuz-6.1.0-39-amd64", 2), ("initrd.img-6.1.0-39-amd64", 4)] {
                try runSuccessfully([
                    "truncate", "-s", "\(mebibytes)M", sandbox.folder.path("root/boot/\(name)"),
                ])
            }
            try runSuccessfully(["fallocate", "-l", "3M", sandbox.folder.path("root/boot/other")])
            let error = try await error(
                of: sandbox, AptSandbox.request(targets: ["\(kernel):all": "6.1.150-1"]))
            #expect(error?.message == "the file system of /boot has 9 MiB left, and 12 MiB must be free")
            // What puts nothing there is not kept by it.
            let others = try AptSandbox.request(targets: [
                "app:all": "1", "linux-image-amd64:all": "6.1.150-1",
            ])
            #expect(try await self.error(of: sandbox, others) == nil)
        }
    }
}

/// Small file systems to fill.
enum FileSystems {
    /// Whether this process may mount, as only root outside of a container may.
    static let canMount =
        (try? withTemporaryFolder { folder in
            let isMounted = try run(["mount", "-t", "tmpfs", "tmpfs", folder.path]).exitCode == 0
            if isMounted { try runSuccessfully(["umount", folder.path]) }
            return isMounted
        }) ?? false
}

/// Runs `body` with a file system in memory at `path`, and takes it away again.
func withFileSystem(
    _ options: String, at path: String, _ body: () async throws -> Void
) async throws {
    try runSuccessfully(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path])
    defer { _ = try? run(["umount", path]) }
    try await body()
}
