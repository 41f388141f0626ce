import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Testing

/// Sources that are late, old, or say something else than before.
@Suite(.timeLimit(.minutes(15)))
struct AptSourceTests {
    private func list(_ repository: SandboxRepository, _ lines: String = "") throws -> [SourceList] {
        [SourceList(name: try parse("shop"), content: repository.sourceList + lines)]
    }

    private func target(_ version: String, sources: [SourceList]? = nil) throws -> ChangeRequest {
        try AptSandbox.request(targets: ["app:all": version], sources: sources)
    }

    @Test func `indexes of other sources leave those of the first as they are`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1"), SandboxPackage("app", "2")])
        let next = try await SandboxRepository(path: sandbox.folder.path("next"))
        try await next.add([SandboxPackage("app", "3")])
        let admitted = try list(sandbox.repository)
        try await sandbox.carryOut(try target("1", sources: admitted))
        // Downloaded ahead, from the sources of what is declared; then the mirror of both goes.
        try await sandbox.packages.download(
            try await sandbox.packages.plan(try target("3", sources: try list(next))))
        try FileManager.default.removeItem(atPath: sandbox.repository.path)
        try FileManager.default.removeItem(atPath: next.path)

        // Drift of what is admitted is repaired from what is on the node.
        try sandbox.dpkg("--remove", "app")
        try await sandbox.carryOut(try target("1", sources: admitted))
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `a file of one request is not taken for that of another with the same name`() async throws {
        let one = SandboxPackage("app", "1", files: ["/usr/share/app/text": "aaaa"])
        let other = SandboxPackage("app", "1", files: ["/usr/share/app/text": "bbbb"])
        let sandbox = try await AptSandbox([one])
        let second = try await SandboxRepository(path: sandbox.folder.path("second"))
        try await second.add([other])
        try await sandbox.packages.download(
            try await sandbox.packages.plan(try target("1", sources: try list(sandbox.repository))))
        // The same name and the same size: only the lists of the requests and the digests tell them apart.
        try await sandbox.carryOut(try target("1", sources: try list(second)))
        let text = try String(
            contentsOfFile: sandbox.folder.path("root/usr/share/app/text"), encoding: .utf8)
        #expect(text == "bbbb")
    }

    @Test(.enabled(if: FileSystems.canMount, "needs the right to mount"))
    func `a download ahead leaves a tenth of the disk free`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        let archives = try sandbox.folder.makeFolder("workspace/archives")
        try await withFileSystem("size=20m", at: archives) {
            try runSuccessfully(["fallocate", "-l", "18500k", archives + "/other"])
            let plan = try await sandbox.packages.plan(try target("1"))
            let error = await #expect(throws: PackageError.self) {
                try await Ahead.$deadline.withValue(TimeSpan(seconds: 60)) {
                    try await sandbox.packages.download(plan)
                }
            }
            #expect(error?.code == .noSpace)
            #expect(error?.message.hasSuffix("besides 2 MiB that stay free") == true)
            // Once it is admitted, that space may be used.
            try await sandbox.packages.download(plan)
        }
    }

    @Test func `of many sets of sources the indexes of the last ones are kept`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        for number in 1...8 {
            _ = try await sandbox.packages.plan(
                try target("1", sources: try list(sandbox.repository, "X-Number: \(number)\n")))
        }
        let names = try runSuccessfully(["ls", sandbox.folder.path("workspace/indexes")]).lines
        #expect(names.filter { $0.hasSuffix(".fetched") }.count == 5)
        #expect(names.filter { !$0.hasSuffix(".fetched") }.count == 5)
    }

    /// Gives a field of the repository's `Release` another value.
    private func release(_ sandbox: AptSandbox, _ field: String, _ value: String) throws {
        let path = sandbox.repository.path + "/Release"
        try runSuccessfully(["sed", "-i", "/^\(field):/d; 1i \(field): \(value)", path])
    }

    @Test func `a Release past its time is told, and accepted where its source says so`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        try release(sandbox, "Valid-Until", "Mon, 01 Jan 2024 00:00:00 UTC")
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(try target("1", sources: try list(sandbox.repository)))
        }
        #expect(error?.code == .sourceUnreachable)
        #expect(error?.message.contains("is expired") == true, "\(String(describing: error))")
        try await sandbox.carryOut(
            try target("1", sources: try list(sandbox.repository, "Check-Valid-Until: no\n")))
        #expect(try await sandbox.versions() == ["app:all": "1"])

        // Versions are exact: what is there already needs no newer index, whatever time it is.
        let plan = try await sandbox.packages.plan(
            try target("1", sources: try list(sandbox.repository, "Check-Valid-Until: no\n")))
        #expect(plan.changes.isEmpty)
    }

    @Test func `a mirror that went backwards takes nothing back, and what is newer is unavailable`()
        async throws
    {
        let old = SandboxPackage("app", "1")
        let sandbox = try await AptSandbox([old, SandboxPackage("app", "2")])
        let mirror = try FileServer(sandbox.repository.path)
        let sources = [
            SourceList(
                name: try parse("mirror"),
                content: "Types: deb\nURIs: http://127.0.0.1:\(mirror.port)\nSuites: ./\nTrusted: yes\n")
        ]
        try await sandbox.carryOut(try target("2", sources: sources))
        try await sandbox.repository.remove([SandboxPackage("app", "2")])
        try release(sandbox, "Date", "Mon, 01 Jan 2024 00:00:00 UTC")
        // At rest nobody asks it, and what is as declared stays so.
        #expect(try await sandbox.packages.plan(try target("2", sources: sources)).changes.isEmpty)
        // Another version is not to be had from it; nothing has changed.
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(try target("3", sources: sources))
        }
        #expect(error?.code == .unavailable || error?.code == .sourceUnreachable)
        #expect(try await sandbox.versions() == ["app:all": "2"])
    }

    @Test func `a phased update comes in on every node alike`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "lib"), SandboxPackage("lib", "1"),
            SandboxPackage("app", "2", depends: "lib (>= 2)", fields: ["Phased-Update-Percentage: 0"]),
            SandboxPackage("lib", "2", fields: ["Phased-Update-Percentage: 0"]),
        ])
        try await sandbox.carryOut(AptSandbox.request(pins: ["lib": "1"], targets: ["app:all": "1"]))
        try await sandbox.carryOut(AptSandbox.request(pins: ["lib": "2"], targets: ["app:all": "2"]))
        #expect(try await sandbox.versions() == ["app:all": "2", "lib:all": "2"])
    }

    @Test func `a sibling of another architecture moves only with a line of its own`() async throws {
        let versions = ["1", "2"]
        let sandbox = try await AptSandbox(
            versions.flatMap { version in
                [Machine.native, Machine.foreign].map {
                    SandboxPackage("lib", version, architecture: $0, fields: ["Multi-Arch: same"])
                }
            }, foreignArchitectures: [Machine.foreign])
        let (own, other) = ("lib:\(Machine.native)", "lib:\(Machine.foreign)")
        try await sandbox.install([own: "1", other: "1"])
        // apt cannot have two versions of them side by side: it would take the sibling along, or remove it.
        let plan = try? await sandbox.packages.plan(
            AptSandbox.request(pins: ["lib": "2"], targets: [own: "2"]))
        if let plan {
            #expect(plan.refusals.map(\.package.description) == [other])
            #expect(plan.refusals.first?.line.hasPrefix("\(other): ") == true)
        }
        #expect(try await sandbox.versions() == [own: "1", other: "1"])
        try await sandbox.carryOut(
            AptSandbox.request(pins: ["lib": "2", other: "2"], targets: [own: "2", other: "2"]))
        #expect(try await sandbox.versions() == [own: "2", other: "2"])
    }

    @Test func `a name that is only virtual is told with those who provide it`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("postfix", "3", fields: ["Provides: mail-agent"]),
            SandboxPackage("exim", "4", fields: ["Provides: mail-agent (= 1)"]),
        ])
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(
                AptSandbox.request(targets: ["mail-agent:\(Machine.native)": "1"]))
        }
        #expect(error?.code == .unavailable)
        #expect(
            error?.message.hasSuffix(
                "it is the name of no package, but 'exim', 'postfix' provide it: name one of these") == true,
            "\(String(describing: error))")
        #expect(try await sandbox.versions().isEmpty)
    }

    @Test func `a dependency comes in only with the bytes that its entry names`() async throws {
        let lib = SandboxPackage("lib", "1")
        let sandbox = try await AptSandbox([SandboxPackage("app", "1", depends: "lib"), lib])
        func request(_ digest: String) throws -> ChangeRequest {
            let entries: [Entry] = [
                Entry(try parse("app"), .version(try parse("1"), presence: .demanded, sha256: [:])),
                Entry(
                    try parse("lib"),
                    .version(
                        try parse("1"), presence: .whereInstalled,
                        sha256: [try parse(Machine.native): try #require(Digest(digest))])),
            ]
            let form = CanonicalForm(Baseline(name: try parse("shop"), entries: entries))
            let inventory = Inventory(architectures: [try parse(Machine.native)], packages: [])
            return Assessment(
                of: form, in: InventoryIndex(inventory), newer: .keep, placed: [:], exceptions: [],
                sources: nil
            ).request
        }
        let plan = try await sandbox.packages.plan(try request(String(repeating: "0", count: 64)))
        #expect(plan.refusals.isEmpty && plan.changes.count == 2)
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.download(plan) }
        #expect(error?.code == .digestMismatch && error?.packages == ["lib:all"])
        try await sandbox.carryOut(try request(try sandbox.repository.digest(of: lib).hex))
        #expect(try await sandbox.versions() == ["app:all": "1", "lib:all": "1"])
    }
}
