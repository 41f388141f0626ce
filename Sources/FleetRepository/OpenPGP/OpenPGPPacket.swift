/// One packet of OpenPGP's binary data.
///
/// Source: RFC 9580 §4.2 (RFC 4880 §4.2), both forms of the header. Lengths that are given in parts or not at
/// all belong to encrypted and literal data, and are refused.
struct OpenPGPPacket: Hashable, Sendable {
    /// What it is; the numbers are those of RFC 9580 §5.
    enum Tag {
        static let signature = 2
        static let secretKey = 5
        static let publicKey = 6
        static let secretSubkey = 7
        static let userID = 13
        static let publicSubkey = 14
    }

    let tag: Int
    let body: ArraySlice<UInt8>

    /// All packets of a sequence.
    static func packets(in bytes: [UInt8]) throws(OpenPGPError) -> [OpenPGPPacket] {
        var packets: [OpenPGPPacket] = []
        var rest = bytes[...]
        while let head = rest.popFirst() {
            guard head & 0x80 != 0 else { throw OpenPGPError("expected a packet of OpenPGP") }
            let isNew = head & 0x40 != 0
            let length =
                isNew
                ? rest.popLength(partial: 224..<255)
                : [1, 2, 4, 0][Int(head & 3)].popNumber(from: &rest)
            guard let length, length <= rest.count else {
                throw OpenPGPError("a packet ends before its length, or does not state it")
            }
            packets.append(
                OpenPGPPacket(tag: Int(isNew ? head & 0x3F : head >> 2 & 0x0F), body: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return packets
    }
}

extension Int {
    /// Takes a number of so many bytes, the most significant first; nil if there are fewer, or for no bytes.
    fileprivate func popNumber(from rest: inout ArraySlice<UInt8>) -> Int? {
        guard self > 0, rest.count >= self else { return nil }
        defer { rest = rest.dropFirst(self) }
        return rest.prefix(self).bigEndian
    }
}

extension ArraySlice<UInt8> {
    /// The bytes as one number, the most significant first.
    var bigEndian: Int { reduce(0) { $0 << 8 | Int($1) } }

    /// Takes a length of one, two or five bytes; nil for one of `partial`, and where bytes are missing.
    ///
    /// - Parameter partial: the first bytes that begin no length of two bytes.
    fileprivate mutating func popLength(partial: Range<UInt8>) -> Int? {
        guard let first = popFirst() else { return nil }
        switch first {
        case 0..<192: return Int(first)
        case 255: return 4.popNumber(from: &self)
        case partial: return nil
        default: return popFirst().map { (Int(first) - 192) << 8 + Int($0) + 192 }
        }
    }
}

/// What a signature packet says of itself (RFC 9580 §5.2), of version 4. Nothing of it is verified here.
struct OpenPGPSignaturePacket: Hashable, Sendable {
    /// What it was made over: 0x00 bytes, 0x01 text, 0x10–0x13 a user id, 0x18 a subkey, 0x1F a key.
    let type: UInt8
    /// RFC 9580 §9.1.
    let publicKeyAlgorithm: UInt8
    /// RFC 9580 §9.5.
    let hashAlgorithm: UInt8
    private(set) var created: UnixSeconds = 0
    /// Whether it says that it ends at some time.
    private(set) var hasEnd = false
    /// How many seconds the key lives after it was made, on which it was made; nil for ever.
    private(set) var keyLifetime: UnixSeconds?
    /// The fingerprint of the key that made it.
    private(set) var issuer: [UInt8]?
    /// The last eight bytes of that fingerprint.
    private(set) var issuerID: [UInt8]?

    /// - Throws: ``OpenPGPError``: `unsupported` for another version.
    init(_ body: ArraySlice<UInt8>) throws(OpenPGPError) {
        let bytes = Array(body)
        guard let version = bytes.first else { throw OpenPGPError("a signature is empty") }
        guard version == 4 else {
            throw OpenPGPError(.unsupported, "signatures of version \(version) are not accepted; expected 4")
        }
        let short = OpenPGPError("a signature ends within its fields")
        guard bytes.count >= 8 else { throw short }
        type = bytes[1]
        publicKeyAlgorithm = bytes[2]
        hashAlgorithm = bytes[3]
        let hashedEnd = 6 + bytes[4..<6].bigEndian
        guard bytes.count >= hashedEnd + 2 else { throw short }
        let unhashedEnd = hashedEnd + 2 + bytes[hashedEnd..<hashedEnd + 2].bigEndian
        guard bytes.count >= unhashedEnd else { throw short }
        // What is not signed may name the issuer, and nothing else.
        try read(bytes[(hashedEnd + 2)..<unhashedEnd], isSigned: false)
        try read(bytes[6..<hashedEnd], isSigned: true)
    }

    private mutating func read(_ subpackets: ArraySlice<UInt8>, isSigned: Bool) throws(OpenPGPError) {
        var rest = subpackets
        while !rest.isEmpty {
            guard let length = rest.popLength(partial: 255..<255), length > 0, length <= rest.count,
                let type = rest.first
            else { throw OpenPGPError("a signature has a field that ends before its length") }
            let value = rest.prefix(length).dropFirst()
            rest = rest.dropFirst(length)
            switch type & 0x7F {
            case 2 where isSigned && value.count == 4: created = UnixSeconds(value.bigEndian)
            case 3 where isSigned && value.count == 4: hasEnd = value.bigEndian > 0
            case 9 where isSigned && value.count == 4:
                keyLifetime = value.bigEndian > 0 ? UnixSeconds(value.bigEndian) : nil
            case 16 where value.count == 8: issuerID = Array(value)
            case 33 where value.count == 21 && value.first == 4: issuer = Array(value.dropFirst())
            default: break
            }
        }
    }

    /// Whether a key names itself as the one that made this.
    func isMade(by fingerprint: [UInt8]) -> Bool {
        if let issuer { return issuer == fingerprint }
        return issuerID.map { fingerprint.suffix(8).elementsEqual($0) } ?? false
    }
}
