import FleetCore
import Foundation
import Testing

@testable import FleetRepository

/// The fleet repository in a folder.
struct FormatDirectoryTests {
    /// Runs `body` with a fresh folder.
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "plimsoll-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func write(_ text: String, _ path: String, _ folder: URL) throws {
        let url = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    @Test func readsFilesAndListsPathsInTheOrderOfTheirBytes() throws {
        try inFolder { folder in
            for path in [
                "groups/b/group.yaml", "groups/a/group.yaml", "groups/a-b/group.yaml", "fleet.yaml",
                ".git/config",
            ] {
                try write("text of \(path)", path, folder)
            }
            let tree = DirectoryTree(root: folder.path)
            let all = ["fleet.yaml", "groups/a-b/group.yaml", "groups/a/group.yaml", "groups/b/group.yaml"]
            #expect(try tree.paths(below: "") == all)
            #expect(try tree.paths(below: "groups") == Array(all.dropFirst()))
            #expect(try tree.paths(below: "groups/none") == [])
            #expect(try tree.file(at: "fleet.yaml", limit: 18) == Array("text of fleet.yaml".utf8))
            #expect(try tree.file(at: "none/fleet.yaml", limit: 18) == nil)
            #expect(try tree.file(at: "fleet.yaml/x", limit: 18) == nil)
            let tooLarge = FileTreeError(
                path: "fleet.yaml", code: .content, message: "it is larger than 17 bytes")
            #expect(throws: tooLarge) { try tree.file(at: "fleet.yaml", limit: 17) }
        }
    }

    @Test func followsNoSymbolicLink() throws {
        try inFolder { folder in
            try write("secret", "outside/secret.yaml", folder)
            try write("x", "repository/fleet.yaml", folder)
            let link = folder.appendingPathComponent("repository/groups")
            try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "../outside")
            let file = folder.appendingPathComponent("repository/linked.yaml")
            try FileManager.default.createSymbolicLink(
                atPath: file.path, withDestinationPath: "../outside/secret.yaml")
            let tree = DirectoryTree(root: folder.appendingPathComponent("repository").path)
            #expect(try tree.paths(below: "") == ["fleet.yaml", "groups", "linked.yaml"])
            #expect(try tree.paths(below: "groups") == [])
            for (path, code, message) in [
                ("linked.yaml", FileTreeError.Code.wrongKind, "it is not a regular file"),
                ("groups/secret.yaml", .content, "'groups' is a symbolic link"),
                ("../outside/secret.yaml", .content, "it is not a path within the repository"),
                ("", .content, "it is not a path within the repository"),
            ] {
                #expect(throws: FileTreeError(path: path, code: code, message: message)) {
                    try tree.file(at: path, limit: 100)
                }
            }
        }
    }

    @Test func aMissingRootIsAnError() {
        let error = FileTreeError(path: "", code: .access, message: "No such file or directory")
        #expect(throws: error) { try DirectoryTree(root: "/none/such").paths(below: "") }
    }

    @Test func aPipeIsNoFileAndBlocksNobody() throws {
        try inFolder { folder in
            #expect(mkfifo(folder.appendingPathComponent("fleet.yaml").path, 0o600) == 0)
            let error = FileTreeError(
                path: "fleet.yaml", code: .wrongKind, message: "it is not a regular file")
            #expect(throws: error) { try DirectoryTree(root: folder.path).file(at: "fleet.yaml", limit: 10) }
        }
    }
}
