/// Binary data as text between a BEGIN and an END line, as OpenSSH writes its signatures and private keys.
///
/// Source: OpenSSH PROTOCOL.sshsig and PROTOCOL.key; the shape of RFC 7468, with lines of 70 characters.
struct TextArmor: Sendable {
    /// The words between the dashes, such as `SSH SIGNATURE`.
    private let label: String
    private let beginLine: [UInt8]
    private let endMark: [UInt8]

    init(label: String) {
        self.label = label
        beginLine = Array("-----BEGIN \(label)-----\n".utf8)
        endMark = Array("-----END \(label)-----".utf8)
    }

    /// Signatures.
    static let signature = TextArmor(label: "SSH SIGNATURE")
    /// Private keys in OpenSSH's own format.
    static let privateKey = TextArmor(label: "OPENSSH PRIVATE KEY")

    /// Wraps `bytes`: the text that ssh-keygen writes, with a line feed at its end.
    func encode(_ bytes: [UInt8]) -> String {
        let digits = Base64.encode(bytes)
        var text = beginLine
        text.reserveCapacity(
            beginLine.count + digits.count + digits.count / Self.lineLength + endMark.count + 2)
        var start = 0
        while start < digits.count {
            let end = min(start + Self.lineLength, digits.count)
            text += digits[start..<end]
            text.append(Self.lineFeed)
            start = end
        }
        text += endMark
        text.append(Self.lineFeed)
        return String(decoding: text, as: UTF8.self)
    }

    /// Unwraps `text`, which must begin with the BEGIN line and hold nothing but white space after the END
    /// line.
    ///
    /// - Throws: `SigningError` of `operation` with code `malformed`.
    func decode(
        _ text: [UInt8], for operation: SigningError.Operation
    ) throws(SigningError) -> [UInt8] {
        guard text.starts(with: beginLine) else {
            throw SigningError(operation, .malformed, "expected a first line \"-----BEGIN \(label)-----\"")
        }
        let body = text[beginLine.count...]
        // A dash is no base64 digit: the first one must begin the END line.
        guard let end = body.firstIndex(of: UInt8(ascii: "-")), text[end - 1] == Self.lineFeed,
            text[end...].starts(with: endMark)
        else {
            throw SigningError(operation, .malformed, "expected a last line \"-----END \(label)-----\"")
        }
        guard text[(end + endMark.count)...].allSatisfy(Self.isWhiteSpace) else {
            throw SigningError(operation, .malformed, "expected nothing after \"-----END \(label)-----\"")
        }
        guard let bytes = Base64.decode(body[..<end], skippingNewlines: true) else {
            throw SigningError(operation, .malformed, "expected base64 between the BEGIN and END lines")
        }
        return bytes
    }

    private static let lineLength = 70
    private static let lineFeed = UInt8(ascii: "\n")

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == lineFeed || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: " ")
            || byte == UInt8(ascii: "\t")
    }
}
