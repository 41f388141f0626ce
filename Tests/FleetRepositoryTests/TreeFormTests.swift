import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

@Suite("folders as no git writes them")
struct TreeFormTests {
    /// Names in their order, those of folders with a slash behind them; and what is wrong with one of them.
    private static let table: [([String], String?)] = [
        ([], nil), (["a"], nil), (["a", "b/", "c"], nil), (["a-b", "a.b", "a/", "a0"], nil),
        (["..."], nil), ([".a", ".gita/", ".github/", "git"], nil), (["A", "a"], nil), (["a ", "a!"], nil),
        (["a", "a-", "a-b", "aa/"], nil), (["\u{e4}", "\u{1F6A2}"], nil),
        (["b", "a"], "'a' is not where git's order puts it"),
        (["a/", "a.b"], "'a.b' is not where git's order puts it"),
        (["a0", "a/"], "'a' is not where git's order puts it"),
        (["B", "a", "C"], "'C' is not where git's order puts it"),
        (["a", "a"], "'a' stands in it twice"), (["a/", "a/"], "'a' stands in it twice"),
        (["a", "a/"], "'a' stands in it twice"), (["a", "a-b", "a.b", "a/"], "'a' stands in it twice"),
        (["a", "a-", "a-b", "a-b.c/", "a-b/"], "'a-b' stands in it twice"),
        (["."], "'.' is no name that git allows"), (["../"], "'..' is no name that git allows"),
        ([".git"], "'.git' is no name that git allows"), ([".GiT/"], "'.GiT' is no name that git allows"),
    ]

    @Test("are refused, each with its name, where git fsck refuses them")
    func faults() throws {
        let folder = try TemporaryFolder()
        let path = try Git.makeBareRepository("trees.git", in: folder)
        let blob = try Git.run("hash-object", "-w", "--stdin", in: path, input: [0x61])
        let inner = try Git.run("mktree", in: path, input: Array("100644 blob \(blob)\ta\n".utf8))
        let inside = try GitRepository(open: path)
        for (names, fault) in Self.table {
            var content: [UInt8] = []
            for name in names {
                let isFolder = name.hasSuffix("/")
                let bare = isFolder ? String(name.dropLast()) : name
                content +=
                    Array("\(isFolder ? "40000" : "100644") \(bare)\0".utf8)
                    + Self.bytes(isFolder ? inner : blob)
            }
            let tree = try Git.run(
                "hash-object", "-t", "tree", "-w", "--stdin", "--literally", in: path, input: content)
            let commit = try Git.run("commit-tree", "-m", "a", tree, in: path)
            let id = try #require(CommitID(commit))
            #expect(Self.fault(id, inside) == fault, "\(names)")
            let judged = try run(
                ["git", "fsck", "--strict", "--no-dangling", commit], in: path, environment: Git.environment)
            #expect((judged.exitCode != 0) == (fault != nil), "\(names): \(judged.errorText)")
        }
    }

    private static func fault(_ commit: CommitID, _ repository: borrowing GitRepository) -> String? {
        do throws(GitError) {
            _ = try repository.entries(of: "", in: commit)
            return nil
        } catch {
            return error.code == .malformed ? error.message : "\(error)"
        }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.utf8.count, by: 2).compactMap { start in
            UInt8(hex.dropFirst(start).prefix(2), radix: 16)
        }
    }
}
