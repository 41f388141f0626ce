import Testing

@testable import FleetRepository

/// An allowed signers file, a moment, and who asks. `KEY` stands for the key that signed, `OTHER` for another
/// one.
struct AllowedSignersCase: Sendable, CustomTestStringConvertible {
    let file: String
    /// `YYYYMMDDHHMMSS` in UTC.
    var time = "20260701120000"
    var namespace = "git"
    /// Whether a signature of `KEY` is authorised.
    let isAuthorised: Bool

    var testDescription: String { "\(file.debugDescription) at \(time) for \(namespace)" }
}

@Suite("allowed signers")
struct SigningAllowedSignersTests {
    static let table: [AllowedSignersCase] = [
        .init(file: "a@x KEY", isAuthorised: true),
        .init(file: "a@x KEY comment # more \"text", isAuthorised: true),
        .init(file: "  a@x\t KEY", isAuthorised: true),
        .init(file: "a@x KEY\r\nb@x OTHER\r\n", isAuthorised: true),
        .init(file: "a@x OTHER", isAuthorised: false),
        .init(file: "", isAuthorised: false),
        .init(file: "\n\n# a@x KEY\n  # a@x KEY\n", isAuthorised: false),
        .init(file: "# comment\n\nb@x OTHER\na@x KEY\n", isAuthorised: true),
        .init(file: "a@x,b@x KEY", isAuthorised: true),
        .init(file: "*@x KEY", isAuthorised: true),
        .init(file: "?@x,*@y KEY", isAuthorised: true),
        .init(file: "!b@x,*@x KEY", isAuthorised: true),
        .init(file: "!a@x KEY", isAuthorised: false),
        .init(file: "!a@x,a@x KEY", isAuthorised: false),
        .init(file: "!*,a@x KEY", isAuthorised: false),
        .init(file: "!a*,a@x,b@x KEY", isAuthorised: true),
        .init(file: "\"a@x\" KEY", isAuthorised: true),
        .init(file: "\"Ann Example,ann@x\" KEY", isAuthorised: true),
        .init(file: "Änne@x KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"git\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"file\" KEY", isAuthorised: false),
        .init(file: "a@x namespaces=\"file\" KEY", namespace: "file", isAuthorised: true),
        .init(file: "a@x namespaces=\"file,git\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"g*\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"!git,*\" KEY", isAuthorised: false),
        .init(file: "a@x namespaces=\"\" KEY", isAuthorised: false),
        .init(file: "a@x namespaces=\"Git\" KEY", isAuthorised: false),
        .init(file: "a@x NameSpaces=\"git\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"x y,git\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"x\\\"y,git\" KEY", isAuthorised: true),
        .init(file: "a@x namespaces=\"file\" KEY\na@x KEY", isAuthorised: true),
        .init(file: "a@x KEY\na@x KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260701120000Z\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260701120001Z\" KEY", isAuthorised: false),
        .init(file: "a@x valid-after=\"202607011200Z\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"202607011201Z\" KEY", isAuthorised: false),
        .init(file: "a@x valid-after=\"20260701Z\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260701Z\" KEY", time: "20260630235959", isAuthorised: false),
        .init(file: "a@x valid-after=\"20260701z\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260701120000UTC\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260701120001utc\" KEY", isAuthorised: false),
        .init(file: "a@x valid-before=\"20260701120000Z\" KEY", isAuthorised: true),
        .init(file: "a@x valid-before=\"20260701115959Z\" KEY", isAuthorised: false),
        .init(file: "a@x valid-before=\"20260701Z\" KEY", isAuthorised: false),
        .init(file: "a@x valid-before=\"20380120Z\" KEY", time: "20380119031408", isAuthorised: true),
        .init(file: "a@x valid-after=\"20240229Z\",valid-before=\"21000301Z\" KEY", isAuthorised: true),
        .init(
            file: "a@x valid-before=\"20260702Z\",namespaces=\"git\",valid-after=\"20260630Z\" KEY",
            isAuthorised: true),
        .init(
            file: "a@x valid-before=\"20200101Z\" KEY\na valid-after=\"20210101Z\" KEY", isAuthorised: true),
        // In the zone of this machine, two days apart so that every zone gives one answer.
        .init(file: "a@x valid-after=\"20260629\" KEY", isAuthorised: true),
        .init(file: "a@x valid-after=\"20260703\" KEY", isAuthorised: false),
        .init(file: "a@x valid-before=\"202607030000\" KEY", isAuthorised: true),
        .init(file: "a@x valid-before=\"20260629235959\" KEY", isAuthorised: false),
    ]

    @Test("a key is authorised when ssh-keygen, asked as Git asks it, says so", arguments: table)
    func verdicts(test: AllowedSignersCase) throws {
        let made = try SigningKeyKind.ed25519.key()
        let file = try Self.fill(test.file)
        let message = Array("a message".utf8)
        let signature = try made.privateKey().sign(message, namespace: test.namespace)
        let time = try #require(ValidityTime(test.time + "Z")).seconds
        let verdict = try AllowedSigners(parsing: file)
            .authorise(key: signature.publicKey, namespace: test.namespace, at: time)

        let folder = try SigningFolder()
        try folder.write(file, to: "allowed")
        try folder.write(signature.armored, to: "signature")
        let options = ["-f", "allowed", "-s", "signature", "-Overify-time=\(test.time)Z"]
        let found = try folder.run(["ssh-keygen", "-Y", "find-principals"] + options)
        let principals = found.isSuccess ? found.output.split(separator: "\n").map(String.init) : []
        let accepted = try principals.filter { principal in
            let verify = ["ssh-keygen", "-Y", "verify", "-n", test.namespace, "-I", principal] + options
            return try folder.run(verify, input: message).isSuccess
        }
        #expect(!accepted.isEmpty == test.isAuthorised, "\(found.printed)")
        if case .authorised(let principal) = verdict {
            #expect(test.isAuthorised)
            #expect(accepted.contains(principal))
        } else {
            #expect(!test.isAuthorised, "\(verdict)")
        }
    }

    @Test(
        "a refusal names the line and the reason",
        arguments: [
            ("a@x OTHER", .unknownKey), ("!a@x KEY", .unknownKey),
            (
                "# x\na@x valid-after=\"20270101Z\" KEY",
                .notYetValid(line: 2, validAfter: 1_798_761_600)
            ),
            ("a@x valid-before=\"20260101Z\" KEY", .expired(line: 1, validBefore: 1_767_225_600)),
            (
                "\n\na@x namespaces=\"file,!git\" KEY",
                .wrongNamespace(line: 3, allowed: PatternList("file,!git"))
            ),
            (
                "a@x namespaces=\"file\" KEY\na@x valid-before=\"20260101Z\" KEY",
                .wrongNamespace(line: 1, allowed: PatternList("file"))
            ),
            ("!b@x,*@x,a@x KEY", .authorised(principal: "*@x")),
        ] as [(String, AllowedSigners.Verdict)])
    func reasons(template: String, verdict: AllowedSigners.Verdict) throws {
        let key = try SigningKeyKind.ed25519.key().publicKey()
        let signers = try AllowedSigners(parsing: Self.fill(template))
        #expect(signers.authorise(key: key, namespace: "git", at: 1_782_907_200) == verdict)
    }

    @Test(
        "principals match as ssh-keygen matches them",
        arguments: [
            ("a@x", "a@x"), ("a@x", "A@x"), ("a@x", "a@xx"), ("*", "a@x"), ("*", "*"), ("a*x", "a@x"),
            ("a*x", "ax"),
            ("a*x*", "a@x@y"), ("*x", "xyx"), ("*xy", "xxy"), ("a?x", "a@x"), ("a?x", "ax"), ("??", "ä"),
            ("?", "ä"),
            ("b,a", "a"), ("!a,*", "a"), ("!a,*", "b"), ("*,!a", "a"), ("!*", "a"), ("a,", "a"),
            ("*a*a*a*a*b", "aaaaaaaaaaaa"),
            ("a**b", "acb"), ("!!a,*", "!a"), ("!!a,*", "a"), (",\u{301}a,b", "b"),
            ("!\u{301}a,*", "\u{301}a"),
        ])
    func patterns(list: String, principal: String) throws {
        let made = try SigningKeyKind.ed25519.key()
        let folder = try SigningFolder()
        try folder.write("\(list) \(made.publicText)\n", to: "allowed")
        let message = Array("a message".utf8)
        try folder.write(made.privateKey().sign(message, namespace: "git").armored, to: "signature")
        let verify = [
            "ssh-keygen", "-Y", "verify", "-f", "allowed", "-n", "git", "-I", principal, "-s", "signature",
        ]
        let judged = try folder.run(verify, input: message)
        #expect(PatternList(list).matches(principal) == judged.isSuccess, "\(judged.printed)")
    }

    @Test(
        "what is wrong is said with line and column",
        arguments: [
            ("a@x", 1, 4, "expected a space after the principals, then a key such as \"ssh-ed25519 AAAA…\""),
            (
                "a@x \t", 1, 4,
                "expected a space after the principals, then a key such as \"ssh-ed25519 AAAA…\""
            ),
            ("\"a@x KEY", 1, 1, "expected a closing quote after the principals"),
            ("a\"b c\" KEY", 1, 2, "expected the quotes around all principals"),
            (
                "\"a b\"c KEY", 1, 6,
                "expected a space after the principals, then a key such as \"ssh-ed25519 AAAA…\""
            ),
            (
                "a@x,,b@x KEY", 1, 1,
                "expected principals separated by commas, none empty or of 1,024 bytes or more"
            ),
            (
                "\"\" KEY", 1, 1,
                "expected principals separated by commas, none empty or of 1,024 bytes or more"
            ),
            (
                "a@x OTHER\n\nb@x foo KEY", 3, 5,
                "unknown option or key type \"foo\"; expected namespaces=\"…\", "
                    + "valid-after=\"…\", valid-before=\"…\" or a key such as \"ssh-ed25519 AAAA…\""
            ),
            (
                "a@x namespaces=\"git\",foo=\"x\" KEY", 1, 22,
                "unknown option or key type \"foo\"; expected "
                    + "namespaces=\"…\", valid-after=\"…\", "
                    + "valid-before=\"…\" or a key such as \"ssh-ed25519 AAAA…\""
            ),
            (
                "a@x namespaces=\"git\", KEY", 1, 22,
                "unknown option or key type \"\"; expected namespaces=\"…\", "
                    + "valid-after=\"…\", valid-before=\"…\" or a key such as \"ssh-ed25519 AAAA…\""
            ),
            ("a@x namespaces KEY", 1, 15, "expected \"=\" after \"namespaces\""),
            ("a@x namespaces=git KEY", 1, 16, "expected the value of \"namespaces\" in double quotes"),
            ("a@x namespaces=\"git KEY", 1, 16, "expected a closing quote after the value of \"namespaces\""),
            ("a@x namespaces=\"git\"KEY", 1, 21, "expected a space between the options and the key type"),
            ("a@x namespaces=\"a\",namespaces=\"b\" KEY", 1, 20, "expected \"namespaces\" once"),
            (
                "a@x valid-after=\"20200101Z\",valid-after=\"20210101Z\" KEY", 1, 29,
                "expected \"valid-after\" once"
            ),
            (
                "a@x valid-after=\"20260231Z\" KEY", 1, 17,
                "expected a time such as \"20261130Z\" or \"20261130170000Z\", later than 1970-01-01"
            ),
            (
                "a@x valid-before=\"2026\" KEY", 1, 18,
                "expected a time such as \"20261130Z\" or \"20261130170000Z\", later than 1970-01-01"
            ),
            (
                "a@x valid-before=\"19700101Z\" KEY", 1, 18,
                "expected a time such as \"20261130Z\" or \"20261130170000Z\", later than 1970-01-01"
            ),
            (
                "a@x valid-after=\"20260101Z\",valid-before=\"20260101Z\" KEY", 1, 53,
                "expected valid-before to be later than valid-after"
            ),
            ("a@x ssh-ed25519", 1, 5, "expected base64 after \"ssh-ed25519\""),
            ("a@x ssh-ed25519 AAAA", 1, 5, "ends within its key type"),
            ("a@x KEY\0", 1, 85, "expected no control character"),
            ("a@x OTHER\n# \u{1B}[2J", 2, 3, "expected no control character"),
        ])
    func malformed(template: String, line: Int, column: Int, message: String) throws {
        let error = #expect(throws: AllowedSignersError.self) {
            try AllowedSigners(parsing: Self.fill(template))
        }
        #expect(error == AllowedSignersError(code: .malformed, line: line, column: column, message: message))
        #expect(error?.description == "\(line):\(column): \(message)")
    }

    @Test(
        "what is not supported here is named",
        arguments: [
            (
                "*@x cert-authority KEY", 5,
                "certificate authorities (\"cert-authority\") are not supported yet"
            ),
            (
                "*@x namespaces=\"git\",CERT-authority KEY", 22,
                "certificate authorities (\"cert-authority\") are not supported yet"
            ),
            (
                "a@x namespaces=\"git\" foo AAAA", 22,
                "unknown key type \"foo\"; expected one of ssh-ed25519, ecdsa-sha2-nistp256, "
                    + "ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-rsa, sk-ssh-ed25519@openssh.com, "
                    + "sk-ecdsa-sha2-nistp256@openssh.com"
            ),
            (
                "a@x ssh-rsa-cert-v01@openssh.com AAAA", 5,
                "certificates (type \"ssh-rsa-cert-v01@openssh.com\") are not supported yet"
            ),
        ])
    func unsupported(template: String, column: Int, message: String) throws {
        let error = #expect(throws: AllowedSignersError.self) {
            try AllowedSigners(parsing: Self.fill(template))
        }
        #expect(error == AllowedSignersError(code: .unsupported, line: 1, column: column, message: message))
    }

    @Test(
        "a time without Z depends on the machine, and the signer says so",
        arguments: [
            ("a@x KEY", false), ("a@x valid-after=\"20260101Z\" KEY", false),
            ("a@x valid-after=\"20260101\" KEY", true),
            ("a@x valid-after=\"20260101Z\",valid-before=\"20270101\" KEY", true),
        ])
    func timeZones(template: String, depends: Bool) throws {
        let signers = try AllowedSigners(parsing: Self.fill(template)).signers
        #expect(signers.map(\.dependsOnTimeZone) == [depends])
    }

    @Test(
        "a time without Z is the second that ssh-keygen takes it for",
        arguments: [
            "20260701", "20260115", "202607011200", "20261231235959",
        ])
    func localTimes(text: String) throws {
        let made = try SigningKeyKind.ed25519.key()
        let folder = try SigningFolder()
        try folder.write("a@x valid-after=\"\(text)\" \(made.publicText)\n", to: "allowed")
        try folder.write(made.privateKey().sign([1], namespace: "git").armored, to: "signature")
        let seconds = try #require(ValidityTime(text)).seconds
        for (moment, isValid) in [(seconds, true), (seconds - 1, false)] {
            let time = try Self.text(of: moment)
            let found = try folder.run(
                [
                    "ssh-keygen", "-Y", "find-principals", "-f", "allowed", "-s", "signature",
                    "-Overify-time=\(time)",
                ], inUTC: false)
            #expect(found.isSuccess == isValid, "\(found.printed)")
        }
    }

    /// The moment as `YYYYMMDDHHMMSSZ`.
    private static func text(of seconds: UnixSeconds) throws -> String {
        let formatted = try SigningFolder().run(["date", "-u", "-d", "@\(seconds)", "+%Y%m%d%H%M%SZ"])
        return formatted.output.split(separator: "\n").joined()
    }

    @Test("files and lines have an end")
    func bounds() {
        for (text, line) in [
            (String(repeating: "#", count: 1 << 20 + 1), 1),
            ("\n" + String(repeating: "#", count: 16_385), 2),
        ] {
            let error = #expect(throws: AllowedSignersError.self) { try AllowedSigners(parsing: text) }
            #expect(error?.code == .tooLarge)
            #expect(error?.line == line)
        }
    }

    static func fill(_ template: String) throws -> String {
        try template.replacing("KEY", with: SigningKeyKind.ed25519.key().publicText)
            .replacing("OTHER", with: SigningKeyKind.ecdsa256.key().publicText)
    }
}
