import FleetRepository
import Testing

@Suite("signatures of commits")
struct SigningCommitTests {
    /// Seconds of the committer line below.
    private static let time: UnixSeconds = 1_782_907_200

    /// A commit of the empty tree, which every repository knows.
    private static func payload(message: String = "a message") -> String {
        """
        tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
        author A <a@x> \(time) +0200
        committer A <a@x> \(time) +0200

        \(message)

        """
    }

    /// `payload` with its signature where Git puts it: after the last header, each further line behind a
    /// space.
    private static func commit(_ payload: String, signature: String) -> String {
        let value = signature.split(separator: "\n").joined(separator: "\n ")
        return payload.replacing("\n\n", with: "\ngpgsig \(value)\n\n", maxReplacements: 1)
    }

    /// The inverse of `commit(_:signature:)`.
    private static func split(_ commit: String) throws -> (payload: String, signature: String) {
        let start = try #require(commit.firstRange(of: "gpgsig "))
        let end = try #require(commit[start.upperBound...].firstRange(of: "-----END SSH SIGNATURE-----\n"))
        let signature = commit[start.upperBound..<end.upperBound].replacing("\n ", with: "\n")
        return (String(commit[..<start.lowerBound] + commit[end.upperBound...]), String(signature))
    }

    private func repository(allowing made: SigningTestKey, options: String = "") throws -> SigningFolder {
        let folder = try SigningFolder()
        try folder.write("a@x \(options)\(made.publicText)\n", to: "allowed")
        try folder.run(["git", "init", "-q"])
        try folder.run(["git", "config", "gpg.ssh.allowedSignersFile", "\(folder.path)/allowed"])
        return folder
    }

    @Test("a commit signed here is one that git verifies", arguments: SigningKeyKind.allCases)
    func gitVerifiesOurs(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let payload = Self.payload()
        let signature = try made.privateKey().sign(Array(payload.utf8), namespace: CommitSignature.namespace)
        let folder = try repository(allowing: made)
        for (payload, isGood) in [(payload, true), (Self.payload(message: "another message"), false)] {
            let object = Self.commit(payload, signature: signature.armored)
            let written = try folder.run(
                ["git", "hash-object", "-t", "commit", "-w", "--stdin"], input: Array(object.utf8))
            let id = written.output.split(separator: "\n").joined()
            let judged = try folder.run(["git", "verify-commit", id])
            #expect(judged.isSuccess == isGood, "\(judged.printed)")
            #expect(judged.printed.contains("Good \"git\" signature for a@x") == isGood)
        }
    }

    @Test("a commit signed by git is verified here, and only as it is", arguments: SigningKeyKind.allCases)
    func verifiesGits(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let folder = try repository(allowing: made)
        try folder.write(made.file, to: "key")
        let committed = try folder.run([
            "git", "-c", "gpg.format=ssh", "-c", "user.signingKey=\(folder.path)/key", "-c", "user.name=A",
            "-c",
            "user.email=a@x", "commit", "-q", "-S", "--allow-empty", "-m", "a message",
        ])
        #expect(committed.isSuccess, "\(committed.printed)")
        let (payload, text) = try Self.split(try folder.run(["git", "cat-file", "commit", "HEAD"]).output)
        let signature = try CommitSignature(text)
        let signers = try AllowedSigners(parsing: folder.read("allowed"))
        let key = try made.publicKey()
        #expect(
            signature.verdict(on: Array(payload.utf8), by: signers, at: Self.time)
                == .authorised(principal: "a@x", key: key))
        #expect(
            signature.verdict(on: Array((payload + " ").utf8), by: signers, at: Self.time)
                == .invalid(key: key))
        #expect(
            signature.verdict(on: Array(payload.utf8), by: AllowedSigners([]), at: Self.time)
                == .refused(.unknownKey, key: key))
    }

    @Test(
        "git and Plimsoll agree on validity at the committer's date",
        arguments: [
            ("valid-after=\"20260701120000Z\" ", true), ("valid-after=\"20260701120001Z\" ", false),
            ("valid-before=\"20260701120000Z\" ", true), ("valid-before=\"20260701115959Z\" ", false),
            ("namespaces=\"git\" ", true), ("namespaces=\"file\" ", false),
        ])
    func dates(options: String, isGood: Bool) throws {
        let made = try SigningKeyKind.ed25519.key()
        let folder = try repository(allowing: made, options: options)
        let payload = Self.payload()
        let signature = try made.privateKey().sign(Array(payload.utf8), namespace: "git")
        let object = Self.commit(payload, signature: signature.armored)
        let written = try folder.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin"], input: Array(object.utf8))
        let judged = try folder.run(["git", "verify-commit", written.output.split(separator: "\n").joined()])
        #expect(judged.isSuccess == isGood, "\(judged.printed)")
        let signers = try AllowedSigners(parsing: folder.read("allowed"))
        let verdict = CommitSignature.ssh(signature)
            .verdict(on: Array(payload.utf8), by: signers, at: Self.time)
        #expect((verdict == .authorised(principal: "a@x", key: try made.publicKey())) == isGood, "\(verdict)")
    }

    @Test("a signature for another namespace is none for a commit, whoever made it")
    func namespace() throws {
        let made = try SigningKeyKind.ed25519.key()
        let payload = Array(Self.payload().utf8)
        let signers = try AllowedSigners(parsing: "a@x \(made.publicText)")
        for (namespace, shown) in [
            ("file", "the namespace 'file'"), ("git ", "the namespace 'git '"),
            ("gi\u{202E}t", "a namespace of 6 bytes"),
            (String(repeating: "g", count: 65), "a namespace of 65 bytes"),
        ] {
            let signature = try CommitSignature(made.privateKey().sign(payload, namespace: namespace).armored)
            guard
                case .wrongNamespace(let seen, let key) = signature.verdict(
                    on: payload, by: signers, at: Self.time)
            else {
                Issue.record("\(namespace) was taken for another fault")
                continue
            }
            #expect(seen.description == shown)
            #expect(try key == made.publicKey())
        }
    }

    @Test("other forms of signature are told apart, and judged by nobody here")
    func forms() throws {
        let pgp = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
        #expect(try CommitSignature(pgp) == .openPGP(pgp))
        #expect(
            try CommitSignature("-----BEGIN SIGNED MESSAGE-----\nMII=\n-----END SIGNED MESSAGE-----\n")
                == .x509)
        #expect(try CommitSignature(nil) == .none)
        #expect(try CommitSignature("") == .none)
        for signature in [CommitSignature.none, .x509, .openPGP(pgp)] {
            #expect(signature.verdict(on: [], by: AllowedSigners([]), at: Self.time) == .notSSH)
        }
        let error = #expect(throws: SigningError.self) { try CommitSignature("hello") }
        #expect(error?.code == .unsupported)
        let long = #expect(throws: SigningError.self) {
            try CommitSignature(pgp + String(repeating: "A", count: 65_536))
        }
        #expect(long?.code == .tooLarge)
    }
}
