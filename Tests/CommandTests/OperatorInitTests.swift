import FleetTesting
import Foundation
import Testing

@testable import plimsoll

/// A new fleet repository, judged by stock git.
struct OperatorInitTests {
    private let folder: TemporaryFolder
    private let key: SSHKeyFiles

    init() throws {
        folder = try TemporaryFolder("operator-init")
        key = try SSHKeyFiles("ada", in: folder)
    }

    /// Stock git with the clone's own configuration alone.
    private func git(_ arguments: String..., in clone: String) throws -> CommandResult {
        try run(["git"] + arguments, in: clone, environment: Git.environment)
    }

    @Test func theFirstCommitIsSignedAndTheRepositoryValid() throws {
        let clone = folder.path("acme-edge")
        let result = try plimsoll("init", clone, "--key", key.path)
        #expect(result.exitCode == 0, "\(result.errorText)")
        #expect(try git("verify-commit", "HEAD", in: clone).exitCode == 0)
        #expect(try git("status", "--porcelain", in: clone).text.isEmpty)
        #expect(try git("branch", "--show-current", in: clone).text == "main")
        let introduction = try git("rev-parse", "HEAD", in: clone).text
        #expect(result.lines.contains("introduction: \(introduction)"))
        #expect(result.text.contains("--introduction \(introduction) > canary-1.yaml"))
        #expect(try folder.read("acme-edge/fleet.yaml").contains("\nfleet: acme-edge\n"))
        #expect(
            try folder.read("acme-edge/trust/allowed_signers").hasSuffix(
                "\nada@example.com namespaces=\"git\" \(key.publicLine.split(separator: " ")[..<2].joined(separator: " "))\n"
            ))
        #expect(try plimsoll("validate", clone).exitCode == 0)
    }

    @Test(arguments: ["groups", "."])
    func stockGitShowsTheSignatureFromAnyFolder(below: String) throws {
        let clone = folder.path("acme")
        try expectSuccess(
            try plimsoll("init", clone, "--key", "\(key.path).pub", "--principal", "boss@example.com"))
        let log = try git("log", "--show-signature", in: "\(clone)/\(below)")
        #expect((log.text + log.errorText).contains("Good \"git\" signature for boss@example.com"))
    }

    @Test func aMergeIsASignedCommitOnTheFirstParentChain() throws {
        let clone = folder.path("acme")
        try expectSuccess(try plimsoll("init", clone, "--key", key.path))
        let introduction = try git("rev-parse", "HEAD", in: clone).text
        try Git.run("switch", "--quiet", "--create", "topic", in: clone)
        try Git.run("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "unsigned work", in: clone)
        try Git.run("switch", "--quiet", "main", in: clone)
        try Git.run("merge", "--quiet", "--no-edit", "topic", in: clone)
        #expect(try git("rev-parse", "HEAD^1", in: clone).text == introduction)
        #expect(try git("verify-commit", "HEAD", in: clone).exitCode == 0)
    }

    @Test func aPullOnlyGoesForward() throws {
        let clone = folder.path("acme")
        try expectSuccess(try plimsoll("init", clone, "--key", key.path))
        let server = try Git.makeBareRepository("server.git", in: folder)
        try Git.run("remote", "add", "origin", server, in: clone)
        try Git.run("push", "--quiet", "--set-upstream", "origin", "main", in: clone)
        try Git.run("clone", "--quiet", server, "other", in: folder.path)
        try Git.commit("newer", in: folder.path("other"), signedWith: key.path)
        try Git.run("push", "--quiet", in: folder.path("other"))
        let tip = try Git.run("rev-parse", "main", in: server)
        try Git.run("pull", "--quiet", in: clone)
        #expect(try git("rev-parse", "HEAD", in: clone).text == tip)
    }

    @Test func inACloneOnlyGitIsSetUp() throws {
        let first = folder.path("acme")
        try expectSuccess(try plimsoll("init", first, "--key", key.path))
        try Git.run("clone", "--quiet", first, "second", in: folder.path)
        let second = folder.path("second")
        let head = try git("rev-parse", "HEAD", in: second).text
        let result = try plimsoll("init", second, "--key", key.path)
        try expectSuccess(result)
        #expect(result.errorText.isEmpty)
        #expect(try git("rev-parse", "HEAD", in: second).text == head)
        #expect(try git("status", "--porcelain", in: second).text.isEmpty)
        try Git.run("commit", "--quiet", "--allow-empty", "-m", "next", in: second)
        #expect(try git("verify-commit", "HEAD", in: second).exitCode == 0)

        let stranger = try SSHKeyFiles("stranger", in: folder)
        let warned = try plimsoll("init", second, "--key", stranger.path)
        #expect(warned.exitCode == 0)
        #expect(warned.errorText.contains("this key is not in trust/allowed_signers"))
    }

    @Test func theKeyThatGitSignsWithIsTheDefault() throws {
        let configuration = try folder.write(
            "[gpg]\n  format = ssh\n[user]\n  signingKey = \(key.path).pub\n", to: "gitconfig")
        let result = try plimsoll(
            "init", folder.path("acme"), environment: ["GIT_CONFIG_GLOBAL": configuration])
        try expectSuccess(result)
        #expect(try git("verify-commit", "HEAD", in: folder.path("acme")).exitCode == 0)
    }

    @Test func aKeyThatSshHasByCustomIsFound() throws {
        try folder.makeFolder("home/.ssh")
        try runSuccessfully(["cp", key.path, "\(key.path).pub", folder.path("home/.ssh")])
        for ending in ["", ".pub"] {
            try runSuccessfully([
                "mv", folder.path("home/.ssh/ada\(ending)"), folder.path("home/.ssh/id_ed25519\(ending)"),
            ])
        }
        try expectSuccess(
            try plimsoll("init", folder.path("acme"), environment: ["HOME": folder.path("home")]))
    }

    @Test func withoutAKeyNothingIsMade() throws {
        try folder.makeFolder("home")
        let result = try plimsoll("init", folder.path("acme"), environment: ["HOME": folder.path("home")])
        #expect(result.exitCode == 1)
        #expect(result.errorText.contains("make one by 'ssh-keygen -t ed25519'"))
        #expect(!folder.exists("acme"))
    }

    @Test(arguments: [
        (["acme", "--fleet", "Acme_Edge"], "expected the name of a fleet: 1–63 of a–z"),
        (["Acme Edge"], "'Acme Edge' is not the name of a fleet"),
        (["acme", "--principal", "ada lovelace"], "is not a principal such as ada@example.com"),
        (["acme", "--principal", "*@example.com"], "is not a principal such as ada@example.com"),
    ])
    func badNamesAreRefusedWithWhatIsExpected(arguments: [String], message: String) throws {
        let result = try run(
            [BuiltProgram.path("plimsoll"), "init", "--key", key.path] + arguments, in: folder.path,
            environment: Git.environment)
        #expect(result.exitCode == 64)
        #expect(result.errorText.contains(message), "\(result.errorText)")
        #expect(!folder.exists("acme"))
    }

    @Test func aFolderWithSomethingInItIsRefused() throws {
        try folder.write("mine", to: "acme/notes.txt")
        let result = try plimsoll("init", folder.path("acme"), "--key", key.path)
        #expect(result.exitCode == 64)
        #expect(result.errorText.contains("it is not empty"))
        #expect(!folder.exists("acme/fleet.yaml"))
    }

    /// The embedded files are those of `fleet-repo-template/`; `Scripts/embed-template.sh` brings them up
    /// to date.
    @Test func theEmbeddedTemplateIsTheOneInTheRepository() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fleet-repo-template")
        let paths = try runSuccessfully(["find", ".", "-type", "f", "-printf", "%P\n"], in: root.path).lines
            .sorted()
        #expect(TemplateFiles.all.map(\.path).sorted() == paths)
        for file in TemplateFiles.all {
            let text = try String(contentsOf: root.appendingPathComponent(file.path), encoding: .utf8)
            #expect(file.text == text, "\(file.path) differs; run Scripts/embed-template.sh")
        }
    }

    private func expectSuccess(_ result: CommandResult) throws {
        try #require(result.exitCode == 0, "\(result.errorText)")
    }
}
