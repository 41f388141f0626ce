@testable import FleetRepository

/// OpenPGP's formats, and what gpgv says of them.
extension FuzzTarget {
    static let openPGP: [FuzzTarget] = [keyFile, keyPackets, openPGPSignature, signaturePacket, gpgvStatus]

    private static let armour = [
        "-----BEGIN PGP ", "-----END PGP ", "PUBLIC KEY BLOCK", "SIGNATURE", "-----\n",
    ]

    private static let keyFile = FuzzTarget(bytes: "openpgp-key-file", words: armour) { bytes in
        guard let file = try? OpenPGPKeyring.file(bytes, at: "trust/openpgp/a.asc") else { return }
        try demand(!file.certificates.isEmpty, "a file of keys has keys")
        guard let keyring = try? OpenPGPKeyring([("trust/openpgp/a.asc", bytes)]) else { return }
        try demand(keyring.bytes == file.bytes, "a keyring is what its files say")
        try check(keyring.certificates)
    }

    /// The same without the armour, which chance seldom leaves whole.
    private static let keyPackets = FuzzTarget(bytes: "openpgp-key") { bytes in
        guard let packets = try? OpenPGPPacket.packets(in: bytes),
            let certificates = try? OpenPGPCertificate.certificates(in: packets)
        else { return }
        try check(certificates)
    }

    private static func check(_ certificates: [OpenPGPCertificate]) throws {
        for certificate in certificates {
            try demand(certificate.keys.allSatisfy { $0.fingerprint.count == 20 }, "a fingerprint is a SHA-1")
            try demand(
                certificate.principal.unicodeScalars.allSatisfy { !$0.isDeceptive },
                "a name can be shown on a terminal")
            let end = certificate.primary.end
            try demand(
                certificate.keys.allSatisfy { key in end.map { (key.end ?? .max) <= $0 } ?? true },
                "no subkey outlives its primary key")
        }
    }

    private static let openPGPSignature = FuzzTarget(text: "openpgp-signature", words: armour) { text in
        guard let signature = try? OpenPGPSignature(armored: text) else { return }
        _ = signature.weakness
    }

    private static let signaturePacket = FuzzTarget(bytes: "openpgp-signature-packet") { bytes in
        guard let signature = try? OpenPGPSignaturePacket(bytes[...]) else { return }
        try demand(!signature.isMade(by: []), "no key without a fingerprint has made a signature")
    }

    private static let gpgvStatus = FuzzTarget(
        text: "gpgv-status",
        words: [
            "[GNUPG:] ", "GOODSIG ", "VALIDSIG ", "EXPKEYSIG ", "REVKEYSIG ", "BADSIG ", "ERRSIG ",
            "NO_PUBKEY ",
            "NEWSIG\n", "ERROR ", "NODATA 1\n",
        ]
    ) { text in
        guard case .good(let key) = GpgvFinding(status: text, exitCode: 0) else { return }
        try demand(
            text.contains("GOODSIG") || text.contains("EXPKEYSIG"), "what is good was called so: \(key)")
    }
}
