internal import FleetCore

/// A public key as OpenSSH writes it, type and base64; a comment after them is dropped.
///
/// The form alone is judged, so that a file can be read without cryptography: that the base64 is of the named
/// type and as long as such a key is. Who verifies a signature with it parses it wholly.
/// Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT; RFC 8709, RFC 5656, RFC 4253 for the beginnings.
struct NodeKey: TextValue {
    /// Type and base64 with one space between.
    let description: String

    static let expected =
        "a public key of OpenSSH such as 'ssh-ed25519 AAAA…' (ssh-ed25519, ecdsa-sha2-nistp…, ssh-rsa)"

    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 4_096, !text.unicodeScalars.contains(where: \.isControl) else { return nil }
        let fields = String(text).split(separator: " ", maxSplits: 2)
        guard fields.count >= 2, let form = Self.forms.first(where: { $0.type == fields[0] }),
            Self.isBase64(fields[1]), fields[1].hasPrefix(form.beginning),
            form.lengths.contains(fields[1].utf8.count)
        else { return nil }
        description = "\(fields[0]) \(fields[1])"
    }

    /// The types with the base64 of their name, which begins each key, and the lengths of their base64.
    private static let forms: [(type: String, beginning: String, lengths: ClosedRange<Int>)] = [
        ("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAI", 68...68),
        ("ecdsa-sha2-nistp256", "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB", 140...140),
        ("ecdsa-sha2-nistp384", "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABh", 184...184),
        ("ecdsa-sha2-nistp521", "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACF", 232...232),
        ("ssh-rsa", "AAAAB3NzaC1yc2EAAAA", 372...1_400),
    ]

    private static func isBase64(_ text: Substring) -> Bool {
        let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return text.utf8.count.isMultiple(of: 4) && padding <= 2
            && text.utf8.dropLast(padding).allSatisfy { $0.isAlphanumeric || $0 == 0x2B || $0 == 0x2F }
    }

    /// The base64 of the keys in an OpenSSH allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS).
    static func base64(inAllowedSigners text: String) -> Set<String> {
        var found: Set<String> = []
        // Bytes are parted, as OpenSSH does it: to Swift a space with an accent on it is no space.
        for line in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
        {
            let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                .map { String(decoding: $0, as: UTF8.self) }
            guard let first = fields.first, first.utf8.first != UInt8(ascii: "#") else { continue }
            for (type, base64) in zip(fields, fields.dropFirst())
            where forms.contains(where: { $0.type == type }) || type.hasPrefix("sk-") {
                found.insert(base64)
            }
        }
        return found
    }

    /// The base64 of the key.
    var base64: Substring { description.drop { $0 != " " }.dropFirst() }
}
