import Testing

@testable import FleetRepository

/// Signatures as hardware tokens make them, made here from ordinary keys: what they sign is the application,
/// their flags and their counter with the message (OpenSSH PROTOCOL.u2f).
@Suite("signatures of security keys")
struct SigningSecurityKeyTests {
    private static let message = Array("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message\n".utf8)
    private static let types: [SSHKeyAlgorithm] = [.securityKeyEd25519, .securityKeyECDSA]

    /// What stock ssh-keygen says.
    private func isValidThere(_ signature: SSHSignature) throws -> Bool {
        let folder = try SigningFolder()
        try folder.write("a@x \(signature.publicKey)\n", to: "allowed")
        try folder.write(signature.armored, to: "signature")
        return try folder.run(
            ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "a@x", "-n", "git", "-s", "signature"],
            input: Self.message
        ).isSuccess
    }

    @Test("a touched token's signature is good here and there", arguments: types)
    func good(type: SSHKeyAlgorithm) throws {
        let token = try SigningToken(type, application: "ssh:acme")
        for flags in [0x01, 0x05] as [UInt8] {
            let signature = try token.signature(of: Self.message, flags: flags)
            #expect(signature.verify(Self.message, namespace: "git"))
            #expect(try isValidThere(signature))
            #expect(try SSHSignature(armored: signature.armored) == signature)
            #expect(!signature.verify(Self.message + [0], namespace: "git"))
        }
        let signers = try AllowedSigners(parsing: "a@x namespaces=\"git\" \(token.publicKey)\n")
        #expect(
            signers.authorise(key: token.publicKey, namespace: "git", at: 1) == .authorised(principal: "a@x"))
    }

    @Test("what was not signed with it is refused: counter, application, another token", arguments: types)
    func forged(type: SSHKeyAlgorithm) throws {
        let token = try SigningToken(type)
        let recounted = try token.signature(of: Self.message, claiming: 8)
        #expect(!recounted.verify(Self.message, namespace: "git"))
        #expect(try !isValidThere(recounted))
        let good = try token.signature(of: Self.message)
        let other = SSHSignature(
            publicKey: try SigningToken(type).publicKey, namespace: "git", hash: .sha512, value: good.value)
        #expect(!other.verify(Self.message, namespace: "git"))
        let wire = good.value.wire
        for count in wire.indices {
            #expect(throws: SigningError.self) {
                try SSHSignatureValue(wire: wire[..<count], of: token.publicKey)
            }
        }
        #expect(throws: SigningError.self) {
            try SSHSignatureValue(wire: (wire + [0])[...], of: token.publicKey)
        }
    }

    @Test("without a touch it is refused here, though ssh-keygen takes it", arguments: types)
    func untouched(type: SSHKeyAlgorithm) throws {
        let signature = try SigningToken(type).signature(of: Self.message, flags: 0x04)
        #expect(!signature.verify(Self.message, namespace: "git"))
        #expect(try isValidThere(signature))
    }

    @Test("an ordinary key's signature is none of a token's")
    func ordinary() throws {
        let token = try SigningToken(.securityKeyEd25519)
        let plain = try SigningKeyKind.ed25519.key().privateKey().sign(Self.message, namespace: "git")
        #expect(throws: SigningError.self) {
            try SSHSignatureValue(wire: plain.value.wire[...], of: token.publicKey)
        }
        let mixed = SSHSignature(
            publicKey: token.publicKey, namespace: "git", hash: .sha512, value: plain.value)
        #expect(!mixed.verify(Self.message, namespace: "git"))
    }
}
