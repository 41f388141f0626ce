import Testing

@testable import FleetRepository

@Suite("SSH signatures")
struct SigningSignatureTests {
    private static let message = Array("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message\n".utf8)

    @Test("what is signed here, ssh-keygen verifies", arguments: SigningKeyKind.allCases)
    func oursVerifyThere(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let signature = try made.privateKey().sign(Self.message, namespace: "git")
        #expect(signature.verify(Self.message, namespace: "git"))
        #expect(try SSHSignature(armored: signature.armored) == signature)

        let folder = try SigningFolder()
        try folder.write("someone@example.com \(made.publicText)\n", to: "allowed")
        try folder.write(signature.armored, to: "signature")
        let verify = [
            "ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "someone@example.com", "-n", "git", "-s",
            "signature",
        ]
        let result = try folder.run(verify, input: Self.message)
        #expect(result.isSuccess, "\(result.printed)")
        #expect(try !folder.run(verify, input: Self.message + [0]).isSuccess)
    }

    @Test("what ssh-keygen signs, is verified here", arguments: SigningKeyKind.allCases)
    func theirsVerifyHere(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let text = try made.signature(of: Self.message)
        let signature = try SSHSignature(armored: text)
        #expect(signature.publicKey.description == made.publicText)
        #expect(signature.namespace == "git")
        #expect(signature.hash == .sha512)
        #expect(signature.verify(Self.message, namespace: "git"))
        #expect(signature.armored == text)
        if kind.isDeterministic {
            #expect(try made.privateKey().sign(Self.message, namespace: "git").armored == text)
        }

        #expect(!signature.verify(Self.message, namespace: "file"))
        #expect(!signature.verify(Self.message, namespace: ""))
        #expect(!signature.verify(Self.message + [0], namespace: "git"))
        #expect(!signature.verify([], namespace: "git"))
        let known = try SSHSignature(armored: text, knownKey: made.publicKey())
        #expect(known == signature && known.verify(Self.message, namespace: "git"))
    }

    @Test(
        "a signature by one key is none by another of its type",
        arguments: [
            SigningKeyKind.ed25519, .ecdsa256, .rsa2048,
        ])
    func anotherKey(kind: SigningKeyKind) throws {
        let arguments: [String] =
            switch kind {
            case .ecdsa256: ["-t", "ecdsa", "-b", "256"]
            case .rsa2048: ["-t", "rsa", "-b", "2048"]
            default: ["-t", "ed25519"]
            }
        let other = try SigningTestKey(arguments: arguments).publicKey()
        let signature = try kind.key().privateKey().sign(Self.message, namespace: "git")
        let forged = SSHSignature(
            publicKey: other, namespace: "git", hash: .sha512, value: signature.value)
        #expect(!forged.verify(Self.message, namespace: "git"))
        // A known key that did not make it is not taken for the one that did.
        let read = try SSHSignature(armored: signature.armored, knownKey: other)
        #expect(read.publicKey == signature.publicKey && read.verify(Self.message, namespace: "git"))
    }

    @Test("SHA-256 inside a signature is accepted")
    func sha256() throws {
        let made = try SigningKeyKind.ed25519.key()
        let folder = try SigningFolder()
        try folder.write(made.file, to: "key")
        try folder.write(Self.message, to: "message")
        try folder.run([
            "ssh-keygen", "-Y", "sign", "-O", "hashalg=sha256", "-n", "git", "-f", "key", "message",
        ])
        let signature = try SSHSignature(armored: folder.read("message.sig"))
        #expect(signature.hash == .sha256)
        #expect(signature.verify(Self.message, namespace: "git"))
    }

    @Test("a signature cut anywhere is refused", arguments: SigningKeyKind.allCases)
    func truncated(kind: SigningKeyKind) throws {
        let signature = try kind.key().privateKey().sign(Self.message, namespace: "git")
        let text = Array(signature.armored.utf8)
        // What may be missing is the last line feed.
        for count in 0..<(text.count - 1) {
            #expect(throws: SigningError.self) { try SSHSignature(armored: Array(text.prefix(count))) }
        }
        let blob = try TextArmor.signature.decode(text, for: .readSignature)
        for count in 0..<blob.count {
            #expect(throws: SigningError.self) { try SSHSignature(blob: Array(blob.prefix(count))) }
        }
        #expect(throws: SigningError.self) { try SSHSignature(blob: blob + [0]) }
    }

    @Test("a signature with one bit changed is refused, whichever bit", arguments: SigningKeyKind.allCases)
    func oneBit(kind: SigningKeyKind) throws {
        let signature = try kind.key().privateKey().sign(Self.message, namespace: "git")
        let blob = try TextArmor.signature.decode(Array(signature.armored.utf8), for: .readSignature)
        for index in blob.indices {
            for bit in 0..<8 {
                var changed = blob
                changed[index] ^= 1 << bit
                let isAccepted =
                    (try? SSHSignature(blob: changed))?.verify(Self.message, namespace: "git") ?? false
                #expect(!isAccepted, "bit \(bit) of byte \(index) does not matter")
            }
        }
    }

    @Test("a signature with one bit of its text changed is refused, whichever bit")
    func oneBitOfTheText() throws {
        let signature = try SigningKeyKind.ed25519.key().privateKey().sign(Self.message, namespace: "git")
        let text = Array(signature.armored.utf8)
        for index in text.indices {
            for bit in 0..<8 {
                var changed = text
                changed[index] ^= 1 << bit
                let read = try? SSHSignature(armored: changed)
                #expect(read?.verify(Self.message, namespace: "git") != true, "bit \(bit) of byte \(index)")
            }
        }
    }

    /// The fields of a signature, to be written with one of them wrong.
    private struct Fields {
        var magic = "SSHSIG"
        var version: UInt32 = 1
        var key: [UInt8]
        var namespace = "git"
        var reserved = ""
        var hash = "sha512"
        var value: [UInt8]

        init(_ signature: SSHSignature) {
            key = signature.publicKey.blob
            value = signature.value.wire
        }

        var blob: [UInt8] {
            var writer = SSHWireWriter()
            writer.raw(magic.utf8)
            writer.uint32(version)
            writer.string(key)
            writer.string(namespace.utf8)
            writer.string(reserved.utf8)
            writer.string(hash.utf8)
            writer.string(value)
            return writer.bytes
        }
    }

    @Test("each field says what was expected of it")
    func fields() throws {
        let right = Fields(try SigningKeyKind.ed25519.key().privateKey().sign(Self.message, namespace: "git"))
        #expect(try SSHSignature(blob: right.blob).verify(Self.message, namespace: "git"))
        let cases: [(String, (inout Fields) -> Void)] = [
            ("expected the magic \"SSHSIG\"", { $0.magic = "SSHSIH" }),
            ("has version 0; expected version 1", { $0.version = 0 }),
            ("has version 2; expected version 1", { $0.version = 2 }),
            ("expected a namespace such as \"git\"", { $0.namespace = "" }),
            ("expected printable text as its namespace", { $0.namespace = "git\0" }),
            ("expected its reserved field to be empty", { $0.reserved = "x" }),
            ("has hash \"sha1\"; expected \"sha512\" or \"sha256\"", { $0.hash = "sha1" }),
            ("has 1 bytes after its end", { $0.value.append(0) }),
            ("ends within its key type", { $0.key = [] }),
        ]
        for (message, change) in cases {
            var wrong = right
            change(&wrong)
            let error = #expect(throws: SigningError.self) { try SSHSignature(blob: wrong.blob) }
            #expect(error?.message == message)
        }
    }

    @Test("RSA with SHA-1 and the algorithm of another key are refused")
    func algorithms() throws {
        for (kind, algorithm) in [
            (SigningKeyKind.rsa2048, "ssh-rsa"), (.rsa2048, "ssh-ed25519"), (.ed25519, "rsa-sha2-512"),
            (.ecdsa256, "ecdsa-sha2-nistp384"), (.ecdsa256, "none"),
        ] {
            let signature = try kind.key().privateKey().sign(Self.message, namespace: "git")
            var fields = Fields(signature)
            var value = SSHWireWriter()
            value.string(algorithm.utf8)
            value.string(signature.value.bytes)
            fields.value = value.bytes
            let error = #expect(throws: SigningError.self) { try SSHSignature(blob: fields.blob) }
            #expect(error?.code == .unsupported)
            #expect(error?.message.hasPrefix("algorithm \"\(algorithm)\" is not accepted") == true)
        }
    }

    @Test("an RSA signature that was cut at its leading zeros is accepted, as OpenSSH accepts it")
    func shortRSA() throws {
        let made = try SigningKeyKind.rsa2048.key()
        let key = try made.privateKey()
        // One signature in 256 begins with a zero.
        for number in 0..<20_000 {
            let message = Array("message \(number)".utf8)
            let signature = try key.sign(message, namespace: "git")
            guard signature.value.bytes.first == 0 else { continue }
            var fields = Fields(signature)
            var value = SSHWireWriter()
            value.string("rsa-sha2-512".utf8)
            value.string(signature.value.bytes.drop { $0 == 0 })
            fields.value = value.bytes
            #expect(try SSHSignature(blob: fields.blob).verify(message, namespace: "git"))
            return
        }
        Issue.record("no signature began with a zero")
    }

    @Test(
        "ECDSA numbers are positive, without needless zeros, and no longer than the curve",
        arguments: [
            SigningKeyKind.ecdsa256, .ecdsa384, .ecdsa521,
        ])
    func ecdsaNumbers(kind: SigningKeyKind) throws {
        let signature = try kind.key().privateKey().sign(Self.message, namespace: "git")
        let width = signature.value.bytes.count / 2
        let r = Array(signature.value.bytes.prefix(width).drop { $0 == 0 })
        let s = Array(signature.value.bytes.suffix(width).drop { $0 == 0 })
        let sign = { (number: [UInt8]) in (number[0] >= 0x80 ? [0] : []) + number }
        #expect(try accepts(sign(r), sign(s), of: signature))
        let refused: [([UInt8], [UInt8])] = [
            ([0] + sign(r), sign(s)), (sign(r), [0] + sign(s)), ([0, 0] + sign(r), sign(s)),
            ([], sign(s)), (sign(r), []), ([0], sign(s)), ([1], sign(s)), (sign(r), [1]),
            ([0x80] + r, sign(s)), ([0xFF], sign(s)), (sign(s), sign(r)),
            ([1] + Array(repeating: 0, count: width), sign(s)),
            ([1] + Array(repeating: 0, count: 3_000), sign(s)),
            (sign(r), [0] + Array(repeating: 0xFF, count: width)),
        ]
        for (r, s) in refused {
            #expect(try !accepts(r, s, of: signature), "r \(r) s \(s)")
        }
    }

    private func accepts(_ r: [UInt8], _ s: [UInt8], of signature: SSHSignature) throws -> Bool {
        var numbers = SSHWireWriter()
        numbers.string(r)
        numbers.string(s)
        var value = SSHWireWriter()
        value.string(signature.value.algorithm.rawValue.utf8)
        value.string(numbers.bytes)
        var fields = Fields(signature)
        fields.value = value.bytes
        return (try? SSHSignature(blob: fields.blob))?.verify(Self.message, namespace: "git") ?? false
    }

    @Test("text around the armour is refused")
    func armour() throws {
        let text = try SigningKeyKind.ed25519.key().privateKey().sign(Self.message, namespace: "git").armored
        for wrong in [
            " " + text, "\n" + text, text + "x", text + text,
            text.replacing("BEGIN SSH SIGNATURE", with: "BEGIN SSH"),
            text.replacing("-----\nU", with: "----- \nU"), text.replacing("=\n", with: "\n"),
            text.replacing("U1NIU0lH", with: "U1NI U0lH"), text.replacing("\n-----END", with: "-----END"),
        ] {
            #expect(throws: SigningError.self) { try SSHSignature(armored: wrong) }
        }
        for right in [String(text.dropLast()), text + "\n", text + "\r\n \t"] {
            #expect(throws: Never.self) { try SSHSignature(armored: right) }
        }
        let long = #expect(throws: SigningError.self) {
            try SSHSignature(armored: String(repeating: "A", count: 16_385))
        }
        #expect(long?.code == .tooLarge)
    }

    @Test("a namespace that no C string could hold is not signed for", arguments: ["", "a\0b", "a\nb"])
    func namespaces(namespace: String) throws {
        let key = try SigningKeyKind.ed25519.key().privateKey()
        #expect(throws: SigningError.self) { try key.sign(Self.message, namespace: namespace) }
    }
}
