internal import FleetCore

/// The primary keys of a keyring and when they end (RFC 9580; RFC 4880), binary or in ASCII armor.
///
/// Read to warn a person, and for nothing else: self-signatures are not verified here, and what verifies a
/// source is apt. What cannot be understood is left out.
enum OpenPGPKeyring {
    struct Key: Equatable {
        /// The last 16 hex digits of the fingerprint.
        let id: String
        /// nil for a key without end.
        let expires: Timestamp?
    }

    static func keys(in bytes: [UInt8]) -> [Key] {
        let binary = bytes.first.map { $0 & 0x80 == 0 } ?? true ? dearmored(bytes) : bytes
        var keys: [Key] = []
        var created: Int64?
        var newest: SelfSignature?
        func end() {
            if let created, let newest {
                let end = newest.lifetime > 0 ? Timestamp(seconds: created + newest.lifetime) : nil
                keys.append(Key(id: newest.issuer, expires: end))
            }
            (created, newest) = (nil, nil)
        }
        forEachPacket(in: binary) { tag, body in
            switch tag {
            case 6:
                end()
                created = self.created(body)
            case 2:
                guard created != nil, let found = SelfSignature(body) else { return }
                // The first one is the key's own; what others have signed follows it.
                guard newest.map({ $0.issuer == found.issuer && $0.made <= found.made }) ?? true else {
                    return
                }
                newest = found
            default: break
            }
        }
        end()
        return keys
    }

    /// When a key was made: of version 4, whose body begins with the version and four bytes of time.
    private static func created(_ body: ArraySlice<UInt8>) -> Int64? {
        guard body.count > 6, body.first == 4 else { return nil }
        return number(body.dropFirst().prefix(4))
    }

    /// A signature of version 4 on a user id (`0x10` to `0x13`) or on the key itself (`0x1F`).
    private struct SelfSignature {
        var made: Int64 = 0
        /// How many seconds the key lives after it was made; 0 for ever.
        var lifetime: Int64 = 0
        var issuer = ""

        init?(_ body: ArraySlice<UInt8>) {
            let bytes = Array(body)
            guard bytes.count > 6, bytes[0] == 4, (0x10...0x13).contains(bytes[1]) || bytes[1] == 0x1F else {
                return nil
            }
            let hashedEnd = 6 + Int(bytes[4]) << 8 + Int(bytes[5])
            guard bytes.count >= hashedEnd + 2 else { return nil }
            let unhashedEnd = hashedEnd + 2 + Int(bytes[hashedEnd]) << 8 + Int(bytes[hashedEnd + 1])
            guard bytes.count >= unhashedEnd else { return nil }
            forEachSubpacket(in: bytes[6..<hashedEnd]) { read($0, $1) }
            // Outside of what is signed only the issuer is looked for.
            forEachSubpacket(in: bytes[(hashedEnd + 2)..<unhashedEnd]) { type, value in
                if type == 16 { read(type, value) }
            }
            guard !issuer.isEmpty else { return nil }
        }

        private mutating func read(_ type: UInt8, _ value: ArraySlice<UInt8>) {
            switch type {
            case 2 where value.count == 4: made = number(value)
            case 9 where value.count == 4: lifetime = number(value)
            case 16 where value.count == 8: issuer = value.map { hex($0) }.joined()
            // The fingerprint, after its version.
            case 33 where value.count == 21: issuer = value.suffix(8).map { hex($0) }.joined()
            default: break
            }
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return text.count == 1 ? "0" + text : text
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// Section 4.2: the old and the new form of a packet's header. A packet of unknown length is the last.
    private static func forEachPacket(in bytes: [UInt8], _ body: (_ tag: Int, ArraySlice<UInt8>) -> Void) {
        var rest = bytes[...]
        while let head = rest.popFirst(), head & 0x80 != 0 {
            let isNew = head & 0x40 != 0
            let length =
                isNew ? newLength(&rest) : oldLength(&rest, octets: [1, 2, 4, 0][Int(head & 3)])
            guard let length, length <= rest.count else { return }
            body(Int(isNew ? head & 0x3F : head >> 2 & 0x0F), rest.prefix(length))
            rest = rest.dropFirst(length)
        }
    }

    private static func oldLength(_ rest: inout ArraySlice<UInt8>, octets: Int) -> Int? {
        guard octets > 0, rest.count >= octets else { return nil }
        defer { rest = rest.dropFirst(octets) }
        return Int(number(rest.prefix(octets)))
    }

    /// One, two or five octets; a partial length is used by nothing that a keyring holds.
    private static func newLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        switch first {
        case 0..<192: return Int(first)
        case 192..<224:
            guard let second = rest.popFirst() else { return nil }
            return (Int(first) - 192) << 8 + Int(second) + 192
        case 255: return oldLength(&rest, octets: 4)
        default: return nil
        }
    }

    private static func forEachSubpacket(
        in bytes: ArraySlice<UInt8>, _ body: (_ type: UInt8, ArraySlice<UInt8>) -> Void
    ) {
        var rest = bytes
        while !rest.isEmpty {
            // Lengths of subpackets have no partial form: 192 to 254 begin two octets.
            guard let first = rest.popFirst() else { return }
            let length: Int?
            switch first {
            case 0..<192: length = Int(first)
            case 255: length = oldLength(&rest, octets: 4)
            default: length = rest.popFirst().map { (Int(first) - 192) << 8 + Int($0) + 192 }
            }
            guard let length, length > 0, length <= rest.count, let type = rest.first else { return }
            body(type & 0x7F, rest.prefix(length).dropFirst())
            rest = rest.dropFirst(length)
        }
    }

    /// The bytes of all armored blocks (section 6.2): headers end with an empty line, `=` begins the
    /// checksum.
    private static func dearmored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var base64: [UInt8] = []
        var isInBlock = false
        var isInHead = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let text = line.filter { $0 > 0x20 }
            if text.starts(with: Array("-----BEGIN".utf8)) {
                (isInBlock, isInHead, base64) = (true, true, [])
            } else if text.starts(with: Array("-----END".utf8)) {
                result += decoded(base64)
                isInBlock = false
            } else if isInBlock, isInHead {
                isInHead = !text.isEmpty
            } else if isInBlock, text.first != UInt8(ascii: "=") {
                base64 += text
            }
        }
        return result
    }

    private static func decoded(_ base64: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var bits = 0
        var value: UInt32 = 0
        for byte in base64 {
            guard let digit = digit(byte) else { break }
            value = value << 6 | digit
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            result.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
