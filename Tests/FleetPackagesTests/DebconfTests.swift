import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Testing

/// Answers that are given before a package asks, to debconf itself in a root.
@Suite(.timeLimit(.minutes(15)))
struct DebconfTests {
    /// A package that writes down the answer to its question when it is configured.
    private static let till = SandboxPackage(
        "till", "1",
        scripts: [
            "postinst": """
            . /usr/share/debconf/confmodule
            db_get till/drawer
            echo "$RET" >"$DPKG_ROOT/answer"
            """
        ])

    private func request(_ answers: [DebconfAnswer]) throws -> ChangeRequest {
        var request = try AptSandbox.request(targets: ["till:all": "1"])
        request.debconf = answers
        return request
    }

    private func answer(_ value: String, owner: String = "till") throws -> DebconfAnswer {
        DebconfAnswer(owner: try parse(owner), question: "till/drawer", kind: .string, value: value)
    }

    @Test func `a package finds the answer of the baseline, and the file with answers does not stay`()
        async throws
    {
        let sandbox = try await AptSandbox([Self.till])
        try sandbox.folder.makeFolder("root/var/cache/debconf")
        try FileManager.default.copyItem(
            atPath: "/etc/debconf.conf", toPath: sandbox.folder.path("root/etc/debconf.conf"))
        let request = try request([try answer("left, below"), try answer("no", owner: "other")])
        #expect(ChangeRequest(json: request.json) == request)
        try await sandbox.carryOut(request)
        #expect(try await sandbox.versions() == ["till:all": "1"])
        let written = try String(contentsOfFile: sandbox.folder.path("root/answer"), encoding: .utf8)
        #expect(written == "left, below\n")
        #expect(!sandbox.folder.exists("workspace/debconf-answers"))
    }

    @Test func `no error quotes an answer, and what a crash has left goes with the next repair`() async throws
    {
        let sandbox = try await AptSandbox([Self.till])
        // As the real one, which tells the line that it cannot read.
        try sandbox.folder.write(
            "#!/bin/sh\necho \"error: cannot read '$(cat \"$1\")'\" >&2; cat \"$1\"; exit 1\n",
            to: "bin/debconf-set-selections", mode: 0o755)
        let packages = AptPackages(
            AptConfiguration(
                root: sandbox.configuration.root, workspace: sandbox.configuration.workspace,
                store: sandbox.configuration.store,
                searchPath: sandbox.folder.path("bin") + ":" + AptConfiguration.defaultSearchPath))
        let plan = try await packages.plan(try request([try answer("hunter2 secret")]))
        try await packages.download(plan)
        let error = await #expect(throws: PackageError.self) {
            try await packages.apply(plan) { _ in }
        }
        let text = error.map { "\($0.message) \($0.packages)" } ?? ""
        #expect(text.contains("till/drawer") && !text.contains("hunter2") && !text.contains("secret"))
        #expect(!sandbox.folder.exists("workspace/debconf-answers"))

        try sandbox.folder.write("till till/drawer string hunter2\n", to: "workspace/debconf-answers")
        try await packages.repair()
        #expect(!sandbox.folder.exists("workspace/debconf-answers"))
    }

    @Test func `without debconf nothing is changed`() async throws {
        let sandbox = try await AptSandbox([Self.till])
        // No `etc/debconf.conf`: debconf does not know where its answers are.
        let plan = try await sandbox.packages.plan(try request([try answer("left")]))
        try await sandbox.packages.download(plan)
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.apply(plan) { _ in }
        }
        #expect(
            error?.message.hasPrefix("debconf does not take the baseline's answers to 'till/drawer': ")
                == true)
        #expect(try await sandbox.versions().isEmpty)
    }
}
