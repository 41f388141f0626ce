internal import Crypto
internal import CryptoExtras

/// The cryptographic part of an SSH signature: its algorithm and the library's form of its numbers.
///
/// Sources: RFC 8709 §6 (ed25519), RFC 5656 §3.1.2 (ecdsa), RFC 8332 §3 (rsa), OpenSSH PROTOCOL.u2f (security
/// keys).
struct SSHSignatureValue: Hashable, Sendable {
    /// How a key signs. A type of key has one algorithm, but for RSA, where the name tells the hash.
    enum Algorithm: String, Hashable, Sendable {
        case ed25519 = "ssh-ed25519"
        case ecdsaP256 = "ecdsa-sha2-nistp256"
        case ecdsaP384 = "ecdsa-sha2-nistp384"
        case ecdsaP521 = "ecdsa-sha2-nistp521"
        case rsaSHA256 = "rsa-sha2-256"
        case rsaSHA512 = "rsa-sha2-512"
        case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
        case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
    }

    /// What a device says beside its signature, and signs with it.
    struct DeviceWord: Hashable, Sendable {
        let flags: UInt8
        /// How many signatures the device has made. Nobody remembers it here: the place in the chain decides.
        let counter: UInt32

        /// Whether a person touched the device for this signature.
        var isTouched: Bool { flags & 0x01 != 0 }
    }

    let algorithm: Algorithm
    /// ed25519: 64 bytes. ecdsa: *r* and *s*, each as long as a coordinate. rsa: as long as the modulus.
    let bytes: [UInt8]
    /// nil but for security keys.
    let deviceWord: DeviceWord?

    init(algorithm: Algorithm, bytes: [UInt8], deviceWord: DeviceWord? = nil) {
        self.algorithm = algorithm
        self.bytes = bytes
        self.deviceWord = deviceWord
    }

    /// Reads a signature that `key` is said to have made.
    ///
    /// - Throws: `SigningError`: `malformed`, or `unsupported` for an algorithm that is not this key's,
    ///   `ssh-rsa` with its SHA-1 among them.
    init(wire: ArraySlice<UInt8>, of key: SSHPublicKey) throws(SigningError) {
        var reader = SSHWireReader(wire, for: .readSignature)
        algorithm = try Self.algorithm(named: reader.string("signature algorithm"), for: key)
        let content = try reader.string("signature value")
        deviceWord =
            key.algorithm.isSecurityKey
            ? DeviceWord(flags: try reader.byte("flags"), counter: try reader.uint32("counter")) : nil
        try reader.expectEnd()
        switch key.material {
        case .ed25519, .securityKeyEd25519:
            guard content.count == 64 else {
                throw SigningError(.readSignature, .malformed, "expected 64 bytes of ed25519 signature")
            }
            bytes = Array(content)
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .securityKeyECDSA:
            var numbers = SSHWireReader(content, for: .readSignature)
            let width = key.algorithm.coordinateByteCount
            bytes =
                try Self.padded(numbers.positiveInteger("ecdsa r"), to: width)
                + Self.padded(numbers.positiveInteger("ecdsa s"), to: width)
            try numbers.expectEnd()
        case .rsa(_, let modulusByteCount):
            // As OpenSSH: some signers drop leading zeros.
            bytes = try Self.padded(content, to: modulusByteCount)
        }
    }

    /// The form on the wire, the inverse of `init(wire:of:)`.
    var wire: [UInt8] {
        var writer = SSHWireWriter(capacity: bytes.count + 48)
        writer.string(algorithm.rawValue.utf8)
        switch algorithm {
        case .ed25519, .rsaSHA256, .rsaSHA512, .securityKeyEd25519:
            writer.string(bytes)
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .securityKeyECDSA:
            var numbers = SSHWireWriter(capacity: bytes.count + 10)
            numbers.positiveInteger(bytes.prefix(bytes.count / 2))
            numbers.positiveInteger(bytes.suffix(bytes.count / 2))
            writer.string(numbers.bytes)
        }
        if let deviceWord {
            writer.raw([deviceWord.flags])
            writer.uint32(deviceWord.counter)
        }
        return writer.bytes
    }

    /// Whether `key` made this signature over `signed`.
    func isValid(for signed: [UInt8], by key: SSHPublicKey) -> Bool {
        switch (key.material, algorithm) {
        case (.ed25519(let key), .ed25519):
            return key.isValidSignature(bytes, for: signed)
        case (.ecdsaP256(let key), .ecdsaP256):
            guard let value = try? P256.Signing.ECDSASignature(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(value, for: signed)
        case (.ecdsaP384(let key), .ecdsaP384):
            guard let value = try? P384.Signing.ECDSASignature(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(value, for: signed)
        case (.ecdsaP521(let key), .ecdsaP521):
            guard let value = try? P521.Signing.ECDSASignature(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(value, for: signed)
        case (.rsa(let key, _), .rsaSHA256):
            let value = _RSA.Signing.RSASignature(rawRepresentation: bytes)
            return key.isValidSignature(value, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
        case (.rsa(let key, _), .rsaSHA512):
            let value = _RSA.Signing.RSASignature(rawRepresentation: bytes)
            return key.isValidSignature(value, for: SHA512.hash(data: signed), padding: .insecurePKCS1v1_5)
        case (.securityKeyEd25519(let key, let application), .securityKeyEd25519):
            guard let signed = deviceBytes(of: signed, for: application) else { return false }
            return key.isValidSignature(bytes, for: signed)
        case (.securityKeyECDSA(let key, let application), .securityKeyECDSA):
            guard let signed = deviceBytes(of: signed, for: application),
                let value = try? P256.Signing.ECDSASignature(rawRepresentation: bytes)
            else { return false }
            return key.isValidSignature(value, for: signed)
        default:
            return false
        }
    }

    /// What a device signs for `signed` (PROTOCOL.u2f, SSH U2F Signatures).
    ///
    /// - Returns: nil if nobody touched it. sshd asks for that, too, unless told otherwise; `ssh-keygen -Y
    ///   verify` does not.
    private func deviceBytes(of signed: [UInt8], for application: [UInt8]) -> [UInt8]? {
        guard let deviceWord, deviceWord.isTouched else { return nil }
        var writer = SSHWireWriter(capacity: 69)
        writer.raw(application)
        writer.raw([deviceWord.flags])
        writer.uint32(deviceWord.counter)
        writer.raw(Array(SHA256.hash(data: signed)))
        return writer.bytes
    }

    private static func algorithm(
        named name: ArraySlice<UInt8>, for key: SSHPublicKey
    ) throws(SigningError) -> Algorithm {
        let candidates: [Algorithm] =
            switch key.algorithm {
            case .ed25519: [.ed25519]
            case .ecdsaP256: [.ecdsaP256]
            case .ecdsaP384: [.ecdsaP384]
            case .ecdsaP521: [.ecdsaP521]
            case .rsa: [.rsaSHA512, .rsaSHA256]
            case .securityKeyEd25519: [.securityKeyEd25519]
            case .securityKeyECDSA: [.securityKeyECDSA]
            }
        for candidate in candidates where name.elementsEqual(candidate.rawValue.utf8) { return candidate }
        let expected = candidates.map(\.rawValue).joined(separator: " or ")
        let found = String(decoding: name.prefix(64), as: UTF8.self)
        throw SigningError(
            .readSignature, .unsupported,
            "algorithm \"\(found)\" is not accepted from a key of type \"\(key.algorithm.rawValue)\"; "
                + "expected \(expected)")
    }

    private static func padded(
        _ number: ArraySlice<UInt8>, to width: Int
    ) throws(SigningError) -> [UInt8] {
        guard number.count <= width else {
            throw SigningError(.readSignature, .malformed, "has a number that is longer than its key allows")
        }
        return Array(repeating: 0, count: width - number.count) + number
    }
}
