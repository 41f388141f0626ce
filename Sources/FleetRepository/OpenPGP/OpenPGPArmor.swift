/// OpenPGP's binary data as text between a BEGIN and an END line.
///
/// Source: RFC 9580 §6. Stricter than gpg: nothing but empty lines may stand around the blocks, for what is
/// passed over there could be a key, or what revokes one.
enum OpenPGPArmor {
    /// What a block holds, as its BEGIN line says.
    enum Label: String, Sendable {
        case publicKey = "PGP PUBLIC KEY BLOCK"
        case signature = "PGP SIGNATURE"
    }

    /// One block, decoded.
    struct Block: Hashable, Sendable {
        let bytes: [UInt8]
        /// The line of its BEGIN, from 1.
        let line: Int
        /// Whether it has a checksum that is not the one of its bytes. By §6.1 that is no reason to refuse
        /// a key: its own signatures tell what was damaged.
        let isChecksumWrong: Bool
    }

    /// All blocks of a text, which must have this label.
    ///
    /// - Throws: ``OpenPGPError`` at the first line that is wrong.
    static func blocks(in text: [UInt8], _ label: Label) throws(OpenPGPError) -> [Block] {
        var reader = ArmorReader(text)
        var blocks: [Block] = []
        while try reader.findBegin(label) { blocks.append(try reader.block(label)) }
        return blocks
    }

    /// The checksum of §6.1.1: CRC-24 with the generator 0x864CFB, begun with 0xB704CE.
    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xB7_04CE
        for byte in bytes {
            crc ^= UInt32(byte) << 16
            for _ in 0..<8 {
                crc <<= 1
                if crc & 0x100_0000 != 0 { crc ^= 0x186_4CFB }
            }
        }
        return crc & 0xFF_FFFF
    }
}

/// Reads armoured blocks line by line.
private struct ArmorReader {
    private let lines: [ArraySlice<UInt8>]
    private var next = 0

    init(_ text: [UInt8]) {
        lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.prefix((line.lastIndex { !Self.isBlank($0) } ?? line.startIndex - 1) - line.startIndex + 1)
        }
    }

    /// Goes behind the next BEGIN line; false at the end of the text.
    mutating func findBegin(_ label: OpenPGPArmor.Label) throws(OpenPGPError) -> Bool {
        while next < lines.count {
            let line = lines[next]
            next += 1
            if line.isEmpty { continue }
            if line.elementsEqual("-----BEGIN \(label.rawValue)-----".utf8) { return true }
            if line.starts(with: "-----BEGIN PGP PRIVATE KEY BLOCK-----".utf8) {
                throw error("found a private key; whoever can read this file can sign with it")
            }
            throw error("expected a line '-----BEGIN \(label.rawValue)-----', and nothing around the blocks")
        }
        return false
    }

    /// The block whose BEGIN line was found: headers, an empty line, base64, a checksum if any, the END line.
    mutating func block(_ label: OpenPGPArmor.Label) throws(OpenPGPError) -> OpenPGPArmor.Block {
        let begin = next
        while true {
            let line = try line(label)
            if line.isEmpty { break }
            // Their meaning is for people; but base64 in their place means that the empty line is missing.
            guard line.contains(UInt8(ascii: ":")) else {
                throw error("expected a header such as 'Comment: …', or an empty line before the data")
            }
        }
        var base64: [UInt8] = []
        var checksum: UInt32?
        let end = Array("-----END \(label.rawValue)-----".utf8)
        while true {
            let line = try line(label)
            if line.elementsEqual(end) { break }
            guard checksum == nil else {
                throw error("expected '-----END \(label.rawValue)-----' after the checksum")
            }
            // No base64 digit begins a line with a padding: four digits after '=' are the checksum.
            if line.first == UInt8(ascii: "="), line.count == 5, let sum = Base64.decode(line.dropFirst()) {
                checksum = sum.reduce(0) { $0 << 8 | UInt32($1) }
            } else {
                base64 += line
            }
        }
        guard let bytes = Base64.decode(base64[...]), !bytes.isEmpty else {
            throw OpenPGPError(line: begin, "expected base64 between the BEGIN and END lines")
        }
        let isWrong = checksum.map { $0 != OpenPGPArmor.checksum(of: bytes) } ?? false
        return OpenPGPArmor.Block(bytes: bytes, line: begin, isChecksumWrong: isWrong)
    }

    private mutating func line(_ label: OpenPGPArmor.Label) throws(OpenPGPError) -> ArraySlice<UInt8> {
        guard next < lines.count else {
            throw error("expected a last line '-----END \(label.rawValue)-----'")
        }
        next += 1
        return lines[next - 1]
    }

    /// An error in the line that was read last.
    private func error(_ message: String) -> OpenPGPError {
        OpenPGPError(line: max(next, 1), message)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
