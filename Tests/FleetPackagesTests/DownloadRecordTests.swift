import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Testing

/// Package files that were downloaded ahead: which of them are to be believed, and which are still needed.
@Suite(.timeLimit(.minutes(15)))
struct DownloadRecordTests {
    private let versions = [SandboxPackage("app", "1"), SandboxPackage("app", "2")]

    private func request(_ version: String) throws -> ChangeRequest {
        try AptSandbox.request(targets: ["app:\(Machine.native)": version])
    }

    private func archives(_ sandbox: AptSandbox) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.folder.path("workspace/archives"))
            .filter { $0.hasSuffix(".deb") }.sorted()
    }

    @Test func `a request whose files are all there is known, and one that lacks a file is not`() async throws
    {
        let sandbox = try await AptSandbox(versions)
        #expect(await !sandbox.packages.hasDownloaded(try request("1")))
        try await sandbox.packages.download(try await sandbox.packages.plan(try request("1")))
        #expect(await sandbox.packages.hasDownloaded(try request("1")))
        #expect(await !sandbox.packages.hasDownloaded(try request("2")))
        let file = sandbox.folder.path("workspace/archives/app_1_all.deb")
        try FileManager.default.removeItem(atPath: file)
        #expect(await !sandbox.packages.hasDownloaded(try request("1")))
    }

    /// What a power cut may leave: a file that is short or has nothing in it, or half a list.
    @Test(arguments: [
        #"truncate -s 10 "$1""#, #"truncate -s 0 "$1""#, #"shred --exact -n 1 "$1"; rm -r "$2""#,
        #"rm -r "$2""#,
    ])
    func `what a power cut has left of a file is fetched anew`(damage: String) async throws {
        let sandbox = try await AptSandbox(versions)
        let plan = try await sandbox.packages.plan(try request("1"))
        try await sandbox.packages.download(plan)
        let file = sandbox.folder.path("workspace/archives/app_1_all.deb")
        let lists = sandbox.folder.path("workspace/downloads")
        try runSuccessfully(["sh", "-c", damage, "sh", file, lists])
        #expect(await !sandbox.packages.hasDownloaded(try request("1")))
        try await sandbox.packages.download(plan)
        #expect(await sandbox.packages.hasDownloaded(try request("1")))
        #expect(try await sandbox.packages.apply(plan) { _ in }.status == 0)
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `half a list says nothing`() async throws {
        let sandbox = try await AptSandbox(versions)
        try await sandbox.packages.download(try await sandbox.packages.plan(try request("1")))
        let lists = sandbox.folder.path("workspace/downloads")
        try runSuccessfully(["sh", "-c", "truncate -s 2 \"$1\"/*", "sh", lists])
        #expect(await !sandbox.packages.hasDownloaded(try request("1")))
    }

    @Test func `files that nothing needs are removed`() async throws {
        let sandbox = try await AptSandbox(versions + [SandboxPackage("app", "3")])
        try await sandbox.install(["app:\(Machine.native)": "1"])
        for version in ["2", "3"] {
            try await sandbox.packages.download(try await sandbox.packages.plan(try request(version)))
        }
        try sandbox.folder.write("half", to: "workspace/archives/partial/app_2_all.deb")
        let id: PackageID = try parse("app:all")
        let change = PackageChange(id: id, from: try parse("2"), to: nil)
        await sandbox.packages.removeDownloads(exceptFor: [try request("3")], [change])
        #expect(try archives(sandbox) == ["app_1_all.deb", "app_2_all.deb", "app_3_all.deb"])
        await sandbox.packages.removeDownloads(exceptFor: [try request("3")], [])
        #expect(try archives(sandbox) == ["app_1_all.deb", "app_3_all.deb"])
        #expect(!sandbox.folder.exists("workspace/archives/partial/app_2_all.deb"))
        #expect(await sandbox.packages.hasDownloaded(try request("3")))
        await sandbox.packages.removeDownloads(exceptFor: [], [])
        #expect(try archives(sandbox) == ["app_1_all.deb"])
        let lists = sandbox.folder.path("workspace/downloads")
        #expect(try FileManager.default.contentsOfDirectory(atPath: lists).count == 1)
    }
}
