import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Testing

/// What a plan says, refuses and explains.
@Suite(.timeLimit(.minutes(15)))
struct AptPlanTests {
    @Test func `a dependency whose version nothing determines is refused with the line to add`() async throws
    {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "libfoo1"), SandboxPackage("libfoo1", "1.2-3"),
        ])
        let plan = try await sandbox.packages.plan(
            AptSandbox.request(targets: ["app:\(Machine.native)": "1"]))
        let refusal = try #require(plan.refusals.first)
        #expect(plan.refusals.count == 1)
        #expect(refusal.code == .undetermined)
        #expect(refusal.package.description == "libfoo1:all")
        #expect(refusal.line == "libfoo1: {version: 1.2-3, install: false}")
        #expect(
            refusal.message
                == "'libfoo1' would come in as 1.2-3, and the baseline does not determine that version")
        await #expect { try await sandbox.packages.apply(plan) { _ in } } throws: { error in
            (error as? PackageError)?.code == .unsatisfiable
        }
        #expect(try await sandbox.versions().isEmpty)
    }

    @Test(
        arguments: [
            // Each row: pins, and the packages whose version they leave open.
            ([:], ["chain:all", "lib:all"]),
            (["lib": "2"], ["chain:all"]),
            (["lib": "2", "chain": "5"], []),
            (["src:libsource": "2", "chain": "5"], []),
            (["src:libsource": "1", "chain": "5"], ["lib:all"]),
            (["exact": "9"], ["chain:all", "lib:all"]),
        ] as [([String: String], [String])])
    func `a version is determined by a pin, a source's pin, or a demand for it`(
        pins: [String: String], open: [String]
    ) async throws {
        // "exact" is demanded by "=" from the target, and itself demands "further" by "=".
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "lib, exact (= 9), chain | nothing"),
            SandboxPackage("exact", "9", depends: "further (= 0.270)"), SandboxPackage("further", "0.270"),
            SandboxPackage("lib", "2", source: "libsource"), SandboxPackage("chain", "5"),
        ])
        let plan = try await sandbox.packages.plan(
            AptSandbox.request(pins: pins, targets: ["app:\(Machine.native)": "1"]))
        #expect(plan.refusals.map(\.package.description) == open)
        #expect(plan.refusals.allSatisfy { $0.code == .undetermined })
    }

    @Test func `a removal that the request does not name is refused`() async throws {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1"), SandboxPackage("app", "2", fields: ["Conflicts: rival"]),
            SandboxPackage("rival", "1"),
        ])
        try await sandbox.install(["app:all": "1", "rival:all": "1"])
        let refused = try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "2"]))
        #expect(refused.refusals.map(\.code) == [.removesUnnamed])
        #expect(refused.refusals.first?.line == "rival: absent")
        #expect(refused.changes.map(\.id.description) == ["app:all", "rival:all"])

        let named = try await sandbox.packages.plan(
            AptSandbox.request(targets: ["app:all": "2"], removals: ["rival:all": false]))
        #expect(named.refusals.isEmpty)
    }

    @Test func `an essential package is never removed, named or not`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("base", "1", fields: ["Essential: yes"])])
        try await sandbox.install(["base:all": "1"])
        let plan = try await sandbox.packages.plan(AptSandbox.request(removals: ["base:all": true]))
        #expect(plan.refusals.map(\.code) == [.essential])
        #expect(
            plan.refusals.first?.message == "'base' would be removed, without which the system does not work")
    }

    @Test func `a version that no source offers is named, with what is offered instead`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1.0"), SandboxPackage("app", "1.1")])
        let request = try AptSandbox.request(
            targets: ["app:\(Machine.native)": "9.9", "nowhere:\(Machine.native)": "1"])
        let error = await #expect(throws: PackageError.self) { try await sandbox.packages.plan(request) }
        #expect(error?.code == .unavailable)
        #expect(error?.packages == ["app:\(Machine.native)", "nowhere:\(Machine.native)"])
        let source = "file:\(sandbox.repository.path) ./ Packages"
        #expect(
            error?.message
                == "no source offers 'app:\(Machine.native)' in version 9.9; "
                + "offered: 1.1 (\(source)), 1.0 (\(source)); "
                + "no source offers 'nowhere:\(Machine.native)' in version 1, nor in any other")
    }

    @Test func `sources are asked again when the indexes lack a version`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        try await sandbox.install(["app:all": "1"])
        try await sandbox.repository.add([SandboxPackage("app", "2")])
        try await sandbox.install(["app:all": "2"])
        #expect(try await sandbox.versions() == ["app:all": "2"])
    }

    @Test func `a request with sources uses these alone, and leaves the system's indexes as they are`()
        async throws
    {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        let other = try await SandboxRepository(path: sandbox.folder.path("other"))
        try await other.add([SandboxPackage("app", "3")])
        let sources = [SourceList(name: try parse("other"), content: other.sourceList)]

        try await sandbox.carryOut(
            AptSandbox.request(targets: ["app:\(Machine.native)": "3"], sources: sources))
        #expect(try await sandbox.versions() == ["app:all": "3"])
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "1"], sources: sources))
        }
        #expect(error?.code == .unavailable)
        #expect(
            try runSuccessfully(["ls", sandbox.folder.path("root/var/lib/apt/lists")]).lines == ["partial"])
    }

    @Test func `a source that cannot be reached is an error, not an empty source`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        let gone = SourceList(
            name: try parse("gone"),
            content: "Types: deb\nURIs: file:/does/not/exist\nSuites: ./\nTrusted: yes\n")
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(
                AptSandbox.request(targets: ["app:\(Machine.native)": "1"], sources: [gone]))
        }
        #expect(error?.code == .sourceUnreachable)
        #expect(error?.message.contains("/does/not/exist") == true)
    }

    @Test func `packages that contradict each other are unsatisfiable, with apt's explanation`() async throws
    {
        let sandbox = try await AptSandbox([
            SandboxPackage("app", "1", depends: "lib (= 1)"), SandboxPackage("lib", "1"),
            SandboxPackage("lib", "2"),
        ])
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(
                AptSandbox.request(targets: ["app:\(Machine.native)": "1", "lib:\(Machine.native)": "2"]))
        }
        #expect(error?.code == .unsatisfiable)
        #expect(error?.message.contains("app : Depends: lib (= 1)") == true)
    }

    @Test func `a package that is held by hand is not changed`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1"), SandboxPackage("app", "2")])
        try await sandbox.install(["app:all": "1"])
        try runSuccessfully(
            ["dpkg", "--root=\(sandbox.root.path)", "--set-selections"], input: Array("app hold\n".utf8))
        #expect(try await sandbox.packages.inventory().packages.map(\.isHeld) == [true])
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.plan(AptSandbox.request(targets: ["app:all": "2"]))
        }
        #expect(error?.code == .unsatisfiable)
        #expect(error?.packages == ["app:all"])
        #expect(error?.message == "held by hand: 'app:all'; 'apt-mark unhold' releases them")
    }

    @Test func `a request for what is there already changes nothing`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        try await sandbox.install(["app:all": "1"])
        let plan = try await sandbox.packages.plan(
            AptSandbox.request(targets: ["app:all": "1"], removals: ["other:all": true]))
        #expect(plan.changes.isEmpty)
        #expect(plan.refusals.isEmpty)
    }
}
