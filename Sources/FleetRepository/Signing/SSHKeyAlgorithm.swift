/// A type of SSH key that may sign here.
///
/// Sources: RFC 8709 (ed25519), RFC 5656 (ecdsa), RFC 4253 §6.6 (rsa), OpenSSH PROTOCOL.u2f (security keys).
/// The raw value is the name on the wire and in files.
package enum SSHKeyAlgorithm: String, CaseIterable, Hashable, Sendable {
    case ed25519 = "ssh-ed25519"
    case ecdsaP256 = "ecdsa-sha2-nistp256"
    case ecdsaP384 = "ecdsa-sha2-nistp384"
    case ecdsaP521 = "ecdsa-sha2-nistp521"
    case rsa = "ssh-rsa"
    case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
    case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"

    /// Whether the private half is in a device, which also signs its flags and its counter.
    var isSecurityKey: Bool { self == .securityKeyEd25519 || self == .securityKeyECDSA }

    /// The algorithm with this name.
    ///
    /// - Throws: `SigningError` with code `unsupported` that says of a known other type what it is.
    init(name: ArraySlice<UInt8>, for operation: SigningError.Operation) throws(SigningError) {
        for algorithm in Self.allCases where name.elementsEqual(algorithm.rawValue.utf8) {
            self = algorithm
            return
        }
        let text = String(decoding: name.prefix(64), as: UTF8.self)
        throw SigningError(operation, .unsupported, Self.refusal(of: text))
    }

    /// The name of an ECDSA key's curve inside its blob; nil for other keys (RFC 5656 §6.1).
    var curve: String? {
        switch self {
        case .ed25519, .rsa, .securityKeyEd25519: nil
        case .ecdsaP256, .securityKeyECDSA: "nistp256"
        case .ecdsaP384: "nistp384"
        case .ecdsaP521: "nistp521"
        }
    }

    /// The bytes of a coordinate of an ECDSA key, and of each half of its signatures; 0 for other keys.
    var coordinateByteCount: Int {
        switch self {
        case .ed25519, .rsa, .securityKeyEd25519: 0
        case .ecdsaP256, .securityKeyECDSA: 32
        case .ecdsaP384: 48
        case .ecdsaP521: 66
        }
    }

    /// Whether `word` names a type of key that OpenSSH knows, accepted here or not.
    static func isKnownName(_ word: String) -> Bool {
        SSHKeyAlgorithm(rawValue: word) != nil || isCertificate(word) || word == "ssh-dss"
    }

    private static func isCertificate(_ name: String) -> Bool {
        name.hasSuffix("-cert-v01@openssh.com") || name.hasSuffix("-cert-v00@openssh.com")
    }

    private static func refusal(of name: String) -> String {
        if isCertificate(name) { return "certificates (type \"\(name)\") are not supported yet" }
        if name == "ssh-dss" { return "DSA keys (type \"ssh-dss\") are not secure; use ssh-ed25519" }
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        return "unknown key type \"\(name)\"; expected one of \(known)"
    }
}
