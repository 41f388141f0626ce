import Crypto
import Testing

@testable import FleetRepository

/// A hardware token with one key, made of an ordinary key: what it signs is the application, its flags and its
/// counter with the message (OpenSSH PROTOCOL.u2f).
struct SigningToken {
    let publicKey: SSHPublicKey
    private let application: String
    private let sign: ([UInt8]) throws -> [UInt8]

    init(_ algorithm: SSHKeyAlgorithm, application: String = "ssh:") throws {
        var writer = SSHWireWriter()
        writer.string(algorithm.rawValue.utf8)
        if algorithm == .securityKeyEd25519 {
            let key = Curve25519.Signing.PrivateKey()
            writer.string(Array(key.publicKey.rawRepresentation))
            sign = { Array(try key.signature(for: $0)) }
        } else {
            let key = P256.Signing.PrivateKey()
            writer.string("nistp256".utf8)
            writer.string(Array(key.publicKey.x963Representation))
            sign = { Array(try key.signature(for: $0).rawRepresentation) }
        }
        writer.string(application.utf8)
        publicKey = try SSHPublicKey(blob: writer.bytes[...])
        self.application = application
    }

    func signature(
        of message: [UInt8], namespace: String = "git", flags: UInt8 = 1, counter: UInt32 = 7,
        claiming claimed: UInt32? = nil
    ) throws -> SSHSignature {
        let inner = SSHSignature.signedBytes(message.span.bytes, namespace: namespace, hash: .sha512)
        var writer = SSHWireWriter()
        writer.raw(Array(SHA256.hash(data: Array(application.utf8))))
        writer.raw([flags])
        writer.uint32(counter)
        writer.raw(Array(SHA256.hash(data: inner)))
        let algorithm = try #require(SSHSignatureValue.Algorithm(rawValue: publicKey.algorithm.rawValue))
        let value = SSHSignatureValue(
            algorithm: algorithm, bytes: try sign(writer.bytes),
            deviceWord: .init(flags: flags, counter: claimed ?? counter))
        return SSHSignature(publicKey: publicKey, namespace: namespace, hash: .sha512, value: value)
    }
}
