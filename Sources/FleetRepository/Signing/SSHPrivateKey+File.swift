internal import Crypto
internal import CryptoExtras

/// Reading OpenSSH's own format of private keys, without a passphrase.
///
/// Source: OpenSSH PROTOCOL.key (`openssh-key-v1`).
extension SSHPrivateKey {
    /// Reads the content of a private key's file.
    ///
    /// - Throws: `SigningError`: `encrypted` for a key with a passphrase; `unsupported` for another
    ///   container, with the command that converts it; `malformed` where the parts do not belong together;
    ///   `weak`, `tooLarge`.
    package init(file text: [UInt8]) throws(SigningError) {
        guard text.count <= Self.maximumFileByteCount else {
            throw SigningError(.readPrivateKey, .tooLarge, "has more than \(Self.maximumFileByteCount) bytes")
        }
        if let refusal = Self.refusalOfOtherFormat(text) { throw refusal }
        let blob = try TextArmor.privateKey.decode(text, for: .readPrivateKey)
        var reader = SSHWireReader(blob[...], for: .readPrivateKey)
        guard try reader.bytes(Self.magic.count, "magic").elementsEqual(Self.magic) else {
            throw SigningError(.readPrivateKey, .malformed, "expected the magic \"openssh-key-v1\"")
        }
        guard try reader.string("cipher").elementsEqual("none".utf8) else {
            throw SigningError(
                .readPrivateKey, .encrypted,
                "needs a passphrase, which nobody can type on a node; "
                    + "remove it with \"ssh-keygen -p -f FILE\" and an empty new passphrase")
        }
        guard try reader.string("key derivation").elementsEqual("none".utf8),
            try reader.string("key derivation options").isEmpty, try reader.uint32("number of keys") == 1
        else {
            throw SigningError(.readPrivateKey, .malformed, "expected one key without key derivation")
        }
        let publicKey = try SSHPublicKey(blob: reader.string("public key"))
        let secret = try reader.string("private key")
        try reader.expectEnd()
        try self.init(secret: secret, publicKey: publicKey)
    }

    /// Reads the part of the file that a passphrase would have encrypted.
    private init(secret: ArraySlice<UInt8>, publicKey: SSHPublicKey) throws(SigningError) {
        var reader = SSHWireReader(secret, for: .readPrivateKey)
        guard try reader.uint32("check number") == reader.uint32("check number") else {
            throw SigningError(.readPrivateKey, .malformed, "expected two equal check numbers")
        }
        guard try reader.string("key type").elementsEqual(publicKey.algorithm.rawValue.utf8) else {
            throw SigningError(.readPrivateKey, .malformed, "expected a private key of the public key's type")
        }
        material = try Material(of: publicKey, from: &reader)
        guard try material.publicBlob(publicKey.algorithm) == publicKey.blob else {
            throw SigningError(.readPrivateKey, .malformed, "expected the private key of its public key")
        }
        comment = try reader.text("comment")
        self.publicKey = publicKey
        let padding = reader.remainder
        guard padding.count < Self.blockByteCount, secret.count.isMultiple(of: Self.blockByteCount),
            padding.elementsEqual((0..<padding.count).map { UInt8($0 + 1) })
        else {
            throw SigningError(.readPrivateKey, .malformed, "expected padding 1, 2, 3, … at its end")
        }
    }

    /// What to say of a key in another program's format.
    private static func refusalOfOtherFormat(_ text: [UInt8]) -> SigningError? {
        let formats = [
            ("-----BEGIN RSA PRIVATE KEY-----", "PKCS#1"), ("-----BEGIN EC PRIVATE KEY-----", "SEC 1"),
            ("-----BEGIN PRIVATE KEY-----", "PKCS#8"), ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "PKCS#8"),
            ("-----BEGIN DSA PRIVATE KEY-----", "DSA"),
        ]
        for (line, name) in formats where text.starts(with: line.utf8) {
            return SigningError(
                .readPrivateKey, .unsupported,
                "is a \(name) key in PEM; expected OpenSSH's format: "
                    + "convert it with \"ssh-keygen -p -f FILE\""
            )
        }
        guard text.starts(with: "PuTTY-User-Key-File-".utf8) else { return nil }
        return SigningError(
            .readPrivateKey, .unsupported,
            "is a PuTTY key; expected OpenSSH's format: "
                + "convert it with \"puttygen FILE -O private-openssh-new -o NEW\"")
    }

    static let magic = Array("openssh-key-v1\0".utf8)
    /// The block of the cipher `none`.
    static let blockByteCount = 8
    /// A key of 8192 bits takes 6,500 bytes.
    private static let maximumFileByteCount = 65_536
}

extension SSHPrivateKey.Material {
    /// Reads the numbers of the private key that belongs to `publicKey`, up to its comment.
    ///
    /// What the file says twice must agree; but an RSA key's coefficient is not looked at: the library
    /// computes its own.
    fileprivate init(of publicKey: SSHPublicKey, from reader: inout SSHWireReader) throws(SigningError) {
        let algorithm = publicKey.algorithm
        let material: Self?
        switch algorithm {
        case .ed25519:
            let publicBytes = try reader.string("ed25519 public key")
            // The seed, and once more the public key.
            let secret = try reader.string("ed25519 private key")
            guard secret.count == 64, secret.suffix(32).elementsEqual(publicBytes),
                publicBytes.elementsEqual(publicKey.blob.suffix(32))
            else {
                throw SigningError(.readPrivateKey, .malformed, "expected 64 bytes of ed25519 private key")
            }
            material = (try? Curve25519.Signing.PrivateKey(rawRepresentation: secret.prefix(32)))
                .map(Self.ed25519)
        case .ecdsaP256, .ecdsaP384, .ecdsaP521:
            let curve = try reader.string("curve")
            let point = try reader.string("point")
            guard let expected = algorithm.curve, curve.elementsEqual(expected.utf8),
                point.elementsEqual(publicKey.blob.suffix(1 + 2 * algorithm.coordinateByteCount))
            else {
                throw SigningError(.readPrivateKey, .malformed, "expected the point of its public key")
            }
            let number = try reader.positiveInteger("private number")
            material = Self.ecdsa(algorithm, number: number)
        case .rsa:
            let modulus = try reader.positiveInteger("modulus")
            let exponent = try reader.positiveInteger("exponent")
            let privateExponent = try reader.positiveInteger("private exponent")
            _ = try reader.positiveInteger("coefficient")
            let first = try reader.positiveInteger("first prime")
            let second = try reader.positiveInteger("second prime")
            let key = try? _RSA.Signing.PrivateKey(
                n: modulus, e: exponent, d: privateExponent, p: first, q: second)
            material = key.map(Self.rsa)
        case .securityKeyEd25519, .securityKeyECDSA:
            throw SigningError(
                .readPrivateKey, .unsupported,
                "the private half of a security key is in its device; name the file of the public key")
        }
        guard let material else {
            throw SigningError(.readPrivateKey, .malformed, "its numbers are no \(algorithm.rawValue) key")
        }
        self = material
    }

    private static func ecdsa(_ algorithm: SSHKeyAlgorithm, number: ArraySlice<UInt8>) -> Self? {
        let width = algorithm.coordinateByteCount
        guard number.count <= width else { return nil }
        let bytes = Array(repeating: 0, count: width - number.count) + number
        return switch algorithm {
        case .ecdsaP256: (try? P256.Signing.PrivateKey(rawRepresentation: bytes)).map(Self.ecdsaP256)
        case .ecdsaP384: (try? P384.Signing.PrivateKey(rawRepresentation: bytes)).map(Self.ecdsaP384)
        case .ecdsaP521: (try? P521.Signing.PrivateKey(rawRepresentation: bytes)).map(Self.ecdsaP521)
        case .ed25519, .rsa, .securityKeyEd25519, .securityKeyECDSA: nil
        }
    }

    /// The blob of the public key that belongs to this private key.
    func publicBlob(_ algorithm: SSHKeyAlgorithm) throws(SigningError) -> [UInt8] {
        var writer = SSHWireWriter()
        writer.string(algorithm.rawValue.utf8)
        if let curve = algorithm.curve { writer.string(curve.utf8) }
        switch self {
        case .ed25519(let key): writer.string(key.publicKey.rawRepresentation)
        case .ecdsaP256(let key): writer.string(key.publicKey.x963Representation)
        case .ecdsaP384(let key): writer.string(key.publicKey.x963Representation)
        case .ecdsaP521(let key): writer.string(key.publicKey.x963Representation)
        case .rsa(let key):
            guard let numbers = try? key.publicKey.getKeyPrimitives() else {
                throw SigningError(
                    .readPrivateKey, .refused, "the numbers of its RSA key cannot be read back")
            }
            writer.positiveInteger(numbers.publicExponent)
            writer.positiveInteger(numbers.modulus)
        }
        return writer.bytes
    }
}
