internal import Crypto
internal import CryptoExtras

/// A public key as SSH knows it. Two keys are equal if their blobs are; a key has one blob.
///
/// Sources: RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH PROTOCOL.u2f (blobs); sshd(8), AUTHORIZED_KEYS
/// FILE FORMAT (text).
package struct SSHPublicKey: Sendable {
    package let algorithm: SSHKeyAlgorithm
    /// The key on the wire: its type and its numbers.
    package let blob: [UInt8]
    /// The same key as the cryptographic library holds it: parsed once, used for many signatures.
    let material: Material

    /// The library's key of each algorithm.
    enum Material: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case ecdsaP256(P256.Signing.PublicKey)
        case ecdsaP384(P384.Signing.PublicKey)
        case ecdsaP521(P521.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey, modulusByteCount: Int)
        /// With the SHA-256 of the application, such as "ssh:", for which the device made the key.
        case securityKeyEd25519(Curve25519.Signing.PublicKey, application: [UInt8])
        case securityKeyECDSA(P256.Signing.PublicKey, application: [UInt8])
    }

    /// Reads a key from the wire. Nothing may follow it.
    ///
    /// - Throws: `SigningError`: `malformed`; `unsupported` for another type; `weak` for RSA below 2048 bits.
    package init(blob: ArraySlice<UInt8>) throws(SigningError) {
        var reader = SSHWireReader(blob, for: .readPublicKey)
        algorithm = try SSHKeyAlgorithm(name: reader.string("key type"), for: .readPublicKey)
        material = try Material(algorithm, from: &reader)
        try reader.expectEnd()
        self.blob = Array(blob)
    }

    /// Reads the text form: a type, base64, and perhaps a comment, on one line.
    ///
    /// - Throws: `SigningError` as `init(blob:)` does, and `malformed` where the type is not the blob's.
    package init(text: some StringProtocol) throws(SigningError) {
        guard text.utf8.count <= Self.maximumTextByteCount else {
            throw SigningError(.readPublicKey, .tooLarge, "has more than \(Self.maximumTextByteCount) bytes")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw SigningError(.readPublicKey, .malformed, "expected one line without control characters")
        }
        let words = text.utf8.split(maxSplits: 2) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let type = words.first else {
            throw SigningError(.readPublicKey, .malformed, "expected a key such as \"ssh-ed25519 AAAA…\"")
        }
        let algorithm = try SSHKeyAlgorithm(name: Array(type)[...], for: .readPublicKey)
        guard words.count > 1, let blob = Base64.decode(Array(words[1])[...]) else {
            throw SigningError(.readPublicKey, .malformed, "expected base64 after \"\(algorithm.rawValue)\"")
        }
        try self.init(blob: blob[...])
        guard self.algorithm == algorithm else {
            let found = self.algorithm.rawValue
            throw SigningError(
                .readPublicKey, .malformed, "says \"\(algorithm.rawValue)\" but its base64 is of \"\(found)\""
            )
        }
    }

    /// A key whose parts were checked together: the public half of a private key.
    init(algorithm: SSHKeyAlgorithm, blob: [UInt8], material: Material) {
        self.algorithm = algorithm
        self.blob = blob
        self.material = material
    }

    /// The name by which people compare keys, as `ssh-keygen -l` prints it: `SHA256:` and unpadded base64.
    package var fingerprint: String { Self.fingerprint(of: blob) }

    /// The same of a key of any type.
    static func fingerprint(of blob: [UInt8]) -> String {
        let digest = Base64.encode(Array(SHA256.hash(data: blob)))
        return "SHA256:" + String(decoding: digest.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }

    /// RSA keys below this are refused; OpenSSH 9.2 draws the line for signatures at 1024.
    static let minimumRSABitCount = 2048
    /// RSA keys above this are refused: the bound of the cryptographic library.
    static let maximumRSABitCount = 8192
    /// A key of 8192 bits takes 1,400 characters; the rest is the comment's.
    private static let maximumTextByteCount = 8192
}

extension SSHPublicKey: Hashable {
    package static func == (left: SSHPublicKey, right: SSHPublicKey) -> Bool { left.blob == right.blob }

    package func hash(into hasher: inout Hasher) { hasher.combine(blob) }
}

extension SSHPublicKey: CustomStringConvertible {
    /// The text form without a comment: type and base64.
    package var description: String {
        "\(algorithm.rawValue) \(String(decoding: Base64.encode(blob), as: UTF8.self))"
    }
}

extension SSHPublicKey.Material {
    /// Reads what follows the type in a key's blob.
    init(_ algorithm: SSHKeyAlgorithm, from reader: inout SSHWireReader) throws(SigningError) {
        guard let curve = algorithm.curve else {
            let key = try algorithm == .rsa ? Self.rsa(from: &reader) : Self.ed25519(from: &reader)
            self = try algorithm.isSecurityKey ? key.inDevice(&reader) : key
            return
        }
        guard try reader.string("curve").elementsEqual(curve.utf8) else {
            throw SigningError(.readPublicKey, .malformed, "expected curve \"\(curve)\"")
        }
        let point = try reader.string("point")
        // SEC 1 §2.3.4: a byte for the form, then both coordinates. The compressed form, which is shorter,
        // and the hybrid one, which the library refuses, would give one key two blobs.
        guard point.count == 1 + 2 * algorithm.coordinateByteCount,
            let key = try? Self.point(algorithm, point)
        else {
            throw SigningError(.readPublicKey, .malformed, "expected a point on \(curve), uncompressed")
        }
        self = try algorithm.isSecurityKey ? key.inDevice(&reader) : key
    }

    /// The key of a device, after whose numbers the application is named.
    private func inDevice(_ reader: inout SSHWireReader) throws(SigningError) -> Self {
        let application = Array(SHA256.hash(data: Array(try reader.text("application").utf8)))
        return switch self {
        case .ed25519(let key): .securityKeyEd25519(key, application: application)
        case .ecdsaP256(let key): .securityKeyECDSA(key, application: application)
        case .ecdsaP384, .ecdsaP521, .rsa, .securityKeyEd25519, .securityKeyECDSA: self
        }
    }

    private static func point(_ algorithm: SSHKeyAlgorithm, _ point: ArraySlice<UInt8>) throws -> Self {
        switch algorithm {
        case .ecdsaP256, .securityKeyECDSA: .ecdsaP256(try P256.Signing.PublicKey(x963Representation: point))
        case .ecdsaP384: .ecdsaP384(try P384.Signing.PublicKey(x963Representation: point))
        case .ecdsaP521, .ed25519, .rsa, .securityKeyEd25519:
            .ecdsaP521(try P521.Signing.PublicKey(x963Representation: point))
        }
    }

    private static func ed25519(from reader: inout SSHWireReader) throws(SigningError) -> Self {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: reader.string("ed25519 key"))
        else {
            throw SigningError(.readPublicKey, .malformed, "expected 32 bytes of ed25519 key")
        }
        return .ed25519(key)
    }

    private static func rsa(from reader: inout SSHWireReader) throws(SigningError) -> Self {
        let exponent = try reader.positiveInteger("exponent")
        let modulus = try reader.positiveInteger("modulus")
        let bits = modulus.count * 8 - (modulus.first ?? 0).leadingZeroBitCount
        guard bits >= SSHPublicKey.minimumRSABitCount else {
            throw SigningError(
                .readPublicKey, .weak,
                "an RSA key of \(bits) bits is too short; expected \(SSHPublicKey.minimumRSABitCount) or more"
            )
        }
        guard bits <= SSHPublicKey.maximumRSABitCount else {
            throw SigningError(
                .readPublicKey, .unsupported,
                "an RSA key of \(bits) bits is too long; expected at most \(SSHPublicKey.maximumRSABitCount)")
        }
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else {
            throw SigningError(
                .readPublicKey, .malformed, "expected an odd modulus and an odd, short exponent")
        }
        return .rsa(key, modulusByteCount: modulus.count)
    }
}
