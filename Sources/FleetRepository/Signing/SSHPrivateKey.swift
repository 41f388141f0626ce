internal import Crypto
internal import CryptoExtras

/// A private key that signs: a node's identity, or in the operator's hands the right to change the branch.
///
/// Printing it shows its public half only.
package struct SSHPrivateKey: Sendable {
    package let publicKey: SSHPublicKey
    /// What the key's file says beside the key: by custom, whose it is.
    package let comment: String
    let material: Material

    /// The library's key of each algorithm.
    enum Material: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case ecdsaP256(P256.Signing.PrivateKey)
        case ecdsaP384(P384.Signing.PrivateKey)
        case ecdsaP521(P521.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    init(publicKey: SSHPublicKey, comment: String, material: Material) {
        self.publicKey = publicKey
        self.comment = comment
        self.material = material
    }

    /// Signs `message` for `namespace` as `ssh-keygen -Y sign` does: SHA-512, and for RSA `rsa-sha2-512`.
    ///
    /// - Throws: `SigningError` of operation `sign`: `malformed` for an unusable namespace, `refused` by the
    ///   library.
    package func sign(_ message: RawSpan, namespace: String) throws(SigningError) -> SSHSignature {
        guard !namespace.isEmpty, namespace.utf8.count <= Self.maximumNamespaceByteCount,
            namespace.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw SigningError(.sign, .malformed, "expected a short namespace such as \"git\"")
        }
        let signed = SSHSignature.signedBytes(message, namespace: namespace, hash: .sha512)
        do {
            let value = try material.sign(signed)
            return SSHSignature(publicKey: publicKey, namespace: namespace, hash: .sha512, value: value)
        } catch {
            throw SigningError(.sign, .refused, "the key \(publicKey.fingerprint) could not sign: \(error)")
        }
    }

    /// Signs `message` for `namespace`.
    ///
    /// - Throws: `SigningError` as `sign(_:namespace:)` of a span does.
    package func sign(_ message: [UInt8], namespace: String) throws(SigningError) -> SSHSignature {
        try sign(message.span.bytes, namespace: namespace)
    }

    private static let maximumNamespaceByteCount = 255
}

extension SSHPrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "private key of \(publicKey.fingerprint)" }

    /// No parts: `dump` must not show them.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension SSHPrivateKey.Material {
    fileprivate func sign(_ bytes: [UInt8]) throws -> SSHSignatureValue {
        switch self {
        case .ed25519(let key):
            SSHSignatureValue(algorithm: .ed25519, bytes: Array(try key.signature(for: bytes)))
        case .ecdsaP256(let key):
            SSHSignatureValue(
                algorithm: .ecdsaP256, bytes: Array(try key.signature(for: bytes).rawRepresentation))
        case .ecdsaP384(let key):
            SSHSignatureValue(
                algorithm: .ecdsaP384, bytes: Array(try key.signature(for: bytes).rawRepresentation))
        case .ecdsaP521(let key):
            SSHSignatureValue(
                algorithm: .ecdsaP521, bytes: Array(try key.signature(for: bytes).rawRepresentation))
        case .rsa(let key):
            SSHSignatureValue(
                algorithm: .rsaSHA512,
                bytes: Array(
                    try key.signature(for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5)
                        .rawRepresentation))
        }
    }
}
