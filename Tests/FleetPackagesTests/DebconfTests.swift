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

    @Test func `without debconf nothing is changed`() async throws {
        let sandbox = try await AptSandbox([Self.till])
        // No `etc/debconf.conf`: debconf does not know where its answers are.
        let plan = try await sandbox.packages.plan(try request([try answer("left")]))
        try await sandbox.packages.download(plan)
        let error = await #expect(throws: PackageError.self) {
            try await sandbox.packages.apply(plan) { _ in }
        }
        #expect(error?.message.hasPrefix("debconf does not take the baseline's answers: ") == true)
        #expect(try await sandbox.versions().isEmpty)
    }
}
