import Testing

@testable import FleetRepository

@Suite("SSH keys")
struct SigningKeyTests {
    @Test(
        "reads a public key and prints it and its fingerprint as ssh-keygen does",
        arguments: SigningKeyKind.allCases)
    func publicKeys(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let key = try SSHPublicKey(text: made.publicText + " a comment")
        #expect(key.description == made.publicText)
        #expect(try SSHPublicKey(blob: key.blob[...]) == key)

        let folder = try SigningFolder()
        try folder.write(made.publicText, to: "key.pub")
        let listing = try folder.run(["ssh-keygen", "-l", "-f", "key.pub"]).output
        #expect(listing.split(separator: " ").dropFirst().first.map(String.init) == key.fingerprint)
    }

    @Test("reads a private key with its comment", arguments: SigningKeyKind.allCases)
    func privateKeys(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let key = try made.privateKey()
        #expect(key.publicKey.description == made.publicText)
        #expect(key.comment == SigningTestKey.comment)
    }

    @Test("a generated key is one that ssh-keygen reads and signs with")
    func generates() throws {
        let (key, file) = try SSHPrivateKey.generateEd25519(comment: "plimsoll atm-0001")
        let folder = try SigningFolder()
        try folder.write(file, to: "key")
        let printed = try folder.run(["ssh-keygen", "-y", "-f", "key"]).output
        #expect(printed == "\(key.publicKey) plimsoll atm-0001\n")
        try folder.write("hello", to: "message")
        #expect(try folder.run(["ssh-keygen", "-Y", "sign", "-n", "git", "-f", "key", "message"]).isSuccess)
        let theirs = try SSHSignature(armored: folder.read("message.sig"))
        #expect(theirs.publicKey == key.publicKey && theirs.verify(Array("hello".utf8), namespace: "git"))

        let read = try SSHPrivateKey(file: Array(file.utf8))
        #expect(read.publicKey == key.publicKey)
        #expect(read.comment == "plimsoll atm-0001")
        #expect(try SSHPrivateKey.generateEd25519(comment: "").key.publicKey != key.publicKey)
    }

    @Test(
        "a key's file is byte for byte that of ssh-keygen",
        arguments: ["", "a", "atm-0001", "atm-0001@example.com"])
    func writesTheSameFile(comment: String) throws {
        let folder = try SigningFolder()
        try folder.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", "key"])
        let file = try folder.read("key")
        let key = try SSHPrivateKey(file: file)
        guard case .ed25519(let secret) = key.material else {
            Issue.record("expected an ed25519 key")
            return
        }
        // Before it: magic, "none" twice, "", one key, the public key, the length of the private part.
        let blob = try TextArmor.privateKey.decode(file, for: .readPrivateKey)
        var reader = SSHWireReader(blob.dropFirst(15 + 8 + 8 + 4 + 4 + 55 + 4), for: .readPrivateKey)
        let ours = SSHPrivateKey.file(
            secret, blob: key.publicKey.blob, comment: comment, checkNumber: try reader.uint32("check number")
        )
        #expect(Array(ours.utf8) == file)
    }

    @Test("a comment with a line feed is refused")
    func refusesComment() {
        let error = #expect(throws: SigningError.self) { try SSHPrivateKey.generateEd25519(comment: "a\nb") }
        #expect(error?.code == .malformed)
    }

    @Test("a private key is not shown when printed or dumped")
    func hidesSecrets() throws {
        let (key, _) = try SSHPrivateKey.generateEd25519(comment: "secret comment")
        var dumped = ""
        dump([key], to: &dumped)
        let expected = "private key of \(key.publicKey.fingerprint)"
        #expect("\(key)" == expected)
        #expect(dumped == "▿ 1 element\n  - \(expected)\n")
    }

    @Test("an encrypted key says that it needs a passphrase")
    func encrypted() throws {
        let made = try SigningTestKey(arguments: ["-t", "ed25519"], passphrase: "a passphrase")
        let error = #expect(throws: SigningError.self) { try made.privateKey() }
        #expect(error?.code == .encrypted)
        #expect(error?.message.hasPrefix("needs a passphrase, which nobody can type on a node") == true)
    }

    @Test(
        "a key in PEM names its format, and the command in the message converts it",
        arguments: [
            (["-t", "rsa", "-b", "2048", "-m", "PEM"], "PKCS#1"),
            (["-t", "rsa", "-b", "2048", "-m", "PKCS8"], "PKCS#8"),
            (["-t", "ecdsa", "-m", "PEM"], "SEC 1"),
            (["-t", "ecdsa", "-m", "PKCS8"], "PKCS#8"),
        ])
    func pem(arguments: [String], format: String) throws {
        let made = try SigningTestKey(arguments: arguments)
        let error = #expect(throws: SigningError.self) { try made.privateKey() }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("is a \(format) key in PEM") == true)
        #expect(error?.message.contains("\"ssh-keygen -p -f FILE\"") == true)

        let folder = try SigningFolder()
        try folder.write(made.file, to: "key")
        #expect(try folder.run(["ssh-keygen", "-p", "-N", "", "-f", "key"]).isSuccess)
        #expect(try SSHPrivateKey(file: folder.read("key")).publicKey.description == made.publicText)
    }

    @Test("RSA keys below 2048 bits are refused, though OpenSSH takes 1024")
    func weak() throws {
        let made = try SigningTestKey(arguments: ["-t", "rsa", "-b", "1024"])
        for read in [{ try made.publicKey() }, { try made.privateKey().publicKey }] {
            let error = #expect(throws: SigningError.self) { try read() }
            #expect(error?.code == .weak)
            #expect(error?.message == "an RSA key of 1024 bits is too short; expected 2048 or more")
        }
    }

    @Test(
        "types that are not supported are named",
        arguments: [
            (
                "ssh-ed25519-cert-v01@openssh.com",
                "certificates (type \"ssh-ed25519-cert-v01@openssh.com\") are not supported yet"
            ),
            ("ssh-dss", "DSA keys (type \"ssh-dss\") are not secure; use ssh-ed25519"),
        ])
    func unsupported(type: String, message: String) {
        var writer = SSHWireWriter()
        writer.string(type.utf8)
        writer.string([1, 2, 3] as [UInt8])
        let text = "\(type) \(String(decoding: Base64.encode(writer.bytes), as: UTF8.self))"
        for read in [{ try SSHPublicKey(text: text) }, { try SSHPublicKey(blob: writer.bytes[...]) }] {
            let error = #expect(throws: SigningError.self) { try read() }
            #expect(error == SigningError(.readPublicKey, .unsupported, message))
        }
    }

    @Test(
        "a public key whose text is not one is refused",
        arguments: [
            "", " ", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!", "hello AAAA",
            "ssh-rsa KEY", "ssh-ed25519 KEY=", "ssh-ed25519 KEYAAAA", "ssh-ed25519\nKEY", "ssh-ed25519 KEY\n",
        ])
    func malformedText(template: String) throws {
        let base64 = try SigningKeyKind.ed25519.key().publicText.split(separator: " ")[1]
        let text = template.replacing("KEY", with: base64)
        #expect(throws: SigningError.self) { try SSHPublicKey(text: text) }
    }

    @Test(
        "a point that is not on its curve is refused",
        arguments: [
            SigningKeyKind.ecdsa256, .ecdsa384, .ecdsa521,
        ])
    func offCurve(kind: SigningKeyKind) throws {
        var blob = try kind.key().publicKey().blob
        blob[blob.count - 1] ^= 1
        #expect(throws: SigningError.self) { try SSHPublicKey(blob: blob[...]) }
    }

    @Test(
        "a point in another form, compressed or hybrid, is refused: one key has one blob",
        arguments: [SigningKeyKind.ecdsa256, .ecdsa384, .ecdsa521])
    func otherForms(kind: SigningKeyKind) throws {
        let key = try kind.key().publicKey()
        let curve = try #require(key.algorithm.curve)
        let point = key.blob.suffix(1 + 2 * key.algorithm.coordinateByteCount)
        let parity = (point.last ?? 0) & 1
        let coordinates = Array(point.dropFirst())
        let forms: [[UInt8]] = [
            [2 + parity] + coordinates.prefix(key.algorithm.coordinateByteCount), [6 + parity] + coordinates,
            [0], [],
        ]
        for form in forms {
            var writer = SSHWireWriter()
            writer.string(key.algorithm.rawValue.utf8)
            writer.string(curve.utf8)
            writer.string(form)
            let error = #expect(throws: SigningError.self) { try SSHPublicKey(blob: writer.bytes[...]) }
            #expect(error?.message == "expected a point on \(curve), uncompressed")
        }
    }

    @Test("an RSA key with needless zeros is refused: one key has one blob")
    func needlessZeros() throws {
        let blob = try SigningKeyKind.rsa2048.key().publicKey().blob
        // "ssh-rsa", the exponent 65537, then the modulus with its sign byte.
        let exponent = 11..<18
        try #require(Array(blob[exponent]) == [0, 0, 0, 3, 1, 0, 1])
        let padded = blob[..<exponent.lowerBound] + [0, 0, 0, 4, 0, 1, 0, 1] + blob[exponent.upperBound...]
        let error = #expect(throws: SigningError.self) { try SSHPublicKey(blob: Array(padded)[...]) }
        #expect(error?.message == "expected no needless zeros before its exponent")
    }

    @Test(
        "a private key whose file was cut anywhere is refused",
        arguments: [SigningKeyKind.ed25519, .ecdsa256])
    func truncatedPrivateKey(kind: SigningKeyKind) throws {
        let file = try kind.key().file
        // What may be missing is the last line feed.
        for count in 0..<(file.count - 1) {
            #expect(throws: SigningError.self) { try SSHPrivateKey(file: Array(file.prefix(count))) }
        }
        let blob = try TextArmor.privateKey.decode(file, for: .readPrivateKey)
        for count in 0..<blob.count {
            let text = TextArmor.privateKey.encode(Array(blob.prefix(count)))
            #expect(throws: SigningError.self) { try SSHPrivateKey(file: Array(text.utf8)) }
        }
    }

    @Test(
        "a private key with one bit changed is refused, whichever bit, but for its comment",
        arguments: [SigningKeyKind.ed25519, .ecdsa256, .ecdsa384, .ecdsa521])
    func oneBit(kind: SigningKeyKind) throws {
        let blob = try TextArmor.privateKey.decode(kind.key().file, for: .readPrivateKey)
        let comment = try #require(blob.firstRange(of: Array(SigningTestKey.comment.utf8)))
        for index in blob.indices where !comment.contains(index) {
            for bit in 0..<8 {
                var changed = blob
                changed[index] ^= 1 << bit
                let text = TextArmor.privateKey.encode(changed)
                #expect(throws: SigningError.self, "bit \(bit) of byte \(index) does not matter") {
                    try SSHPrivateKey(file: Array(text.utf8))
                }
            }
        }
    }

    @Test("what is longer than any key is refused before it is read")
    func bounds() {
        let privateError = #expect(throws: SigningError.self) {
            try SSHPrivateKey(file: Array(repeating: 0x41, count: 65_537))
        }
        #expect(privateError?.code == .tooLarge)
        let publicError = #expect(throws: SigningError.self) {
            try SSHPublicKey(text: String(repeating: "A", count: 8_193))
        }
        #expect(publicError?.code == .tooLarge)
    }
}
