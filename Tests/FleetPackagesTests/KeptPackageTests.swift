import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetPackages

/// Package files that are kept, so that a change can be undone whatever the sources offer.
@Suite(.timeLimit(.minutes(15)))
struct KeptPackageTests {
    /// A till with a configuration file.
    static func till(_ version: String, setting: String? = nil) -> SandboxPackage {
        SandboxPackage(
            "till", version, architecture: Machine.native,
            files: [
                "/usr/share/till/version": version, "/etc/till.conf": setting ?? "as shipped\n",
            ])
    }

    private static let till = "till:\(Machine.native)"
    private static let configuration = "/etc/till.conf"

    /// A sandbox with till 1, of which the repository offers only version 2 any more, and no archive has 1.
    private static func rebuilding(
        storeLimit: ByteCount = ByteCount(mebibytes: 64)
    ) async throws -> AptSandbox {
        let sandbox = try await AptSandbox([till("1")], storeLimit: storeLimit)
        try await sandbox.install([till: "1"])
        try await sandbox.repository.add([till("2")])
        try await sandbox.repository.remove([till("1")])
        try sandbox.emptyArchives()
        return sandbox
    }

    private static let toTwo = [till: "2"]

    @Test func `several packages come back together though the mirror is gone`() async throws {
        let siblings = [Machine.native, Machine.foreign]
        let offered = ["1:1.0~rc1-1", "1:2.0-1"].flatMap { version in
            siblings.map { SandboxPackage("lib", version, architecture: $0, fields: ["Multi-Arch: same"]) }
                + [SandboxPackage("app", version, depends: "lib (= \(version))")]
        }
        let sandbox = try await AptSandbox(
            offered + [SandboxPackage("old", "1"), SandboxPackage("new", "1")],
            foreignArchitectures: [Machine.foreign])
        let libraries = siblings.map { "lib:\($0)" }
        let first = Dictionary(uniqueKeysWithValues: (libraries + ["app:all"]).map { ($0, "1:1.0~rc1-1") })
        try await sandbox.keepAndCarryOut(targets: first.merging(["old:all": "1"]) { $1 })
        let before = try await sandbox.versions()
        let changes = try await sandbox.keepAndCarryOut(
            targets: first.mapValues { _ in "1:2.0-1" }.merging(["new:all": "1"]) { $1 },
            removals: ["old:all": true])
        #expect(try await sandbox.versions()["new:all"] == "1")
        #expect(changes.count == 5)

        try sandbox.loseEverythingButTheStore()
        let plan = try await sandbox.undo(changes)
        #expect(plan.origin == .kept)
        #expect(try await sandbox.versions() == before)
    }

    @Test func `a version that no source has is rebuilt, and only goes back`() async throws {
        let sandbox = try await Self.rebuilding()
        let changes = try await sandbox.keepAndCarryOut(targets: Self.toTwo, rebuilding: [Self.till])
        #expect(sandbox.origins == ["till 1 rebuilt", "till 2 source"])
        let kept = await sandbox.packages.findings(after: nil, sources: nil).found
        #expect(kept.map(\.code) == ["rebuiltKept"])
        #expect(kept.first?.message.hasSuffix("no source offered it: \(Self.till)") == true)

        // Forward to the version that was rebuilt: to a baseline it is another file than the published one.
        let forward = try AptSandbox.request(targets: [Self.till: "1"])
        await #expect { try await sandbox.packages.plan(forward) } throws: {
            ($0 as? PackageError)?.code == .unavailable
        }
        let pinned = Digest(of: Array("published".utf8))
        var back = try AptSandbox.request(targets: [Self.till: "1"], sha256: [Self.till: pinned])
        back.isReturn = true
        await #expect { try await sandbox.packages.plan(back) } throws: {
            ($0 as? PackageError)?.code == .unavailable
        }
        try await sandbox.undo(changes)
        #expect(try await sandbox.versions() == [Self.till: "1"])
        #expect(try sandbox.text(of: "/usr/share/till/version") == "1")
        #expect(try sandbox.dpkg("--status", "till").text.contains("Plimsoll-Rebuilt: yes"))
        let installed = await sandbox.packages.findings(after: nil, sources: nil).found
        #expect(installed.map(\.code) == ["rebuiltInstalled", "rebuiltKept"])

        // apt's archives have the rebuilt file now; what is kept of it is not taken for the published one.
        try FileManager.default.removeItem(atPath: sandbox.configuration.store)
        try await sandbox.keepAndCarryOut(targets: Self.toTwo, rebuilding: [Self.till])
        #expect(sandbox.origins == ["till 1 rebuilt", "till 2 source"])
    }

    @Test func `a conffile that somebody changed outlives going back and forth`() async throws {
        let sandbox = try await Self.rebuilding()
        try sandbox.write("by hand\n", to: Self.configuration)
        let changes = try await sandbox.keepAndCarryOut(targets: Self.toTwo, rebuilding: [Self.till])
        #expect(try sandbox.text(of: Self.configuration) == "by hand\n")
        try await sandbox.undo(changes)
        #expect(try await sandbox.versions() == [Self.till: "1"])
        #expect(try sandbox.text(of: Self.configuration) == "by hand\n")
        // The next version ships another one: dpkg must still know that this one is not as it was shipped.
        try await sandbox.repository.add([Self.till("3", setting: "new\n")])
        try await sandbox.keepAndCarryOut(targets: [Self.till: "3"])
        #expect(try sandbox.text(of: Self.configuration) == "by hand\n")
    }

    @Test func `a conffile that is removed with its package comes back as it was`() async throws {
        let sandbox = try await Self.rebuilding()
        try sandbox.write("by hand\n", to: Self.configuration)
        let changes = try await sandbox.keepAndCarryOut(
            targets: [:], removals: [Self.till: true], rebuilding: [Self.till])
        #expect(try sandbox.text(of: Self.configuration) == nil)
        try await sandbox.undo(changes)
        #expect(try await sandbox.versions() == [Self.till: "1"])
        #expect(try sandbox.text(of: Self.configuration) == "by hand\n")
    }

    @Test func `a conffile that somebody deleted stays away, and maintainer scripts come along`() async throws
    {
        let package = SandboxPackage(
            "lib", "1", architecture: Machine.native, fields: ["Multi-Arch: same", "Provides: virtual"],
            files: ["/etc/lib.conf": "x\n", "/usr/share/lib/a": "1"],
            scripts: ["postinst": #"echo "$1" >"$DPKG_ROOT/usr/share/lib/configured""#])
        let id = "lib:\(Machine.native)"
        let sandbox = try await AptSandbox([package])
        try await sandbox.install([id: "1"])
        try FileManager.default.removeItem(atPath: sandbox.root.path + "/etc/lib.conf")
        try sandbox.write("", to: "/usr/share/lib/configured")
        try await sandbox.repository.add([
            SandboxPackage("lib", "2", architecture: Machine.native, fields: ["Multi-Arch: same"])
        ])
        try await sandbox.repository.remove([package])
        try sandbox.emptyArchives()
        let changes = try await sandbox.keepAndCarryOut(targets: [id: "2"], rebuilding: [id])
        try await sandbox.undo(changes)
        #expect(try sandbox.text(of: "/usr/share/lib/configured") == "configure\n")
        #expect(try sandbox.text(of: "/etc/lib.conf") == nil)
        let status = try sandbox.dpkg("--status", "lib").text
        #expect(status.contains("Multi-Arch: same") && status.contains("Provides: virtual"))
    }

    @Test func `each is taken where it costs least`() async throws {
        let names = ["archive", "system", "source", "gone"]
        let sandbox = try await AptSandbox(names.map { SandboxPackage($0, "1") })
        try await sandbox.install(Dictionary(uniqueKeysWithValues: names.map { ("\($0):all", "1") }))
        try await sandbox.repository.add(names.map { SandboxPackage($0, "2") })
        let archives = sandbox.configuration.archivesFolder
        let system = sandbox.root.path + "/var/cache/apt/archives"
        try runSuccessfully(["mv", "\(archives)/system_1_all.deb", system])
        try runSuccessfully(["rm", "\(archives)/source_1_all.deb", "\(archives)/gone_1_all.deb"])
        try await sandbox.repository.remove([SandboxPackage("gone", "1"), SandboxPackage("archive", "1")])
        let targets = Dictionary(uniqueKeysWithValues: names.map { ("\($0):all", "2") })
        try await sandbox.keepAndCarryOut(targets: targets, rebuilding: ["gone:all"])
        #expect(
            sandbox.origins.filter { $0.contains(" 1 ") } == [
                "archive 1 cache", "gone 1 rebuilt", "source 1 source", "system 1 cache",
            ])
        // Now all that is installed is kept: nothing is left to be found.
        try await sandbox.repository.add(names.map { SandboxPackage($0, "3") })
        try sandbox.emptyArchives()
        let again = try await sandbox.keeping(targets: targets.mapValues { _ in "3" })
        #expect(again == Keeping())
    }

    @Test func `half a file in the archives is not taken, and goes`() async throws {
        let sandbox = try await AptSandbox([Self.till("1")])
        try await sandbox.install([Self.till: "1"])
        try await sandbox.repository.add([Self.till("2")])
        try await sandbox.repository.remove([Self.till("1")])
        let archive = "\(sandbox.configuration.archivesFolder)/till_1_\(Machine.native).deb"
        try runSuccessfully(["truncate", "--size=-2000", archive])
        let changes = try await sandbox.keepAndCarryOut(targets: Self.toTwo, rebuilding: [Self.till])
        #expect(!FileManager.default.fileExists(atPath: archive))
        try await sandbox.undo(changes)
        #expect(try await sandbox.versions() == [Self.till: "1"])
    }

    @Test func `without dpkg-repack the version and the way out are named`() async throws {
        let sandbox = try await Self.rebuilding()
        let tools = try sandbox.folder.makeFolder("tools")
        try runSuccessfully(["sh", "-c", "ln -sf /usr/bin/* /usr/sbin/* . && rm dpkg-repack"], in: tools)
        let plain = AptConfiguration(
            root: sandbox.root.path, workspace: sandbox.configuration.workspace,
            store: sandbox.configuration.store, searchPath: tools)
        let packages = AptPackages(plain)
        let plan = try await packages.plan(AptSandbox.request(targets: Self.toTwo))
        try await packages.download(plan)
        let keeping = try await packages.keep(plan, needed: [], isDemanded: true)
        #expect(
            keeping.unkept.map { "\($0.id) \($0.version): \($0.remedy)" } == [
                "\(Self.till) 1: install 'dpkg-repack'"
            ])
        #expect(try await packages.keep(plan, needed: [], isDemanded: false).unkept.isEmpty)
    }

    @Test func `the oldest is dropped first, and nothing that is needed`() async throws {
        // Each package file has some 20 KiB.
        let sandbox = try await AptSandbox(
            (1...5).map { SandboxPackage("till", "\($0)") }, storeLimit: ByteCount(bytes: 70_000))
        try await sandbox.install(["till:all": "1"])
        for version in ["2", "3", "4"] { try await sandbox.keepAndCarryOut(targets: ["till:all": version]) }
        #expect(sandbox.versionsKept == ["2", "3", "4"])
        let needed = try PackageChange(id: parse("till:all"), from: parse("2"), to: parse("3"))
        try await sandbox.keepAndCarryOut(targets: ["till:all": "5"], needed: [needed])
        #expect(sandbox.versionsKept == ["2", "4", "5"])
        let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.configuration.store)
        #expect(files.filter { $0.hasSuffix(".deb") }.count == 3)
    }

    @Test func `a version for which there is no room is named`() async throws {
        let sandbox = try await Self.rebuilding(storeLimit: ByteCount(bytes: 500))
        let keeping = try await sandbox.keeping(targets: Self.toTwo)
        #expect(keeping.unkept.map(\.remedy) == ["raise 'keptPackages' in the node's agent.yaml"])
        #expect(sandbox.origins == [])
    }

    @Test func `a kept file that is damaged is never installed`() async throws {
        let sandbox = try await AptSandbox([Self.till("1"), Self.till("2")])
        try await sandbox.keepAndCarryOut(targets: [Self.till: "1"])
        let changes = try await sandbox.keepAndCarryOut(targets: Self.toTwo)
        try sandbox.emptyArchives()
        let kept = try #require(sandbox.kept.first { $0.version.description == "1" })
        let path = "\(sandbox.configuration.store)/\(kept.fileName)"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.dropLast(2_000).write(to: URL(fileURLWithPath: path))
        #expect(try await sandbox.undo(changes).origin == .sources)
        #expect(try await sandbox.versions() == [Self.till: "1"])

        try await sandbox.keepAndCarryOut(targets: Self.toTwo)
        try sandbox.emptyArchives()
        try await sandbox.repository.remove([Self.till("1")])
        var same = whole
        same[same.count - 1_000] ^= 1
        try same.write(to: URL(fileURLWithPath: path))
        await #expect { try await sandbox.undo(changes) } throws: {
            ($0 as? PackageError)?.code == .unavailable
        }
        #expect(try await sandbox.versions() == [Self.till: "2"])
    }

    @Test func `what a crash left of keeping is not believed, and goes`() async throws {
        let sandbox = try await Self.rebuilding()
        let store = sandbox.configuration.store
        let stray = "\(store)/\(Digest(of: []).hex).deb"
        try runSuccessfully(["mkdir", "-p", "\(store)/incoming/till-\(Machine.native)"])
        for path in [stray, "\(store)/incoming/half.deb", "\(store)/manifest.json.tmp"] {
            try Data("half".utf8).write(to: URL(fileURLWithPath: path))
        }
        #expect(sandbox.kept.isEmpty)
        let changes = try await sandbox.keepAndCarryOut(targets: Self.toTwo, rebuilding: [Self.till])
        let left = try FileManager.default.subpathsOfDirectory(atPath: store)
        #expect(!left.contains { $0.contains("half") || stray.hasSuffix($0) }, "\(left)")
        // A manifest that is damaged names nothing.
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(store)/manifest.json"))
        #expect(sandbox.kept.isEmpty)
        await #expect(throws: PackageError.self) { try await sandbox.undo(changes) }
    }

    @Test func `keeping what is kept writes nothing`() async throws {
        let sandbox = try await AptSandbox([Self.till("1"), Self.till("2")])
        try await sandbox.keepAndCarryOut(targets: [Self.till: "1"])
        _ = try await sandbox.keeping(targets: Self.toTwo)
        let manifest = "\(sandbox.configuration.store)/manifest.json"
        let before = try FileManager.default.attributesOfItem(atPath: manifest)[.modificationDate] as? Date
        #expect(try await sandbox.keeping(targets: Self.toTwo) == Keeping())
        let after = try FileManager.default.attributesOfItem(atPath: manifest)[.modificationDate] as? Date
        #expect(before == after)
        let mode = try runSuccessfully(["stat", "--format=%a", sandbox.configuration.store]).text
        #expect(mode == "700")
    }
}

extension AptSandbox {
    /// What the store has, by name.
    var kept: [KeptPackage] { PackageStore(configuration).packages() }
    var origins: [String] {
        kept.map { "\($0.id.name) \($0.version) \($0.origin.rawValue)" }.sorted()
    }
    var versionsKept: [String] { kept.map(\.version.description).sorted() }

    /// Plans and downloads a change, and keeps what it replaces.
    func keeping(targets: [String: String]) async throws -> Keeping {
        let plan = try await packages.plan(Self.request(targets: targets))
        try await packages.download(plan)
        return try await packages.keep(plan, needed: [], isDemanded: true)
    }

    /// Plans, downloads, keeps and carries out.
    ///
    /// - Returns: what was changed.
    @discardableResult
    func keepAndCarryOut(
        targets: [String: String], removals: [String: Bool] = [:], needed: [PackageChange] = [],
        rebuilding: [String] = []
    ) async throws -> [PackageChange] {
        let plan = try await packages.plan(Self.request(targets: targets, removals: removals))
        try await packages.download(plan)
        let keeping = try await packages.keep(plan, needed: needed, isDemanded: true)
        #expect(keeping.unkept.isEmpty, "\(keeping)")
        #expect(keeping.rebuilt.map(\.description) == rebuilding)
        let output = try await packages.apply(plan) { _ in }
        #expect(output.status == 0, "\(output.log)")
        return plan.changes
    }

    /// Undoes changes by their record.
    @discardableResult
    func undo(_ changes: [PackageChange]) async throws -> Plan {
        let plan = try await packages.plan(.undoing(changes, sources: nil))
        #expect(plan.refusals.isEmpty)
        try await packages.download(plan)
        let output = try await packages.apply(plan) { _ in }
        #expect(output.status == 0, "\(output.log)")
        return plan
    }

    /// Removes what apt has downloaded.
    func emptyArchives() throws {
        try runSuccessfully(["find", configuration.archivesFolder, "-name", "*.deb", "-delete"])
    }

    /// Removes the repository, apt's indexes and its archives.
    func loseEverythingButTheStore() throws {
        try emptyArchives()
        try FileManager.default.removeItem(atPath: repository.path)
        try runSuccessfully(["find", root.path + "/var/lib/apt/lists", "-type", "f", "-delete"])
    }

    /// The text of a file in the root; nil if there is none.
    func text(of path: String) throws -> String? {
        FileManager.default.contents(atPath: root.path + path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes a file in the root.
    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: root.path + path))
    }
}
