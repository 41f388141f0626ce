import FleetTesting

@testable import FleetRepository

/// Commits with OpenPGP signatures, made by stock gpg and then bent, each with the keys that are listed.
struct OpenPGPCorpus {
    private(set) var cases: [CorpusCase] = []
    private let home: GnuPGHome
    private let olga: String
    /// The commit that most cases begin with, and its signature by `olga`.
    private let payload = String(decoding: CorpusCommit.payload(), as: UTF8.self)
    private let armour: String
    /// Olga's key alone.
    private let listed: String

    init() throws {
        home = try GnuPGHome()
        olga = try home.makeKey("olga")
        armour = try home.signature(of: payload, by: olga)
        listed = try home.export(olga)
        try addKeys()
        try addTimes()
        try addOptions()
        addTampering()
        addArmours()
        try addBits()
    }

    private mutating func add(_ name: String, _ commit: [UInt8], keys: String? = nil) {
        cases.append(CorpusCase(name: name, commit: commit, signers: Array((keys ?? listed).utf8)))
    }

    private mutating func add(_ name: String, armour: String, keys: String? = nil) {
        add(name, CorpusCommit.signed(Array(payload.utf8), Array(armour.utf8)), keys: keys)
    }

    private mutating func addKeys() throws {
        let other = Array(String(payload).replacing("a message", with: "another").utf8)
        for algorithm in ["ed25519", "nistp256", "rsa1024", "rsa2048", "rsa3072"] {
            let key = try home.makeKey("\(algorithm)-key", algorithm: algorithm)
            let (text, keys) = (try home.signature(of: payload, by: key), try home.export(key))
            add("\(algorithm): good", armour: text, keys: keys)
            add("\(algorithm): not listed", armour: text)
            add("\(algorithm): listed second", armour: text, keys: listed + keys)
            add("\(algorithm): another commit's", CorpusCommit.signed(other, Array(text.utf8)), keys: keys)
        }
        let owner = try home.makeKey("owner")
        try home.gpg("--quick-add-key", owner, "ed25519", "sign")
        let subkey = try home.fingerprints(of: "owner")[1]
        let text = try home.signature(of: payload, by: subkey)
        add("subkey: good", armour: text, keys: try home.export(owner))
        add("subkey: for logging in", armour: text, keys: try home.exportForLoggingIn(owner))
        let rex = try home.makeKey("rex")
        let signed = try home.signature(of: payload, by: rex)
        add("revoked: before", armour: signed, keys: try home.export(rex))
        add("revoked: after", armour: signed, keys: try home.exportRevoked(rex))
        add("unsigned", Array(payload.utf8))
        add("no key is listed that signs", armour: armour, keys: try home.export(rex))
    }

    /// Keys with an end, on this machine's clock long ago or long from now.
    private mutating func addTimes() throws {
        let old = try home.makeKey("old", at: "20200101T000000", end: "20200601T000000")
        let (keys, time) = (try home.export(old), "20200301T000000")
        let then = payload.replacing("\(CorpusCommit.time)", with: "1583020800")
        for (name, text) in [("dated within", then), ("dated after its end", payload)] {
            let armour = try home.signature(of: text, by: old, ["--faked-system-time", time])
            add("expired: \(name)", CorpusCommit.signed(Array(text.utf8), Array(armour.utf8)), keys: keys)
        }
        let long = try home.makeKey("long", end: "20400101T000000")
        add(
            "ends in 2040: good", armour: try home.signature(of: payload, by: long),
            keys: try home.export(long))
    }

    private mutating func addOptions() throws {
        for digest in ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] {
            add(
                "digest \(digest)",
                armour: try home.signature(of: payload, by: olga, ["--digest-algo", digest]))
        }
        add("over text", armour: try home.signature(of: payload, by: olga, ["--textmode"]))
        add(
            "with an end", armour: try home.signature(of: payload, by: olga, ["--default-sig-expire", "30y"]))
        let mallory = try home.makeKey("mallory")
        let both = try home.signature(of: payload, by: olga, ["-u", "\(mallory)!"])
        add("two signatures, both listed", armour: both, keys: listed + (try home.export(mallory)))
        add("two signatures, one listed", armour: both)
        add(
            "with a notation",
            armour: try home.signature(of: payload, by: olga, ["--sig-notation", "note@example.com=hello"]))
        add(
            "with a policy",
            armour: try home.signature(of: payload, by: olga, ["--sig-policy-url", "https://example.com/"]))
    }

    private mutating func addTampering() {
        let commit = CorpusCommit.signed(Array(payload.utf8), Array(armour.utf8))
        let changes = [
            ("the tree", "4b825dc6", "4b825dc7"), ("the parent", "parent 55", "parent 65"),
            ("the author", "author Ann", "author Eve"), ("the message", "a message", "a massage"),
            ("the message's end", "message\n", "message"),
            ("a NUL in the message", "a message", "a\0message"),
            ("a NUL at the end", "message\n", "message\n\0"), ("carriage returns", "\n", "\r\n"),
            ("an encoding", "\ngpgsig ", "\nencoding ISO-8859-1\ngpgsig "),
        ]
        for (name, old, new) in changes { add("changed: \(name)", commit.exchanging(old, for: new)) }
        add("twice", CorpusCommit.signed(commit, Array(armour.utf8)))
        add("SHA-256 besides", CorpusCommit.signed(commit, Array(armour.utf8), header: "gpgsig-sha256"))
        add(
            "in the message",
            Array(payload.replacing("\n\n", with: "\n\ngpgsig \(armour.replacing("\n", with: "\n "))\n").utf8)
        )
    }

    /// Other ways to write the same signature.
    private mutating func addArmours() {
        let lines = armour.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
        let (begin, end) = (lines[0] + "\n", lines[lines.count - 1] + "\n")
        let checksum = lines[lines.count - 2] + "\n"
        let digits = lines.dropFirst().dropLast(2).joined()
        let body = digits + "\n"
        let variants = [
            ("as it is", armour), ("one long line", begin + "\n" + body + checksum + end),
            ("no checksum", begin + "\n" + body + end),
            ("a wrong checksum", begin + "\n" + body + "=AAAA\n" + end),
            ("a version", begin + "Version: GnuPG v2\n\n" + body + checksum + end),
            ("a comment", begin + "Comment: hello\n\n" + body + checksum + end),
            ("a hash", begin + "Hash: SHA512\n\n" + body + checksum + end),
            ("no empty line", begin + body + checksum + end),
            ("carriage returns", armour.replacing("\n", with: "\r\n")),
            ("a space at each line's end", armour.replacing("\n", with: " \n")),
            ("text before", "hello\n" + armour), ("text after", armour + "hello\n"),
            ("twice", armour + armour), ("no end", begin + "\n" + body + checksum),
            ("the end of another", armour.replacing("END PGP SIGNATURE", with: "END PGP MESSAGE")),
            ("a message's words", armour.replacing("SIGNATURE", with: "MESSAGE")),
            ("a key's words", armour.replacing("SIGNATURE", with: "PUBLIC KEY BLOCK")),
            ("SSH's words", armour.replacing("PGP", with: "SSH")),
            ("no digits", begin + "\n" + end), ("a key in its place", listed),
            (
                "an empty line inside",
                begin + "\n" + digits.prefix(64) + "\n\n" + digits.dropFirst(64) + "\n" + end
            ),
        ]
        for (name, text) in variants { add("armour: \(name)", armour: text) }
        for length in stride(from: 20, to: armour.count - 2, by: 23) {
            add("armour: its first \(length) bytes", armour: String(armour.prefix(length)))
        }
    }

    /// One bit in turn of what the text stands for.
    private mutating func addBits() throws {
        let blob = try OpenPGPSignature(armored: armour).bytes
        func written(_ bytes: [UInt8]) -> String {
            let digits = String(decoding: Base64.encode(bytes), as: UTF8.self)
            return "-----BEGIN PGP SIGNATURE-----\n\n\(digits)\n-----END PGP SIGNATURE-----\n"
        }
        for index in blob.indices.striding(by: 2) {
            add("bit \(index % 8) of byte \(index)", armour: written(blob.turning(bit: index % 8, of: index)))
        }
        add("a byte more", armour: written(blob + [0]))
        add("a byte less", armour: written(Array(blob.dropLast())))
    }
}

extension Range<Int> {
    fileprivate func striding(by step: Int) -> StrideTo<Int> {
        stride(from: lowerBound, to: upperBound, by: step)
    }
}
