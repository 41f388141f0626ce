internal import Crypto

/// A detached signature as `ssh-keygen -Y sign` makes it and Git stores it.
///
/// Source: OpenSSH PROTOCOL.sshsig. What is signed is not the message but the namespace and the message's
/// hash, so that a signature made for one purpose is none for another.
package struct SSHSignature: Hashable, Sendable {
    /// The hash of the message inside the signature.
    package enum Hash: String, Hashable, Sendable {
        case sha256
        case sha512
    }

    /// The key that the signature says it was made by. It proves nothing until `verify` says so.
    package let publicKey: SSHPublicKey
    /// What the signature was made for; `git` for commits and tags.
    package let namespace: String
    package let hash: Hash
    let value: SSHSignatureValue

    init(publicKey: SSHPublicKey, namespace: String, hash: Hash, value: SSHSignatureValue) {
        self.publicKey = publicKey
        self.namespace = namespace
        self.hash = hash
        self.value = value
    }

    /// Reads the text between `-----BEGIN SSH SIGNATURE-----` and `-----END SSH SIGNATURE-----`, both
    /// included.
    ///
    /// - Parameter knownKey: the key that probably made it; if it did, it is not parsed again.
    /// - Throws: `SigningError`: `malformed`, `unsupported`, `weak` or `tooLarge`.
    package init(armored text: [UInt8], knownKey: SSHPublicKey? = nil) throws(SigningError) {
        guard text.count <= Self.maximumTextByteCount else {
            throw SigningError(
                .readSignature, .tooLarge, "has more than \(Self.maximumTextByteCount) bytes")
        }
        try self.init(blob: TextArmor.signature.decode(text, for: .readSignature), knownKey: knownKey)
    }

    /// Reads the text form from a string.
    ///
    /// - Throws: `SigningError` as `init(armored:knownKey:)` of bytes does.
    package init(armored text: String, knownKey: SSHPublicKey? = nil) throws(SigningError) {
        try self.init(armored: Array(text.utf8), knownKey: knownKey)
    }

    /// Reads the binary form. Stricter than OpenSSH: version 0, text in the reserved field and an empty
    /// namespace are refused, because no signature that OpenSSH made has them and the first two are not
    /// covered by it.
    ///
    /// - Throws: `SigningError`: `malformed`, `unsupported` or `weak`.
    init(blob: [UInt8], knownKey: SSHPublicKey? = nil) throws(SigningError) {
        var reader = SSHWireReader(blob[...], for: .readSignature)
        guard try reader.bytes(Self.magic.count, "magic").elementsEqual(Self.magic) else {
            throw SigningError(.readSignature, .malformed, "expected the magic \"SSHSIG\"")
        }
        let version = try reader.uint32("version")
        guard version == Self.version else {
            throw SigningError(.readSignature, .unsupported, "has version \(version); expected version 1")
        }
        let keyBlob = try reader.string("public key")
        if let knownKey, keyBlob.elementsEqual(knownKey.blob) {
            publicKey = knownKey
        } else {
            publicKey = try SSHPublicKey(blob: keyBlob)
        }
        namespace = try reader.text("namespace")
        guard !namespace.isEmpty else {
            throw SigningError(.readSignature, .malformed, "expected a namespace such as \"git\"")
        }
        guard try reader.string("reserved field").isEmpty else {
            throw SigningError(.readSignature, .unsupported, "expected its reserved field to be empty")
        }
        let hashName = try reader.text("hash algorithm")
        guard let hash = Hash(rawValue: hashName) else {
            throw SigningError(
                .readSignature, .unsupported, "has hash \"\(hashName)\"; expected \"sha512\" or \"sha256\"")
        }
        self.hash = hash
        value = try SSHSignatureValue(wire: reader.string("signature"), of: publicKey)
        try reader.expectEnd()
    }

    /// Whether `publicKey` made this signature over `message` for `namespace`.
    ///
    /// It says nothing about whether that key may: ask `AllowedSigners`.
    package func verify(_ message: RawSpan, namespace: String) -> Bool {
        guard self.namespace(otherThan: namespace) == nil else { return false }
        return value.isValid(for: Self.signedBytes(message, namespace: namespace, hash: hash), by: publicKey)
    }

    /// Whether `publicKey` made this signature over `message` for `namespace`.
    package func verify(_ message: [UInt8], namespace: String) -> Bool {
        verify(message.span.bytes, namespace: namespace)
    }

    /// Whether a token says that it made this signature without being touched: then it never counts.
    package var isUntouched: Bool { value.deviceWord?.isTouched == false }

    /// What the signature was made for, if that is not what was wanted; whether it is good was not looked at.
    package func namespace(otherThan wanted: String) -> Namespace? {
        // Bytes are compared, not text: Swift's strings are equal under Unicode's canonical equivalence.
        namespace.utf8.elementsEqual(wanted.utf8) ? nil : Namespace(text: namespace)
    }

    /// A namespace that somebody else chose, to be shown to people.
    package struct Namespace: Hashable, Sendable, CustomStringConvertible {
        let text: String

        /// In quotes if it is short and can deceive nobody, else by its length.
        package var description: String {
            let isPlain = text.utf8.count <= 64 && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
            return isPlain ? "the namespace '\(text)'" : "a namespace of \(text.utf8.count) bytes"
        }
    }

    /// The text form, as ssh-keygen writes it.
    package var armored: String {
        var writer = SSHWireWriter(capacity: publicKey.blob.count + value.bytes.count + 128)
        writer.raw(Self.magic)
        writer.uint32(Self.version)
        writer.string(publicKey.blob)
        writer.string(namespace.utf8)
        writer.string(EmptyCollection())
        writer.string(hash.rawValue.utf8)
        writer.string(value.wire)
        return TextArmor.signature.encode(writer.bytes)
    }

    /// The bytes that the key signs for `message`.
    static func signedBytes(_ message: RawSpan, namespace: String, hash: Hash) -> [UInt8] {
        var writer = SSHWireWriter(capacity: namespace.utf8.count + 96)
        writer.raw(magic)
        writer.string(namespace.utf8)
        writer.string(EmptyCollection())
        writer.string(hash.rawValue.utf8)
        message.withUnsafeBytes { message in
            switch hash {
            case .sha256: writer.string(digest(of: message, by: SHA256()))
            case .sha512: writer.string(digest(of: message, by: SHA512()))
            }
        }
        return writer.bytes
    }

    private static func digest(of message: UnsafeRawBufferPointer, by function: some HashFunction) -> [UInt8]
    {
        var function = function
        function.update(bufferPointer: message)
        return Array(function.finalize())
    }

    private static let magic = Array("SSHSIG".utf8)
    private static let version: UInt32 = 1
    /// A signature by an RSA key of 8192 bits takes 3,100 bytes.
    private static let maximumTextByteCount = 16_384
}
