import FleetTesting

@testable import FleetRepository

/// Who signs in the corpus.
enum CorpusKey: String, CaseIterable, Sendable {
    case ed25519
    case ecdsa256
    case ecdsa384
    case ecdsa521
    case rsa2048
    case rsa4096
    /// Too short for Plimsoll, good enough for OpenSSH.
    case rsa1024
    /// Another person with an ordinary key.
    case stranger
    /// A key with a certificate by `authority`, made out to `a@x`.
    case certified
    case authority
    /// Tokens in software: no hardware is needed to check what they sign.
    case tokenEd25519
    case tokenECDSA

    /// Those whose signatures both sides believe.
    static let common: [CorpusKey] = [
        .ed25519, .ecdsa256, .ecdsa384, .ecdsa521, .rsa2048, .rsa4096, .tokenEd25519, .tokenECDSA,
    ]

    /// The token's type; nil for keys that are in a file.
    var tokenType: SSHKeyAlgorithm? {
        switch self {
        case .tokenEd25519: .securityKeyEd25519
        case .tokenECDSA: .securityKeyECDSA
        default: nil
        }
    }

    /// The key that other tests of a run have, too; nil for those of the corpus alone.
    fileprivate var shared: SigningKeyKind? { SigningKeyKind(rawValue: rawValue) }
}

/// The keys of the corpus, and what stock `ssh-keygen` signs with them.
final class CorpusKeys {
    let folder: SigningFolder
    private var publicTexts: [CorpusKey: String] = [:]
    private var tokens: [CorpusKey: SigningToken] = [:]
    private var made: [Request: String] = [:]

    private struct Request: Hashable {
        let message: [UInt8]
        let key: CorpusKey
        let namespace: String
        let hash: String
        let isCertificate: Bool
    }

    init() throws {
        folder = try SigningFolder()
        for key in CorpusKey.allCases {
            if let type = key.tokenType {
                let token = try SigningToken(type)
                tokens[key] = token
                publicTexts[key] = token.publicKey.description
            } else {
                let bits = key == .rsa1024 ? ["-t", "rsa", "-b", "1024"] : ["-t", "ed25519"]
                let pair = try key.shared?.key() ?? SigningTestKey(arguments: bits)
                publicTexts[key] = pair.publicText
                try folder.write(pair.file, to: key.rawValue)
                try folder.write(pair.publicText + "\n", to: "\(key.rawValue).pub")
            }
        }
        try runSuccessfully(
            ["ssh-keygen", "-q", "-s", "authority", "-I", "ann", "-n", "a@x", "certified.pub"],
            in: folder.path)
    }

    /// Type and base64.
    func publicText(_ key: CorpusKey) -> String { publicTexts[key] ?? "" }

    /// A file that lists one key, for `a@x`.
    func listing(_ key: CorpusKey, options: String = "") -> [UInt8] {
        Array("a@x \(options)\(publicText(key))\n".utf8)
    }

    /// The armour of a signature of `message`, made by `ssh-keygen -Y sign`, or by a token.
    func signature(
        of message: [UInt8], by key: CorpusKey, namespace: String = "git", hash: String = "sha512",
        certificate isCertificate: Bool = false
    ) throws -> [UInt8] {
        if let token = tokens[key] {
            return Array(try token.signature(of: message, namespace: namespace).armored.utf8)
        }
        let request = Request(
            message: message, key: key, namespace: namespace, hash: hash, isCertificate: isCertificate)
        if let known = made[request] { return Array(known.utf8) }
        let file = isCertificate ? "\(key.rawValue)-cert.pub" : key.rawValue
        let output = try runSuccessfully(
            ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-O", "hashalg=\(hash)", "-f", file],
            in: folder.path, input: message
        ).output
        made[request] = String(decoding: output, as: UTF8.self)
        return output
    }

    /// The token behind a key, to sign as no honest one does.
    func token(_ key: CorpusKey) -> SigningToken? { tokens[key] }
}
