import FleetCore
import Testing

@testable import FleetRepository

/// What is taken for the signature of a commit, and what it is said to cover: as stock git has it.
struct GitCommitSignatureTests {
    private static let id = CommitID(String(repeating: "a", count: 40))
    private static let head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\n"
    private static let signature = "gpgsig -----BEGIN-----\n line\n \n -----END-----\n"

    private func signature(in text: String) throws(GitError) -> GitCommitSignature? {
        guard let id = Self.id else { return nil }
        return try GitCommitSignature(in: Array(text.utf8), of: id)
    }

    @Test func theHeaderIsTakenOutAndAllElseIsSigned() throws {
        let rest = "encoding latin1\n\nmessage\n\ngpgsig none\n"
        let found = try #require(try signature(in: Self.head + Self.signature + rest))
        #expect(found.text == "-----BEGIN-----\nline\n\n-----END-----")
        #expect(String(decoding: found.payload, as: UTF8.self) == Self.head + rest)
    }

    @Test(arguments: [
        "\nmessage\n" + signature, "\n" + signature, "gpgsig-sha256 x\n y\n\nmessage\n",
        "gpgsig\n x\n\nmessage\n",
    ])
    func whatOnlyLooksLikeItIsNone(rest: String) throws {
        #expect(try signature(in: Self.head + rest) == nil)
    }

    @Test func aHeaderThatBeginsLikeItIsSignedWhole() throws {
        let other = "gpgsig-sha256 x\n y\n"
        let found = try #require(try signature(in: Self.head + other + Self.signature + "\nmessage\n"))
        #expect(String(decoding: found.payload, as: UTF8.self) == Self.head + other + "\nmessage\n")
    }

    @Test(arguments: [signature + "\nmessage\0more\n", signature + signature + "\nmessage\n"])
    func whatGitAndReadersOfTextWouldTakeDifferentlyIsRefused(rest: String) throws {
        let error = #expect(throws: GitError.self) { try signature(in: Self.head + rest) }
        #expect(error?.code == .malformed)
    }
}
