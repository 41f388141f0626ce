import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// Commits that stock git and gpg have signed, as a node judges them.
struct OpenPGPTrustTests {
    private let history: TrustHistory
    private let home: GnuPGHome
    private let olga: String

    init() throws {
        history = try TrustHistory()
        home = try GnuPGHome()
        olga = try home.makeKey("olga")
        try list("olga", olga)
        try history.commit("let olga in", by: history.ada)
    }

    private func list(_ name: String, _ keys: String...) throws {
        try history.write(keys.map { try home.export($0) }.joined(), to: "trust/openpgp/\(name).asc")
    }

    /// Commits what is changed, and a file of its own.
    @discardableResult
    private func commit(
        _ name: String, by key: String, with program: String? = nil,
        date: String = "2026-11-01T12:00:00+0100"
    ) throws -> String {
        try history.write("\(name)\n", to: "notes/\(name)")
        return try sign(name, by: key, with: program, date: date, "commit", "--quiet", "-S", "-m", name)
    }

    /// Runs a command of git that makes a commit, with OpenPGP.
    private func sign(
        _ name: String, by key: String, with program: String? = nil,
        date: String = "2026-11-01T12:00:00+0100", _ command: String...
    ) throws -> String {
        let gpg = try program ?? home.program("gpg")
        try history.git("add", "--all")
        try runSuccessfully(
            ["git", "-c", "gpg.format=openpgp", "-c", "gpg.program=\(gpg)", "-c", "user.signingKey=\(key)!"]
                + command,
            in: history.work,
            environment: Git.environment.merging(["GIT_COMMITTER_DATE": date]) { $1 })
        return try history.git("rev-parse", "HEAD")
    }

    private func takeBack() throws { try history.git("reset", "--quiet", "--hard", "HEAD~1") }

    private func expectRefusal(
        _ code: TrustError.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try history.expectRefusal(code, message, sourceLocation: sourceLocation)
        try takeBack()
    }

    @Test func `keys of both kinds make one chain`() throws {
        try commit("by olga", by: olga)
        try history.commit("by ada", by: history.ada)
        try home.gpg("--quick-add-key", olga, "nistp256/ecdsa", "sign")
        let subkey = try #require(home.fingerprints(of: "olga").last)
        let rsa = try home.makeKey("rita", algorithm: "rsa2048")
        try list("olga", olga)
        try list("rita", rsa)
        try commit("with a subkey of hers", by: olga)
        try commit("by that subkey", by: subkey)
        try commit("by rita", by: rsa)
        // Without a single SSH key, too.
        try history.git("rm", "--quiet", "trust/allowed_signers")
        try commit("no more SSH", by: olga)
        try commit("on it goes", by: rsa)
        try history.expectAuthentic()
        let chain = try history.git("rev-list", "--reverse", "\(history.introduction)..HEAD")
            .split(separator: "\n").compactMap { CommitID($0) }
        var authenticator = ChainAuthenticator(Clone(try GitRepository(open: history.work)))
        let signers = try authenticator.verify(chain, after: CommitID(history.introduction)!).verified
            .compactMap(\.signer)
        #expect(signers.suffix(2) == ["olga@example.com", "rita@example.com"])
        try history.commit("by ada, who is gone", by: history.ada)
        try expectRefusal(.unauthorisedKey, "allowed_signers does not list")
    }

    @Test func `a key is authorised by the parent alone`() throws {
        let eve = try home.makeKey("eve")
        try commit("by eve", by: eve)
        try expectRefusal(
            .unauthorisedKey,
            "signed by OpenPGP key \(eve), which its parent's trust/openpgp does not list")
        try list("eve", eve)
        try commit("eve lets eve in", by: eve)
        try expectRefusal(.unauthorisedKey, "does not list")
        // Olga lets her in, and takes her out: what is between stays authentic.
        try list("eve", eve)
        try commit("olga lets eve in", by: olga)
        try commit("by eve, now", by: eve)
        try history.git("rm", "--quiet", "trust/openpgp/eve.asc")
        try commit("olga takes eve out", by: olga)
        try history.expectAuthentic()
        try commit("by eve, later", by: eve)
        try expectRefusal(.unauthorisedKey, "does not list")
    }

    @Test func `weak and ambiguous signatures are refused, each with its own words`() throws {
        let weak = try home.makeKey("weak", algorithm: "rsa1024")
        let mallory = try home.makeKey("mallory")
        try list("more", weak, mallory)
        try commit("let them in", by: olga)
        let key = "signature of OpenPGP key \(olga)"
        let cases = [
            ("sha1", ["--digest-algo", "SHA1"], "\(key) uses SHA-1, which is not accepted"),
            ("text", ["--textmode"], "\(key) is over text"),
            ("two", ["-u", "\(mallory)!"], "expected one signature, found 2"),
            ("end", ["--default-sig-expire", "2y"], "\(key) says that it ends at some time"),
        ]
        for (name, options, message) in cases {
            try commit(name, by: olga, with: home.program("gpg-\(name)", options))
            try expectRefusal(.badSignature, message)
        }
        try commit("weak", by: weak)
        try expectRefusal(.unauthorisedKey, "which is an RSA key of 1024 bits; expected at least 2048")
        // A good signature of another commit.
        let good = try commit("good", by: olga)
        let content = try history.git("cat-file", "commit", good).replacing("\n\ngood", with: "\n\nevil")
        let forged = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", in: history.work,
            input: Array("\(content)\n".utf8))
        try history.git("update-ref", "HEAD", forged)
        try expectRefusal(.badSignature, "\(key) does not fit the commit")
        try history.expectAuthentic()
    }

    @Test func `a key for something else signs nothing`() throws {
        try home.gpg("--quick-add-key", olga, "ed25519", "sign")
        let subkey = try #require(home.fingerprints(of: "olga").last)
        try history.write(try home.exportForLoggingIn(olga), to: "trust/openpgp/olga.asc")
        try commit("the subkey is for logging in", by: olga)
        try history.expectAuthentic()
        try commit("by that subkey", by: subkey)
        try expectRefusal(.badSignature, "gpgv does not accept the signature of OpenPGP key \(subkey)")
    }

    @Test func `a key that has ended signs nothing later, and what it signed stays`() throws {
        let old = try home.makeKey("old", at: "20200101T000000", end: "20200601T000000")
        let future = try home.makeKey("future", end: "20400101T000000")
        try list("more", old, future)
        try commit("let them in", by: olga)
        let then = try home.program("gpg-then", at: "20200301T000000")
        try commit("while it was valid", by: old, with: then, date: "2020-03-01T00:00:00+0000")
        try commit("valid for long", by: future)
        try history.expectAuthentic()
        try commit("after its end", by: old, with: then)
        try expectRefusal(
            .unauthorisedKey,
            "signed by OpenPGP key \(old), which had expired at the committer's date: by its parent's "
                + "trust/openpgp it ends at 2020-06-01T00:00:00Z")
        // Its end is a date of the commit, and not this machine's: all nodes agree, whatever their clocks say.
        try commit("dated after its end", by: future, date: "2041-01-01T00:00:00+0000")
        try expectRefusal(.unauthorisedKey, "it ends at 2040-01-01T00:00:00Z")
        // Renewed by another key, it may sign again.
        try home.gpg("--quick-set-expire", old, "30y", at: "20200301T000000")
        try list("more", old, future)
        try commit("renew it", by: olga)
        try commit("once more", by: old)
        try history.expectAuthentic()
    }

    @Test func `a machine whose clock is behind judges as all others do`() throws {
        // For this machine the key is not born yet.
        let young = try home.makeKey("young", at: "20700101T000000")
        try list("young", young)
        try commit("let young in", by: olga)
        try commit("by young", by: young, with: home.program("gpg-later", at: "20700201T000000"))
        try history.expectAuthentic()
    }

    @Test func `a revoked key signs nothing more`() throws {
        let rex = try home.makeKey("rex")
        try list("rex", rex)
        try commit("let rex in", by: olga)
        try commit("by rex", by: rex)
        try history.write(try home.exportRevoked(rex), to: "trust/openpgp/rex.asc")
        try commit("say that rex is revoked", by: olga)
        try history.expectAuthentic()
        try commit("by who has rex's key", by: rex)
        try expectRefusal(
            .unauthorisedKey,
            "signed by OpenPGP key \(rex), which its parent's trust/openpgp says was revoked")
    }

    @Test func `an unsigned merge of what an OpenPGP key signed adds nothing`() throws {
        try history.git("checkout", "--quiet", "-b", "topic")
        try commit("one", by: olga)
        try history.git("checkout", "--quiet", "main")
        try history.merge("topic", by: nil)
        try history.expectAuthentic()
        // A forge's own OpenPGP signature is worth as much as none, and asks for no gpgv.
        let forge = try home.makeKey("forge")
        try history.branch("next", "two", by: history.bob)
        let start = try history.git("rev-parse", "HEAD")
        _ = try sign("merge", by: forge, "merge", "--quiet", "-S", "--no-ff", "-m", "Merge", "next")
        var authenticator = ChainAuthenticator(
            Clone(try GitRepository(open: history.work)), gpgv: Gpgv(program: "/nonexistent/gpgv"))
        let tip = try #require(CommitID(try history.git("rev-parse", "HEAD")))
        let verdict = try authenticator.verify([tip], after: try #require(CommitID(start)))
        #expect(verdict.verified.map(\.id) == [tip], "\(verdict.failure?.message ?? start)")
    }

    @Test func `where gpgv is missing or fails nothing is called hostile`() throws {
        let before = try history.git("rev-parse", "HEAD")
        let start = try #require(CommitID(history.introduction))
        try commit("by olga", by: olga)
        let slow = try history.folder.write("#!/bin/sh\nexec sleep 60\n", to: "slow", mode: 0o755)
        let killed = try history.folder.write("#!/bin/sh\nkill -9 $$\n", to: "killed", mode: 0o755)
        let chain = try history.git("rev-list", "--reverse", "\(history.introduction)..HEAD")
            .split(separator: "\n").compactMap { CommitID($0) }
        for (gpgv, message) in [
            (Gpgv(program: "/nonexistent/gpgv"), "install the package 'gpgv'"),
            (Gpgv(program: slow, deadline: .milliseconds(200)), "no answer within"),
            (Gpgv(program: killed), "failed on its OpenPGP signature (exit code 137)"),
        ] {
            var authenticator = ChainAuthenticator(Clone(try GitRepository(open: history.work)), gpgv: gpgv)
            let verdict = try authenticator.verifyUpToObstacle(chain, after: start)
            #expect(verdict.verified.last?.id.hex == before)
            #expect(verdict.failure == nil)
            let obstacle = try #require(verdict.obstacle)
            #expect(obstacle.code == .notJudged)
            #expect(obstacle.description.contains(message), "\(obstacle)")
            #expect(throws: GitError.self) { try authenticator.verify(chain, after: start) }
        }
        try history.expectAuthentic()
    }

    @Test func `a link is no list of signers, and says so`() throws {
        try history.git("rm", "--quiet", "-r", "trust")
        try runSuccessfully(["ln", "-s", "keys", history.folder.path("work/allowed_signers")])
        try history.git("add", "allowed_signers")
        try history.write("", to: "trust/x")
        try runSuccessfully(["mv", "allowed_signers", "trust/allowed_signers"], in: history.work)
        try history.commit("link it", by: history.ada)
        try history.commit("who may?", by: history.ada)
        try expectRefusal(
            .signersUnreadable,
            "its parent's 'trust/allowed_signers' is not a regular file but a symbolic link, so nobody may sign"
        )
    }

    @Test func `a broken file of keys stops OpenPGP alone`() throws {
        try history.write("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", to: "trust/openpgp/broken.asc")
        try history.commit("break it", by: history.ada)
        try history.commit("SSH goes on", by: history.ada)
        try history.expectAuthentic()
        try commit("by olga", by: olga)
        try expectRefusal(
            .signersUnreadable, "trust/openpgp/broken.asc:4: expected a last line '-----END PGP PUBLIC KEY")
        try list("broken", olga)
        try history.commit("the same key again", by: history.ada)
        try commit("by olga", by: olga)
        try expectRefusal(.signersUnreadable, "found the key \(olga) again, which is in 'trust/openpgp/")
        try history.git("rm", "--quiet", "trust/openpgp/broken.asc")
        try history.commit("mend it", by: history.ada)
        try commit("by olga, at last", by: olga)
        try history.expectAuthentic()
    }

    @Test func `approvals are of both kinds, and end with the keys by which they were judged`() throws {
        func approve(_ commit: String) throws -> String {
            try sign(
                "approve", by: olga, "commit", "--quiet", "--allow-empty", "-S", "-m",
                "Approve\n\nApproves: \(commit)")
        }
        try history.write(TrustHistory.fleet(threshold: 2), to: "fleet.yaml")
        try history.commit("ask for two", by: history.ada)
        let one = try history.commit("one", by: history.ada)
        let approval = try approve(one)
        #expect(try history.verdict().ground.hex == approval)
        // Olga's signature waits while the keys change: gpgv has not judged it by the new ones.
        try list("eve", home.makeKey("eve"))
        let keys = try history.commit("list eve", by: history.ada)
        let two = try commit("two", by: olga)
        try Git.commit("Approve\n\nApproves: \(keys)", in: history.work, signedWith: history.bob.path)
        let verdict = try history.verdict()
        #expect(verdict.ground.hex == keys)
        #expect(verdict.pending?.words.contains("has 0 of 2 keys") == true, "\(verdict)")
        try Git.commit("Approve\n\nApproves: \(two)", in: history.work, signedWith: history.ada.path)
        #expect(try history.verdict().ground.hex == keys)
        let last = try approve(two)
        #expect(try history.verdict().ground.hex == last)
    }
}
