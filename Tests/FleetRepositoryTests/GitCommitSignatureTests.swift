import FleetCore
import Testing

@testable import FleetRepository

private let head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\n"
private let header = "gpgsig -----BEGIN-----\n line\n \n -----END-----\n"

/// What is taken for the signature of a commit, and what it is said to cover: as stock git has it.
struct GitCommitSignatureTests {
    private func signature(in text: String) throws -> GitCommitSignature? {
        try GitCommitSignature(in: Array(text.utf8))
    }

    @Test func theHeaderIsTakenOutAndAllElseIsSigned() throws {
        let rest = "encoding latin1\n\nmessage\n\ngpgsig none\n"
        let found = try #require(try signature(in: head + header + rest))
        #expect(found.text == "-----BEGIN-----\nline\n\n-----END-----")
        #expect(String(decoding: found.payload, as: UTF8.self) == head + rest)
    }

    @Test(arguments: [
        "\nmessage\n" + header, "\n" + header, "gpgsig-sha256 x\n y\n\nmessage\n",
        "gpgsig\n x\n\nmessage\n",
    ])
    func whatOnlyLooksLikeItIsNone(rest: String) throws {
        #expect(try signature(in: head + rest) == nil)
    }

    @Test(arguments: [
        (header + "\nmessage\0more\n", GitCommitSignature.Fault.zeroByte),
        (header + header + "\nmessage\n", .twice),
        ("gpgsig-sha256 x\n y\n" + header + "\nmessage\n", .otherHeader("gpgsig-sha256")),
    ])
    func whatGitAndOtherReadersWouldTakeDifferentlyIsRefused(
        rest: String, fault: GitCommitSignature.Fault
    ) throws {
        #expect(throws: fault) { try signature(in: head + rest) }
    }
}
