internal import Crypto

/// A key of OpenPGP that can be asked for by its fingerprint: a primary key or a subkey.
struct OpenPGPKey: Hashable, Sendable {
    /// SHA-1 over the key's packet (RFC 9580 §5.5.4.2), 20 bytes.
    let fingerprint: [UInt8]
    let created: UnixSeconds
    /// RFC 9580 §9.1.
    let algorithm: UInt8
    /// The length of the modulus of an RSA key; 0 for others.
    let modulusBits: Int
    /// The first second in which it is not valid any more; nil if it has no end.
    fileprivate(set) var end: UnixSeconds?

    /// Reads the body of a public key's packet.
    ///
    /// - Throws: ``OpenPGPError``: `unsupported` for another version than 4.
    init(_ body: ArraySlice<UInt8>) throws(OpenPGPError) {
        let bytes = Array(body)
        guard let version = bytes.first else { throw OpenPGPError("a key is empty") }
        guard version == 4 else {
            throw OpenPGPError(.unsupported, "keys of version \(version) are not accepted; expected 4")
        }
        guard bytes.count > 8, bytes.count <= 0xFFFF else { throw OpenPGPError("a key has a wrong length") }
        created = UnixSeconds(bytes[1..<5].bigEndian)
        algorithm = bytes[5]
        modulusBits = Self.rsa.contains(algorithm) ? bytes[6..<8].bigEndian : 0
        var hash = Insecure.SHA1()
        hash.update(data: [0x99, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)])
        hash.update(data: bytes)
        fingerprint = Array(hash.finalize())
    }

    /// The fingerprint as gpg writes it.
    var name: String { Self.name(fingerprint) }

    /// A fingerprint, or the end of one, as gpg writes it.
    static func name(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// RSA, and its two forms that RFC 9580 §9.1 deprecates.
    static let rsa: Set<UInt8> = [1, 2, 3]
}

/// A primary key with its user ids and subkeys, as `gpg --export` writes it.
///
/// Signatures in it are read for the ends of keys alone, and not verified: whoever could change them here
/// could replace the key. That they hold is gpgv's business.
struct OpenPGPCertificate: Hashable, Sendable {
    /// The primary key, then its subkeys.
    private(set) var keys: [OpenPGPKey]
    /// The texts of its user ids, made fit for a terminal.
    private(set) var userIDs: [String]

    var primary: OpenPGPKey { keys[0] }

    /// Whom the key stands for: the address of its first user id, as `allowed_signers` names people, too; all
    /// of that user id where it has none; the fingerprint where there is no user id.
    var principal: String {
        guard let userID = userIDs.first(where: { !$0.isEmpty }) else { return primary.name }
        return Self.address(in: userID) ?? userID
    }

    /// What stands in angle brackets at the end of a user id such as `Ada <ada@example.com>`.
    static func address(in userID: String) -> String? {
        guard userID.last == ">", let start = userID.lastIndex(of: "<") else { return nil }
        let address = userID[userID.index(after: start)...].dropLast()
        return address.isEmpty ? nil : String(address)
    }

    /// The certificates in a sequence of packets.
    static func certificates(in packets: [OpenPGPPacket]) throws(OpenPGPError) -> [OpenPGPCertificate] {
        var found: [OpenPGPCertificate] = []
        var start = 0
        while start < packets.count {
            let rest = packets[(start + 1)...]
            let end = rest.firstIndex { $0.tag == OpenPGPPacket.Tag.publicKey } ?? packets.count
            found.append(try OpenPGPCertificate(packets[start..<end]))
            start = end
        }
        return found
    }

    /// - Parameter packets: those of one certificate.
    private init(_ packets: ArraySlice<OpenPGPPacket>) throws(OpenPGPError) {
        guard let first = packets.first, first.tag == OpenPGPPacket.Tag.publicKey else {
            let isSecret = [OpenPGPPacket.Tag.secretKey, OpenPGPPacket.Tag.secretSubkey].contains(
                packets.first?.tag ?? 0)
            throw OpenPGPError(isSecret ? Self.privateKey : "expected a public key as the first packet")
        }
        let primary = try OpenPGPKey(first.body)
        keys = [primary]
        userIDs = []
        var lifetimes = [Lifetime()]
        for packet in packets.dropFirst() {
            switch packet.tag {
            case OpenPGPPacket.Tag.publicSubkey:
                // An encryption key of a newer version does no harm; it signs nothing.
                guard let subkey = try? OpenPGPKey(packet.body) else { continue }
                keys.append(subkey)
                lifetimes.append(Lifetime())
            case OpenPGPPacket.Tag.userID: userIDs.append(Self.text(packet.body))
            case OpenPGPPacket.Tag.signature:
                // What others have signed says nothing of this key's end.
                guard let signature = try? OpenPGPSignaturePacket(packet.body),
                    signature.isMade(by: primary.fingerprint)
                else { continue }
                lifetimes[keys.count - 1].take(signature, ofSubkey: keys.count > 1)
            case OpenPGPPacket.Tag.secretKey, OpenPGPPacket.Tag.secretSubkey:
                throw OpenPGPError(Self.privateKey)
            default: break
            }
        }
        for index in keys.indices {
            let own = lifetimes[index].seconds.map { keys[index].created + $0 }
            // A subkey lives no longer than its primary key.
            keys[index].end = [own, keys[0].end].compactMap(\.self).min()
        }
    }

    /// How long a key lives, by the newest of its own signatures that says so.
    private struct Lifetime {
        private(set) var seconds: UnixSeconds?
        private var said: UnixSeconds = -1

        mutating func take(_ signature: OpenPGPSignaturePacket, ofSubkey isSubkey: Bool) {
            switch signature.type {
            case 0x18 where isSubkey: break
            case 0x10...0x13 where !isSubkey: break
            // One on the key itself may be about something else, such as who may revoke it.
            case 0x1F where !isSubkey && signature.keyLifetime != nil: break
            default: return
            }
            guard signature.created >= said else { return }
            said = signature.created
            seconds = signature.keyLifetime
        }
    }

    private static let privateKey = "found a private key; whoever can read this file can sign with it"

    private static func text(_ body: ArraySlice<UInt8>) -> String {
        let text = String(decoding: body.prefix(longestUserID), as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.isDeceptive }))
    }

    private static let longestUserID = 200
}
