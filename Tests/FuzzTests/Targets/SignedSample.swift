@testable import FleetRepository

/// What was signed with a key that nobody has any more: whatever else is found good under its public half is
/// forged.
enum SignedSample {
    static let message = Array("a message that was signed once\n".utf8)
    static let signature = parsed(signatureText)
    static let signers = parsedSigners("ada@example.com namespaces=\"git\" \(signature.publicKey)\n")

    /// The signature of ``message``.
    private static let signatureText = """
        -----BEGIN SSH SIGNATURE-----
        U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgF8ox2muE6Z4Zl0SA/3JTcSRYgk
        O73gKFgaiQ+Wx/pTcAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
        AAAAQM/oiX7SI3IDheBNjsCSDX5k+dnsP13OYV15jueo6H5eiG8YrS379TmGVBXmXR3EnM
        f7BnZTtXTghBxckPvcXwA=
        -----END SSH SIGNATURE-----
        """

    /// A signed commit, by the same key.
    static let commit = Array(
        """
        tree 875f3506d3137d15e5a6202193e5653a27a38f79
        author Ada <ada@example.com> 1700000000 +0000
        committer Ada <ada@example.com> 1700000000 +0000
        gpgsig -----BEGIN SSH SIGNATURE-----
         U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgF8ox2muE6Z4Zl0SA/3JTcSRYgk
         O73gKFgaiQ+Wx/pTcAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
         AAAAQPGzKpzszAWOgEdMRt6HUkYgZ7E4PUeks+mXqIZb0SX80S3DYlVcXHL6GXqzwF2/R/
         oO4pPSSgit1x0gGrKQRQo=
         -----END SSH SIGNATURE-----

        Report 1

        Plimsoll-Chain: 0123456789abcdef0123456789abcdef01234567

        """.utf8)

    private static func parsed(_ text: String) -> SSHSignature {
        guard let signature = try? SSHSignature(armored: text + "\n") else {
            preconditionFailure("the sample's signature cannot be read")
        }
        return signature
    }

    private static func parsedSigners(_ text: String) -> AllowedSigners {
        guard let signers = try? AllowedSigners(parsing: text) else {
            preconditionFailure("the sample's signers cannot be read")
        }
        return signers
    }
}
