import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetPackages

/// What is found on a machine besides how its entries stand.
@Suite(.timeLimit(.minutes(15)))
struct FindingTests {
    @Test func `a kept configuration file is told until the other one is gone`() async throws {
        let sandbox = try await AptSandbox(
            ["1", "2"].map { SandboxPackage("app", $0, files: ["/etc/app.d/main conf": "of \($0)\n"]) })
        try await sandbox.install(["app:all": "1"])
        #expect(await sandbox.packages.findings(after: nil, sources: nil).found.isEmpty)
        try sandbox.folder.write("by hand\n", to: "root/etc/app.d/main conf")
        try await sandbox.install(["app:all": "2"])

        let found = await sandbox.packages.findings(after: nil, sources: nil)
        let finding = try #require(found.found.first)
        #expect(found.found.count == 1)
        #expect(finding.code == "conffileKept" && finding.package == "app")
        #expect(finding.path == "/etc/app.d/main conf.dpkg-dist")
        #expect(finding.message.contains("'/etc/app.d/main conf' was kept as it was changed here"))
        #expect(await sandbox.packages.findings(after: found, sources: nil) == found)

        try FileManager.default.removeItem(atPath: sandbox.folder.path("root/etc/app.d/main conf.dpkg-dist"))
        #expect(await sandbox.packages.findings(after: found, sources: nil).found.isEmpty)
    }

    @Test func `what ucf keeps beside a file is told`() async throws {
        let sandbox = try await AptSandbox([SandboxPackage("app", "1")])
        try sandbox.folder.write("grub-pc\t/etc/default/grub\n", to: "root/var/lib/ucf/registry")
        try sandbox.folder.write("new", to: "root/etc/default/grub.ucf-dist")
        let found = await sandbox.packages.findings(after: nil, sources: nil).found
        #expect(found.map(\.path) == ["/etc/default/grub.ucf-dist"])
        #expect(found.map(\.package) == ["grub-pc"])
    }

    @Test func `conffiles of a database, with spaces and marks`() {
        let status = """
            Package: a
            Status: install ok installed
            Conffiles:
             /etc/a.conf 0123456789abcdef0123456789abcdef
             /etc/a b.conf 0123456789abcdef0123456789abcdef obsolete
             /etc/r.conf 0123456789abcdef0123456789abcdef remove-on-upgrade
            Description: x
             /etc/no.conf 0123456789abcdef0123456789abcdef

            Package: b
            Conffiles:
             /etc/b.conf newconffile

            """
        var found: [String] = []
        ConffileList.forEach(in: Array(status.utf8)) { found.append("\($0) \($1)") }
        #expect(found == ["a /etc/a.conf", "a /etc/a b.conf", "a /etc/r.conf", "b /etc/b.conf"])
    }

    /// A key that gpg makes, in a home of its own.
    private struct GnuPG {
        let home: String

        init(_ folder: TemporaryFolder) throws {
            home = try folder.makeFolder("gpg")
            try runSuccessfully(["chmod", "700", home])
        }

        @discardableResult
        func run(_ arguments: String...) throws -> [UInt8] {
            try runSuccessfully(
                ["gpg", "--homedir", home, "--batch", "--quiet", "--no-autostart"] + arguments
            )
            .output
        }

        func make(_ name: String, expires: String) throws {
            // Without a passphrase gpg needs its agent, which ends with its home.
            try runSuccessfully([
                "gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", name,
                "ed25519", "sign", expires,
            ])
        }

        /// When keys end, as gpg says: `pub` lines with their id and time.
        func ends(in file: String) throws -> [String] {
            let lines = try runSuccessfully(
                ["gpg", "--homedir", home, "--batch", "--with-colons", "--show-keys", file]).lines
            return lines.filter { $0.hasPrefix("pub:") }.map { line in
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                return "\(fields[4]) \(fields[6])"
            }
        }

        func end() { _ = try? runSuccessfully(["gpgconf", "--homedir", home, "--kill", "all"]) }
    }

    private static func words(_ keys: [SourceKey]) -> [String] {
        keys.map { "\($0.id) \($0.expires.map { "\($0.seconds)" } ?? "")" }
    }

    @Test func `keys end when gpg says so, in a file and in a source list itself`() async throws {
        let folder = try TemporaryFolder("keys")
        let gpg = try GnuPG(folder)
        defer { gpg.end() }
        try gpg.make("Soon <soon@example.com>", expires: "10d")
        try gpg.make("Never <never@example.com>", expires: "never")
        let root = try SandboxRoot(path: folder.path("root"))
        let keyring = folder.path("shop.gpg")
        try Data(gpg.run("--export")).write(to: URL(fileURLWithPath: keyring))
        let armored = String(decoding: try gpg.run("--armor", "--export", "soon@example.com"), as: UTF8.self)
        let inline = armored.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? " ." : " \($0)" }.joined(separator: "\n")
        let configuration = AptConfiguration(root: root.path, workspace: folder.path("work"))
        let packages = AptPackages(configuration)
        func lists(_ signer: String) throws -> [SourceList] {
            [
                SourceList(
                    name: try parse("shop"),
                    content: "Types: deb\nURIs: https://example.com\nSuites: ./\nSigned-By:\(signer)\n")
            ]
        }
        let expected = try gpg.ends(in: keyring)
        #expect(expected.count == 2)
        let byFile = await packages.findings(
            after: nil, sources: try lists(" \(keyring)"))
        #expect(Set(Self.words(byFile.keys)) == Set(expected))
        let byText = await packages.findings(after: nil, sources: try lists("\n\(inline)"))
        #expect(Self.words(byText.keys) == expected.filter { !$0.hasSuffix(" ") })
        #expect(byText.keys.map(\.path) == ["sources/shop.sources"])

        // Told while the end is near, and nothing while nobody knows what time it is.
        let end = try #require(byText.keys.first?.expires)
        func told(secondsBefore seconds: Int64, isKnown: Bool = true) -> [Finding] {
            let wall = Timestamp(seconds: end.seconds - seconds)
            return byText.keyFindings(
                at: Instant(wall: wall, isWallKnown: isKnown, bootID: "b", sinceBoot: .zero))
        }
        #expect(told(secondsBefore: 5 * 86_400).first?.message.contains("in 5 days") == true)
        #expect(told(secondsBefore: -1).first?.message.contains("has ended on \(end.day)") == true)
        #expect(told(secondsBefore: 61 * 86_400).isEmpty && told(secondsBefore: 0, isKnown: false).isEmpty)

        // A key file is read again once it has changed, and only then.
        let sources = try lists(" \(keyring)")
        var doctored = byFile
        doctored.keys[0] = SourceKey(path: doctored.keys[0].path, id: "known", expires: nil)
        #expect(await packages.findings(after: doctored, sources: sources).keys == doctored.keys)
        try Data(gpg.run("--export", "never@example.com")).write(to: URL(fileURLWithPath: keyring))
        let after = await packages.findings(after: doctored, sources: sources)
        #expect(after.keys.map(\.expires) == [nil])
    }

    @Test func `what is no keyring has no keys`() {
        for bytes in [[], [0xFF], [0x99, 0xFF, 0xFF, 4], Array("-----BEGIN x\n\n!!!!\n-----END".utf8)] {
            #expect(OpenPGPKeyring.keys(in: bytes).isEmpty)
        }
        var numbers = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &numbers) | 0x80 }
            _ = OpenPGPKeyring.keys(in: bytes)
        }
    }

    @Test func `who signs is read from both forms of source lists`() {
        let lines = """
            deb [arch=amd64 signed-by=/a.gpg,/b.asc] https://example.com stable main
            # deb [signed-by=/no.gpg] https://example.com stable main
            deb https://example.com stable main
            """
        #expect(SourceKeyrings.signers(in: lines).paths == ["/a.gpg", "/b.asc"])
        let stanza = "Types: deb\nsigned-by: /c.gpg /d.gpg\nURIs: x\n"
        #expect(SourceKeyrings.signers(in: stanza).paths == ["/c.gpg", "/d.gpg"])
    }
}
