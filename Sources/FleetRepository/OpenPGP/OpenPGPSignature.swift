/// The OpenPGP signature of a commit: exactly one packet, over the commit's bytes.
///
/// Read here before gpgv sees it, so that what does not count is refused by every node alike, whatever
/// version of gpgv it has.
struct OpenPGPSignature: Hashable, Sendable {
    /// What gpgv gets: the packet, binary.
    let bytes: [UInt8]
    let packet: OpenPGPSignaturePacket

    /// - Parameter text: the value of a commit's `gpgsig` header.
    /// - Throws: ``OpenPGPError``: `unsupported` for what is known but not accepted.
    init(armored text: String) throws(OpenPGPError) {
        guard !text.hasPrefix("-----BEGIN PGP MESSAGE-----") else {
            throw OpenPGPError(.unsupported, "expected a detached signature, found a signed message")
        }
        let blocks = try OpenPGPArmor.blocks(in: Array(text.utf8), .signature)
        guard blocks.count == 1, let block = blocks.first else {
            throw OpenPGPError("expected one block, found \(blocks.count)")
        }
        // By RFC 9580 §6.1 no reason to refuse it, but git does, and so a signature has one text less.
        guard !block.isChecksumWrong else { throw OpenPGPError("its checksum does not fit the data") }
        let packets = try OpenPGPPacket.packets(in: block.bytes)
        guard packets.count == 1, let only = packets.first, only.tag == OpenPGPPacket.Tag.signature else {
            let count = packets.count { $0.tag == OpenPGPPacket.Tag.signature }
            throw OpenPGPError(
                count > 1 ? "expected one signature, found \(count)" : "expected one signature and no more")
        }
        bytes = block.bytes
        packet = try OpenPGPSignaturePacket(only.body)
    }

    /// Why a signature of this form counts for nothing, as it follows "the signature of KEY"; nil if it may
    /// count.
    var weakness: String? {
        guard packet.type == 0x00 else {
            return "is over text, whose line ends it does not cover; sign without 'textmode' in gpg.conf"
        }
        guard Self.digests.contains(packet.hashAlgorithm) else {
            let name = Self.weakDigests[packet.hashAlgorithm] ?? "digest number \(packet.hashAlgorithm)"
            return "uses \(name), which is not accepted; sign with SHA-256, SHA-384 or SHA-512 "
                + "('digest-algo SHA512' in gpg.conf)"
        }
        if packet.hasEnd {
            return "says that it ends at some time, so that nodes would not agree about it; sign without "
                + "'default-sig-expire' in gpg.conf"
        }
        return nil
    }

    /// SHA-256, SHA-384 and SHA-512, by the numbers of RFC 9580 §9.5.
    static let digests: Set<UInt8> = [8, 9, 10]
    private static let weakDigests: [UInt8: String] = [1: "MD5", 2: "SHA-1", 3: "RIPEMD-160", 11: "SHA-224"]
}

extension OpenPGPKey {
    /// Why the key counts for nothing, as it follows "KEY"; nil if it may sign.
    var weakness: String? {
        switch algorithm {
        case 1 where modulusBits < Self.leastModulusBits:
            "is an RSA key of \(modulusBits) bits; expected at least \(Self.leastModulusBits)"
        case 1, 19, 22: nil
        default: "is of a kind that is not accepted (number \(algorithm)); expected RSA, ECDSA or EdDSA"
        }
    }

    /// As for SSH keys.
    private static let leastModulusBits = 2048
}
