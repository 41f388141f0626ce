import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

@Suite struct GitRepositoryTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = try Git.makeWorkTree("work", in: folder)
    }

    private func commit(_ message: String) throws -> CommitID {
        try #require(CommitID(try Git.commit(message, in: path)))
    }

    @Test func aPathWithoutRepositoryIsNotFoundEvenInsideOne() throws {
        try folder.makeFolder("work/below")
        let error = #expect(throws: GitError.self) { _ = try GitRepository(open: folder.path("work/below")) }
        #expect(error?.code == .notFound)
        #expect(error?.subject == folder.path("work/below"))
    }

    @Test func referencesAreReadListedSetAndDeletedAsExpected() throws {
        let first = try commit("first")
        let second = try commit("second")
        let repository = try GitRepository(open: path)
        let absent = try repository.reference("refs/heads/other")
        #expect(absent == nil)
        try repository.setReference("refs/heads/latest/b", to: first, expecting: .absent)
        try repository.setReference("refs/heads/latest/a", to: first)
        try repository.setReference("refs/heads/latest/a", to: second, expecting: .value(first))
        let listed = try repository.references(prefix: "refs/heads/latest/")
        #expect(
            listed == [
                GitReference(name: "refs/heads/latest/a", id: second),
                GitReference(name: "refs/heads/latest/b", id: first),
            ])
        let stale = #expect(throws: GitError.self) {
            try repository.setReference("refs/heads/latest/a", to: first, expecting: .value(first))
        }
        #expect(stale?.code == .modified)
        let present = #expect(throws: GitError.self) {
            try repository.setReference("refs/heads/latest/a", to: first, expecting: .absent)
        }
        #expect(present?.code == .exists)
        let deletedStale = #expect(throws: GitError.self) {
            try repository.deleteReference("refs/heads/latest/a", expecting: .value(first))
        }
        #expect(deletedStale?.code == .modified)
        let deleted = try repository.deleteReference("refs/heads/latest/a", expecting: .value(second))
        let deletedAgain = try repository.deleteReference("refs/heads/latest/a")
        #expect(deleted)
        #expect(!deletedAgain)
        #expect(try Git.run("for-each-ref", "refs/heads/latest/", in: path).contains("latest/b"))
    }

    @Test(arguments: ["", "main", "refs/heads/a..b", "refs/heads/\0x", "refs/heads/a b"])
    func whatIsNoReferenceNameIsRefused(_ name: String) throws {
        let id = try commit("first")
        let repository = try GitRepository(open: path)
        let error = #expect(throws: GitError.self) { try repository.setReference(name, to: id) }
        #expect(error?.code == .invalidName)
    }

    @Test func aCommitIsReadAsGitShowsIt() throws {
        let first = try commit("first")
        let second = try commit("second\n\nbody")
        let repository = try GitRepository(open: path)
        let read = try repository.commit(second)
        let found = try #require(read)
        #expect(found.parents == [first])
        #expect(found.message == "second\n\nbody\n")
        #expect(
            found.author
                == GitIdentity(name: "Ada", email: "ada@example.com", time: 1_793_530_800, offsetMinutes: 60))
        #expect(found.committer == found.author)
        #expect(found.signature == nil)
        #expect(found.treeID.hex == (try Git.run("rev-parse", "HEAD^{tree}", in: path)))
        let content = try repository.commitContent(second)
        let expected = try runSuccessfully(["git", "cat-file", "commit", second.hex], in: path).output
        #expect(content == expected)
        let missing = try repository.commit(try #require(CommitID(String(repeating: "7", count: 40))))
        #expect(missing == nil)
        let tree = try #require(CommitID(found.treeID.hex))
        let error = #expect(throws: GitError.self) { _ = try repository.commit(tree) }
        #expect(error?.code == .wrongKind)
    }

    @Test func theSignatureOfStockGitIsTakenOutAsItWasMade() throws {
        let key = try SSHKeyFiles("key", in: folder)
        let id = try #require(CommitID(try Git.commit("signed", in: path, signedWith: key.path)))
        let repository = try GitRepository(open: path)
        let read = try repository.commit(id)
        let signature = try #require(read?.signature)
        try folder.write("ada \(key.publicLine)\n", to: "allowed")
        try folder.write(signature.text + "\n", to: "signature")
        let verified = try run(
            [
                "ssh-keygen", "-Y", "verify", "-f", folder.path("allowed"), "-I", "ada", "-n", "git", "-s",
                folder.path("signature"),
            ], input: signature.payload)
        #expect(verified.exitCode == 0, "\(verified.text) \(verified.errorText)")
    }

    @Test func aCommitWithTwoSignaturesIsRefused() throws {
        let key = try SSHKeyFiles("key", in: folder)
        let id = try #require(CommitID(try Git.commit("signed", in: path, signedWith: key.path)))
        let repository = try GitRepository(open: path)
        let content = String(decoding: try #require(try repository.commitContent(id)), as: UTF8.self)
        let twice = content.replacing(
            "\ngpgsig ", with: "\ngpgsig forged\n line\ngpgsig ", maxReplacements: 1)
        let forged = try runSuccessfully(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"], in: path,
            input: Array(twice.utf8))
        let forgedID = try #require(CommitID(forged.text))
        let error = #expect(throws: GitError.self) { _ = try repository.commit(forgedID) }
        #expect(error?.code == .malformed)
    }

    @Test func aCorruptObjectIsNotTakenForTheOneThatWasNamed() throws {
        try folder.write("one\n", to: "work/file")
        let id = try commit("first")
        let blob = try Git.run("rev-parse", "HEAD:file", in: path)
        let other = try Git.run("hash-object", "-w", "--stdin", in: path, input: Array("two\n".utf8))
        let object = "work/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        try runSuccessfully([
            "cp", "--force", folder.path("work/.git/objects/\(other.prefix(2))/\(other.dropFirst(2))"),
            folder.path(object),
        ])
        let repository = try GitRepository(open: path)
        let error = #expect(throws: GitError.self) {
            _ = try repository.file(at: "file", in: id, limitBytes: 100)
        }
        #expect(error?.code == .mismatch)
    }

    @Test func firstParentsAreWalkedNewestFirst() throws {
        let first = try commit("1")
        let second = try commit("2")
        try Git.run("checkout", "--quiet", "-b", "side", first.hex, in: path)
        let side = try commit("side")
        try Git.run("checkout", "--quiet", "main", in: path)
        try Git.run("merge", "--quiet", "--no-ff", "-m", "merge", "side", in: path)
        let merge = try #require(CommitID(try Git.run("rev-parse", "HEAD", in: path)))
        let repository = try GitRepository(open: path)
        let reached = try repository.firstParents(from: merge, backTo: first, limit: 10)
        #expect(reached == .reached([merge, second]))
        let same = try repository.firstParents(from: merge, backTo: merge, limit: 0)
        #expect(same == .reached([]))
        let beside = try repository.firstParents(from: merge, backTo: side, limit: 10)
        #expect(beside == .ended([merge, second, first]))
        let limited = try repository.firstParents(from: merge, backTo: first, limit: 1)
        #expect(limited == .limited([merge]))
        let sideIsAncestor = try repository.isAncestor(side, of: merge)
        let mergeIsAncestor = try repository.isAncestor(merge, of: side)
        let own = try repository.isAncestor(side, of: side)
        #expect(sideIsAncestor)
        #expect(!mergeIsAncestor)
        #expect(own)
    }
}
