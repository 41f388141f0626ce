import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

@Suite struct GitTreeTests {
    let folder: TemporaryFolder
    let path: String
    let commit: CommitID

    init() throws {
        folder = try TemporaryFolder()
        path = try Git.makeWorkTree("work", in: folder)
        try folder.write("fleet: acme\n", to: "work/fleet.yaml")
        try folder.write("a\n", to: "work/groups/stores/nodes/berlin/atm-1.yaml")
        try folder.write("b\n", to: "work/groups/stores/group.yaml")
        try folder.write("#!/bin/sh\n", to: "work/groups/check", mode: 0o755)
        try runSuccessfully(["ln", "-s", "fleet.yaml", "link"], in: path)
        commit = try #require(CommitID(try Git.commit("tree", in: path)))
    }

    @Test func aFileIsReadWithItsIdAndMode() throws {
        let repository = try GitRepository(open: path)
        let file = try repository.file(at: "groups/stores/group.yaml", in: commit, limitBytes: 2)
        #expect(file?.bytes == Array("b\n".utf8))
        #expect(file?.isExecutable == false)
        #expect(file?.id.hex == (try Git.run("rev-parse", "HEAD:groups/stores/group.yaml", in: path)))
        let program = try repository.file(at: "groups/check", in: commit, limitBytes: 100)
        #expect(program?.isExecutable == true)
        let entry = try repository.entry(at: "groups/check", in: commit)
        #expect(entry?.id == program?.id)
    }

    @Test(arguments: ["none", "groups/none/group.yaml", "fleet.yaml/below"])
    func whatIsNotThereIsNil(_ name: String) throws {
        let repository = try GitRepository(open: path)
        let file = try repository.file(at: name, in: commit, limitBytes: 100)
        #expect(file == nil)
    }

    @Test(arguments: [
        ("link", GitError.Code.wrongKind), ("groups", .wrongKind), ("fleet.yaml", .tooLarge),
        ("", .invalidName),
    ])
    func whatIsNoSmallRegularFileIsAnError(_ name: String, _ code: GitError.Code) throws {
        let repository = try GitRepository(open: path)
        let error = #expect(throws: GitError.self) {
            _ = try repository.file(at: name, in: commit, limitBytes: 11)
        }
        #expect(error?.code == code)
    }

    @Test func aFolderWhoseContentIsMissingIsNoAbsence() throws {
        // Whoever serves the repository could else take away what a node's folder says.
        let folder = try TemporaryFolder()
        let work = try Git.makeWorkTree("work", in: folder)
        try folder.write("hold: stop", to: "work/groups/stores/nodes/till.yaml")
        let commit = try #require(CommitID(try Git.commit("first", in: work)))
        let tree = try Git.run("rev-parse", "HEAD:groups/stores", in: work)
        try FileManager.default.removeItem(
            atPath: folder.path("work/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))"))
        let repository = try GitRepository(open: work)
        for path in ["groups/stores/nodes/till.yaml", "groups/stores/hold.yaml"] {
            let error = #expect(throws: GitError.self) { try repository.entry(at: path, in: commit) }
            #expect(error?.code == .notFound)
        }
        #expect(try repository.entry(at: "groups/others/hold.yaml", in: commit) == nil)
    }

    @Test func foldersAreListed() throws {
        let repository = try GitRepository(open: path)
        let root = try repository.entries(of: "", in: commit)
        #expect(root?.map(\.name) == ["fleet.yaml", "groups", "link"])
        #expect(root?.map(\.kind) == [.file, .folder, .symbolicLink])
        let stores = try repository.entries(of: "groups/stores", in: commit)
        #expect(stores?.map(\.name) == ["group.yaml", "nodes"])
        let none = try repository.entries(of: "groups/none", in: commit)
        #expect(none == nil)
        let error = #expect(throws: GitError.self) {
            _ = try repository.entries(of: "fleet.yaml", in: commit)
        }
        #expect(error?.code == .wrongKind)
        let all = try repository.paths(below: "groups", in: commit, limit: 6)
        #expect(
            all?.map(\.path) == [
                "groups/check", "groups/stores/group.yaml", "groups/stores/nodes/berlin/atm-1.yaml",
            ])
        let limited = #expect(throws: GitError.self) {
            _ = try repository.paths(below: "", in: commit, limit: 6)
        }
        #expect(limited?.code == .tooLarge)
    }

    @Test func whatIsWrittenIsSoundForStockGitAndItsSignatureVerifies() throws {
        let key = try SSHKeyFiles("node", in: folder)
        let bare = folder.path("reports.git")
        let repository = try GitRepository(initialiseBare: bare)
        let tree = try repository.writeTree([
            "report.json": Array("{}\n".utf8), "a/b/c": [0, 1, 2], "a/b.txt": [], "a-b": [255],
        ])
        let identity = GitIdentity(
            name: "atm-1", email: "atm-1@acme", time: 1_793_530_800, offsetMinutes: -90)
        let content = try repository.unsignedCommit(
            tree: tree, parents: [], author: identity, committer: identity, message: "report 1\n")
        try folder.write(String(decoding: content, as: UTF8.self), to: "payload")
        try runSuccessfully([
            "ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key.path, folder.path("payload"),
        ])
        let signature = try folder.read("payload.sig")
        let first = try repository.writeCommit(content, signature: signature)
        let next = try repository.unsignedCommit(
            tree: tree, parents: [first], author: identity, committer: identity, message: "report 2\n")
        let second = try repository.writeCommit(next, signature: nil)
        try repository.setReference("refs/heads/status/atm-1", to: second, expecting: .absent)
        try Git.run("fsck", "--strict", "--full", in: bare)
        #expect(
            try Git.run("log", "--format=%s %an %ad", "--date=raw", "status/atm-1", in: bare)
                == "report 2 atm-1 1793530800 -0130\nreport 1 atm-1 1793530800 -0130")
        #expect(
            try Git.run("ls-tree", "-r", "--name-only", first.hex, in: bare)
                == "a-b\na/b.txt\na/b/c\nreport.json")
        let allowed = try folder.write("atm-1 namespaces=\"git\" \(key.publicLine)\n", to: "allowed")
        try Git.run("-c", "gpg.ssh.allowedSignersFile=\(allowed)", "verify-commit", first.hex, in: bare)
        let read = try repository.commit(first)
        #expect(read?.signature?.payload == content)
    }

    @Test(arguments: ["", "/a", "a//b", "a/../b", ".git/config", "a/.", "x/\0"])
    func whatGitCannotHoldIsNotWritten(_ name: String) throws {
        let repository = try GitRepository(open: path)
        #expect(throws: GitError.self) { try repository.writeTree([name: [1]]) }
    }

    @Test func aPathCannotBeAFileAndAFolder() throws {
        let repository = try GitRepository(open: path)
        let error = #expect(throws: GitError.self) { try repository.writeTree(["a": [1], "a/b": [2]]) }
        #expect(error?.code == .invalidName)
    }
}
