import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Glibc
import Testing

/// Real transactions of real packages in a root of their own.
@Suite(.timeLimit(.minutes(15)))
struct AptTransactionTests {
    @Test func `one transaction installs, upgrades, downgrades and removes`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1.0"), SandboxPackage("app", "2.0"), SandboxPackage("tool", "0.270"),
            SandboxPackage("tool", "1.10"), SandboxPackage("old", "1"), SandboxPackage("new", "1:3.0~rc1-2"),
        ])
        try await sandbox.install(["app:all": "1.0", "tool:all": "1.10", "old:all": "1"])

        let request = try AptSandbox.request(
            targets: ["app:all": "2.0", "tool:all": "0.270", "new:\(Machine.native)": "1:3.0~rc1-2"],
            removals: ["old:all": false])
        let plan = try await sandbox.packages.plan(request)
        #expect(plan.refusals.isEmpty)
        #expect(
            plan.changes.map { "\($0.id) \($0.from?.description ?? "-") \($0.to?.description ?? "-")" } == [
                "app:all 1.0 2.0", "new:all - 1:3.0~rc1-2", "old:all 1 -", "tool:all 1.10 0.270",
            ])
        try await sandbox.packages.download(plan)
        let output = try await sandbox.packages.apply(plan) { _ in }
        #expect(output.status == 0)
        #expect(output.failures.isEmpty)
        #expect(output.log.contains("Setting up new (1:3.0~rc1-2)"))
        #expect(
            try await sandbox.versions() == [
                "app:all": "2.0", "tool:all": "0.270", "new:all": "1:3.0~rc1-2",
            ])
    }

    @Test func `all binaries of a source go back together, rebuilds included`() async throws {
        var offered: [SandboxPackage] = []
        for version in ["1.0-1", "2.0-1"] {
            offered.append(SandboxPackage("libfoo1", version, architecture: Machine.native, source: "foo"))
            offered.append(
                SandboxPackage("foo-data", version, source: "foo", depends: "libfoo1 (= \(version))"))
        }
        offered.append(
            SandboxPackage(
                "foo", "2.0-1", architecture: Machine.native, depends: "libfoo1 (= 2.0-1), foo-data (= 2.0-1)"
            ))
        offered.append(
            SandboxPackage(
                "foo", "1.0-1+b2", architecture: Machine.native, source: "foo (1.0-1)",
                depends: "libfoo1 (= 1.0-1)"))
        let sandbox = try await AptSandbox(offered)
        let native = Machine.native
        try await sandbox.install(
            ["foo:\(native)": "2.0-1"].merging(["libfoo1:\(native)": "2.0-1", "foo-data:all": "2.0-1"]) { $1 }
        )

        try await sandbox.carryOut(
            AptSandbox.request(
                pins: ["src:foo": "1.0-1"],
                targets: ["foo:\(native)": "1.0-1", "libfoo1:\(native)": "1.0-1", "foo-data:all": "1.0-1"]))
        #expect(
            try await sandbox.versions() == [
                "foo:\(native)": "1.0-1+b2", "libfoo1:\(native)": "1.0-1", "foo-data:all": "1.0-1",
            ])
    }

    @Test func `a package of a foreign architecture is another package`() async throws {
        let sandbox = try await AptSandbox(
            ["1.0", "2.0"].flatMap { version in
                [Machine.native, Machine.foreign].map { architecture in
                    SandboxPackage("lib", version, architecture: architecture, fields: ["Multi-Arch: same"])
                }
            }, foreignArchitectures: [Machine.foreign])
        try await sandbox.install(["lib:\(Machine.foreign)": "1.0"])
        #expect(try await sandbox.versions() == ["lib:\(Machine.foreign)": "1.0"])
        let architectures = try await sandbox.packages.inventory().architectures
        #expect(architectures.map(\.description) == [Machine.native, Machine.foreign])

        try await sandbox.carryOut(
            AptSandbox.request(targets: ["lib:\(Machine.foreign)": "2.0", "lib:\(Machine.native)": "2.0"]))
        #expect(
            try await sandbox.versions() == ["lib:\(Machine.foreign)": "2.0", "lib:\(Machine.native)": "2.0"])
    }

    @Test func `a dependency that is not demanded comes in at its pinned version`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "libnew"), SandboxPackage("libnew", "1.4-2"),
            SandboxPackage("libnew", "1.5-1"),
        ])
        try await sandbox.carryOut(
            AptSandbox.request(pins: ["libnew": "1.4-2"], targets: ["app:\(Machine.native)": "1"]))
        #expect(try await sandbox.versions() == ["app:all": "1", "libnew:all": "1.4-2"])
        let names: [PackageID] = try [parse("app:all"), parse("libnew:all")]
        #expect(try await sandbox.packages.automaticMarks(of: names) == [names[1]])
    }

    @Test func `automatic marks are as they were, and what is asked for has none`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "lib"), SandboxPackage("lib", "1"),
            SandboxPackage("lib", "2"),
            SandboxPackage("other", "1"),
        ])
        try await sandbox.carryOut(
            AptSandbox.request(pins: ["lib": "1"], targets: ["app:\(Machine.native)": "1"]))
        try await sandbox.carryOut(
            AptSandbox.request(targets: ["lib:all": "2", "other:\(Machine.native)": "1"]))
        let all: [PackageID] = try [parse("app:all"), parse("lib:all"), parse("other:all")]
        #expect(try await sandbox.packages.automaticMarks(of: all) == [all[1]])
        #expect(try await sandbox.versions()["lib:all"] == "2")
    }

    @Test func `what an undoing brings back has its automatic mark again`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("lib", "1")])
        try await sandbox.carryOut(
            AptSandbox.request(targets: ["lib:all": "1"], automatic: ["lib:all"]))
        let lib: PackageID = try parse("lib:all")
        #expect(try await sandbox.packages.automaticMarks(of: [lib]) == [lib])
    }

    @Test func `a transaction is undone by its record`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1"), SandboxPackage("app", "2", depends: "lib"),
            SandboxPackage("lib", "1"),
            SandboxPackage("old", "1"), SandboxPackage("old-user", "1", depends: "old (= 1)"),
        ])
        try await sandbox.install(["app:all": "1", "old:all": "1", "old-user:all": "1"])
        let before = try await sandbox.versions()
        let request = try AptSandbox.request(
            pins: ["lib": "1"], targets: ["app:all": "2"],
            removals: ["old:all": false, "old-user:all": false])
        let changes = try await sandbox.packages.plan(request).changes
        try await sandbox.carryOut(request)
        #expect(try await sandbox.versions() == ["app:all": "2", "lib:all": "1"])

        try await sandbox.carryOut(.undoing(changes, automatic: [], sources: nil))
        #expect(try await sandbox.versions() == before)
    }

    @Test func `a conffile that a person changed is kept`() async throws {
        let sandbox = try await AptSandbox(
            ["1", "2"].map {
                SandboxPackage("app", $0, files: ["/etc/app.conf": "version \($0)\n", "/usr/share/app": $0])
            })
        try await sandbox.install(["app:all": "1"])
        try sandbox.folder.write("by hand\n", to: "root/etc/app.conf")
        try await sandbox.install(["app:all": "2"])
        #expect(try sandbox.folder.read("root/etc/app.conf") == "by hand\n")
        #expect(try sandbox.folder.read("root/usr/share/app") == "2")
    }

    @Test(arguments: [(false, PackageState?.some(.configFiles)), (true, nil)])
    func `purging takes the configuration, removing leaves it`(purge: Bool, left: PackageState?) async throws
    {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", files: ["/etc/app.conf": "1\n"]), SandboxPackage("other", "1"),
        ])
        try await sandbox.install(["app:all": "1"])
        let request = try AptSandbox.request(
            targets: ["other:\(Machine.native)": "1"], removals: ["app:all": purge])
        try await sandbox.carryOut(request)
        #expect(try await sandbox.states()["app:all"] == left)
        #expect(sandbox.folder.exists("root/etc/app.conf") == !purge)
        #expect(try await sandbox.versions() == ["other:all": "1"])
    }

    @Test func `configuration that was left is purged later`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1", files: ["/etc/app.conf": "1\n"])])
        try await sandbox.install(["app:all": "1"])
        try await sandbox.carryOut(AptSandbox.request(removals: ["app:all": false]))
        #expect(try await sandbox.states() == ["app:all": .configFiles])
        try await sandbox.carryOut(AptSandbox.request(removals: ["app:all": true]))
        #expect(try await sandbox.states().isEmpty)
    }

    @Test func `a failing maintainer script is attributed, and the inventory shows it`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("bad", "1", scripts: ["postinst": "echo oh no >&2; exit 3"]),
            SandboxPackage("bad", "0.9"), SandboxPackage("good", "1"),
        ])
        try await sandbox.install(["bad:all": "0.9"])
        let output = try await sandbox.carryOut(
            AptSandbox.request(targets: ["bad:all": "1", "good:\(Machine.native)": "1"]))
        #expect(output.status != 0)
        #expect(output.failures.keys.map(\.description) == ["bad:all"])
        #expect(output.failures.values.first?.contains("exit status 3") == true)
        #expect(output.log.contains("oh no"))
        #expect(try await sandbox.states() == ["bad:all": .broken, "good:all": .installed])

        try await sandbox.install(["bad:all": "0.9"])
        #expect(try await sandbox.states()["bad:all"] == .installed)
    }

    @Test func `progress is announced to the end`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        let plan = try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "1"]))
        try await sandbox.packages.download(plan)
        try await confirmation("a step", expectedCount: 3...) { step in
            _ = try await sandbox.packages.apply(plan) { progress in
                #expect((0...100).contains(progress.percent))
                step()
            }
        }
    }

    @Test func `a cancelled task does not end the manager`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        let plan = try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "1"]))
        try await sandbox.packages.download(plan)
        let output = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try? await sandbox.packages.apply(plan) { _ in }
        }.value
        #expect(output?.status == 0)
        #expect(try await sandbox.versions() == ["app:all": "1"])
    }

    @Test func `a daemon that a maintainer script starts does not hold the transaction`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage(
                "service", "1",
                scripts: ["postinst": "setsid sleep 600 & echo $! > \"$DPKG_ROOT/daemon\""])
        ])
        try await sandbox.install(["service:all": "1"])
        let daemon = try #require(pid_t(sandbox.folder.read("root/daemon").split(separator: "\n")[0]))
        #expect(kill(daemon, SIGKILL) == 0)
    }

    @Test func `a package that was interrupted while it was unpacked is unpacked again`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "lib", files: ["/usr/share/app": "whole"]),
            SandboxPackage("lib", "1"), SandboxPackage("lib", "2"),
            SandboxPackage("user", "1", depends: "app"),
        ])
        try await sandbox.install(["app:all": "1", "lib:all": "1", "user:all": "1"])
        let whole = try sandbox.folder.read("root/var/lib/dpkg/status")
        func damage() throws {
            try sandbox.folder.write("", to: "root/usr/share/app")
            let app = try #require(whole.range(of: "Package: app\nStatus: install ok installed"))
            try sandbox.folder.write(
                whole.replacingCharacters(in: app, with: "Package: app\nStatus: install reinstreq unpacked")
                    .replacing(
                        "Package: user\nStatus: install ok installed",
                        with: "Package: user\nStatus: install ok unpacked"),
                to: "root/var/lib/dpkg/status")
        }
        try damage()
        #expect(try await sandbox.states()["app:all"] == .broken)
        try await sandbox.carryOut(
            AptSandbox.request(targets: ["app:all": "1", "lib:all": "2", "user:all": "1"]))
        let installed: [String: PackageState] = [
            "app:all": .installed, "lib:all": .installed, "user:all": .installed,
        ]
        #expect(try await sandbox.states() == installed)
        #expect(try await sandbox.versions()["lib:all"] == "2")
        #expect(try sandbox.folder.read("root/usr/share/app") == "whole")

        // It goes although dpkg would have it whole first.
        try damage()
        try await sandbox.carryOut(AptSandbox.request(removals: ["app:all": false, "user:all": false]))
        #expect(try await sandbox.versions() == ["lib:all": "1"])
    }

    /// What needs reinstallation, and where its file is.
    @Test(arguments: ["source", "kept", "nowhere", "only newer"])
    func `a damaged package that nobody asks for is made whole, or said to be in the way`(
        place: String
    ) async throws {
        let app = SandboxPackage("app", "1", files: ["/usr/share/app": "whole"])
        let sandbox = try await AptSandbox([app, SandboxPackage("lib", "1"), SandboxPackage("lib", "2")])
        try await sandbox.install(["app:all": "1", "lib:all": "1"])
        let status = try sandbox.folder.read("root/var/lib/dpkg/status")
        if place == "kept" {
            let plan = try await sandbox.packages.plan(AptSandbox.request(removals: ["app:all": false]))
            #expect(try await sandbox.packages.keep(plan, needed: [], isDemanded: true).unkept.isEmpty)
        }
        if place != "source" {
            if place == "only newer" { try await sandbox.repository.add([SandboxPackage("app", "2")]) }
            try await sandbox.repository.remove([app])
            try runSuccessfully(
                ["find", sandbox.configuration.workspace + "/archives", "-name", "*.deb", "-delete"])
        }
        try sandbox.folder.write("", to: "root/usr/share/app")
        try sandbox.folder.write(
            status.replacing(
                "Package: app\nStatus: install ok installed",
                with: "Package: app\nStatus: install reinstreq half-installed"),
            to: "root/var/lib/dpkg/status")
        let request = try AptSandbox.request(targets: ["lib:all": "2"])
        guard place == "source" || place == "kept" else {
            let error = await #expect(throws: PackageError.self) {
                _ = try await sandbox.packages.plan(request)
            }
            #expect(error?.code == .broken && error?.packages == ["app:all"])
            #expect(error?.message.contains("dpkg --install") == true)
            let line = "'app: {version: 2, install: false}'"
            #expect(error?.message.contains(line) == (place == "only newer"))
            return
        }
        let plan = try await sandbox.packages.plan(request)
        #expect(plan.request == request)
        try await sandbox.carryOut(request)
        #expect(try await sandbox.states() == ["app:all": .installed, "lib:all": .installed])
        #expect(try await sandbox.versions() == ["app:all": "1", "lib:all": "2"])
        #expect(try sandbox.folder.read("root/usr/share/app") == "whole")
    }

    @Test func `an interrupted dpkg is repaired, not overlooked`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        try await sandbox.install(["app:all": "1"])
        let status = try sandbox.folder.read("root/var/lib/dpkg/status")
        try sandbox.folder.write(
            status.replacing("install ok installed", with: "install ok half-configured"),
            to: "root/var/lib/dpkg/updates/0001")
        await #expect { try await sandbox.packages.inventory() } throws: { error in
            (error as? PackageError)?.code == .broken
        }
        try await sandbox.packages.repair()
        #expect(try await sandbox.states() == ["app:all": .installed])
        try await sandbox.packages.repair()
    }
}
