internal import Crypto

/// Making a node's key. The only place of this module that draws random numbers.
extension SSHPrivateKey {
    /// A new ed25519 key, and the content of its file as ssh-keygen writes it: without a passphrase, for mode
    /// 0600.
    ///
    /// - Parameter comment: whose key it is; printable text of at most 255 bytes.
    /// - Throws: `SigningError` with code `malformed` for another comment.
    package static func generateEd25519(
        comment: String
    ) throws(SigningError) -> (key: SSHPrivateKey, file: String) {
        guard comment.utf8.count <= 255, comment.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw SigningError(
                .readPrivateKey, .malformed, "expected a comment of at most 255 printable bytes")
        }
        let secret = Curve25519.Signing.PrivateKey()
        let material = Material.ed25519(secret)
        let publicKey = SSHPublicKey(
            algorithm: .ed25519, blob: try material.publicBlob(.ed25519), material: .ed25519(secret.publicKey)
        )
        let key = SSHPrivateKey(publicKey: publicKey, comment: comment, material: material)
        let file = Self.file(
            secret, blob: publicKey.blob, comment: comment, checkNumber: .random(in: 0 ... .max))
        return (key, file)
    }

    /// The file of an ed25519 key: the same bytes as ssh-keygen's for the same key, comment and check number.
    static func file(
        _ secret: Curve25519.Signing.PrivateKey, blob: [UInt8], comment: String, checkNumber: UInt32
    ) -> String {
        var inner = SSHWireWriter()
        inner.uint32(checkNumber)
        inner.uint32(checkNumber)
        inner.string(SSHKeyAlgorithm.ed25519.rawValue.utf8)
        inner.string(secret.publicKey.rawRepresentation)
        inner.string(Array(secret.rawRepresentation) + Array(secret.publicKey.rawRepresentation))
        inner.string(comment.utf8)
        var pad: UInt8 = 1
        while !inner.bytes.count.isMultiple(of: blockByteCount) {
            inner.raw(CollectionOfOne(pad))
            pad += 1
        }
        var writer = SSHWireWriter()
        writer.raw(magic)
        writer.string("none".utf8)
        writer.string("none".utf8)
        writer.string(EmptyCollection())
        writer.uint32(1)
        writer.string(blob)
        writer.string(inner.bytes)
        return TextArmor.privateKey.encode(writer.bytes)
    }
}
