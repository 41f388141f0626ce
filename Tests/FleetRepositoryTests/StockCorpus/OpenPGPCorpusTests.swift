import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

@Suite("stock git, gpg and Plimsoll on OpenPGP's signatures")
struct OpenPGPCorpusTests {
    /// What git takes and Plimsoll refuses, by what Plimsoll says, and why that is right.
    private static let stricter: [String: String] = [
        // RSA below 2048 bits, SHA-1 and digests of 112 bits are not safe; gpg 2.2 takes them.
        "rsa1024: good": "expected at least 2048", "rsa1024: listed second": "expected at least 2048",
        "digest SHA1": "uses SHA-1", "digest SHA224": "uses SHA-224",
        // Two texts would have one signature: line ends are not covered.
        "over text": "is over text",
        // gpg would say otherwise later: nodes would come to disagree.
        "with an end": "says that it ends",
        // git takes every header that begins with 'gpgsig' out of what is signed: anybody may write there.
        "SHA-256 besides": "which its signature does not cover",
        // What stands around the armour, or in its place, was signed by nobody; gpg passes over it.
        "armour: text after": "cannot be read", "armour: no end": "cannot be read",
        "armour: the end of another": "cannot be read",
        "armour: a message's words": "expected a detached signature",
        "armour: its first 204 bytes": "cannot be read",
    ]

    /// What Plimsoll takes and git refuses: git asks whether the key is valid today, and a verdict of a node
    /// must not change with its clock. What was signed while the key was valid stays authentic.
    private static let milder: Set<String> = ["expired: dated within"]

    @Test("both say the same, but for what the tables tell")
    func verdicts() throws {
        let corpus = try OpenPGPCorpus()
        let judge = try OpenPGPJudge()
        let stock = try judge.askStock(corpus.cases)
        var unseen = Self.milder.union(Self.stricter.keys)
        for (one, git) in zip(corpus.cases, stock) {
            let ours = judge.askPlimsoll(one)
            let words = "\(one.name): git says \(git.words) Plimsoll says \(ours.words)"
            let isListed = unseen.remove(one.name) != nil
            #expect((git.isGood != ours.isGood) == isListed, "\(words)")
            guard isListed else { continue }
            #expect(ours.isGood == Self.milder.contains(one.name), "\(words)")
            #expect(ours.words.contains(Self.stricter[one.name] ?? ""), "for another reason: \(words)")
        }
        #expect(unseen.sorted() == [], "in the tables, but not in the corpus")
        #expect(Set(corpus.cases.map(\.name)).count == corpus.cases.count, "two cases have one name")
        let good = stock.count { $0.isGood }
        #expect(corpus.cases.count > 120 && good > 20, "\(corpus.cases.count), \(good) of them good")
    }
}

/// Asks both the same question.
private final class OpenPGPJudge {
    private let folder: SigningFolder
    private let repository: String
    private let clone: GitRepository

    init() throws {
        folder = try SigningFolder()
        repository = "\(folder.path)/corpus.git"
        try Git.run("init", "--quiet", "--bare", "corpus.git", in: folder.path)
        clone = try GitRepository(open: repository)
    }

    /// `git verify-commit` of each, with a home of gpg that has the listed keys alone.
    func askStock(_ cases: [CorpusCase]) throws -> [CorpusVerdict] {
        var homes: [[UInt8]: GnuPGHome] = [:]
        return try cases.map { one in
            if homes[one.signers] == nil {
                let home = try GnuPGHome()
                try home.gpg("--import", input: one.signers)
                homes[one.signers] = home
            }
            let program = try homes[one.signers]?.program("verify") ?? ""
            let result = try run(
                ["git", "-c", "gpg.program=\(program)", "verify-commit", try write(one)], in: repository,
                environment: Git.environment)
            return CorpusVerdict(principal: result.exitCode == 0 ? "" : nil, words: result.errorText)
        }
    }

    private func write(_ one: CorpusCase) throws -> String {
        try Git.run(
            "hash-object", "-t", "commit", "-w", "--literally", "--stdin", in: repository, input: one.commit)
    }

    /// What a node says, whose last commit lists these keys.
    func askPlimsoll(_ one: CorpusCase) -> CorpusVerdict {
        do {
            guard let id = CommitID(try write(one)), let commit = try clone.commit(id),
                let found = commit.signature, CommitSignature.isOpenPGP(found.text)
            else { return CorpusVerdict(principal: nil, words: "it has no OpenPGP signature") }
            let keyring = try OpenPGPKeyring([("trust/openpgp/a.asc", one.signers)])
            let claim = try OpenPGPClaim(commit, found, listedIn: keyring)
            let finding = try Gpgv().examine(claim.signature, over: found.payload, by: keyring)
            let voucher = try CommitVoucher(claim, finding, listedIn: keyring)
            return CorpusVerdict(principal: voucher.signer, words: "authentic")
        } catch {
            return CorpusVerdict(principal: nil, words: "\(error)")
        }
    }
}
