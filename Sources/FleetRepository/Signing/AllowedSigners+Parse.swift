extension AllowedSigners {
    /// Reads an allowed signers file.
    ///
    /// Stricter than OpenSSH, which passes over a line that it cannot read: here the first such line is an
    /// error, as are control characters and dates that do not exist.
    ///
    /// - Throws: `AllowedSignersError` at the first line that is wrong.
    package init(parsing file: [UInt8]) throws(AllowedSignersError) {
        guard file.count <= Self.maximumByteCount else {
            let message = "expected a file of at most \(Self.maximumByteCount) bytes"
            throw AllowedSignersError(code: .tooLarge, line: 1, column: 1, message: message)
        }
        var signers: [AllowedSigner] = []
        var number = 0
        for line in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var parser = AllowedSignerLine(line, number: number)
            if let signer = try parser.signer() { signers.append(signer) }
        }
        self.init(signers)
    }

    /// Reads an allowed signers file from a string.
    ///
    /// - Throws: `AllowedSignersError` as `init(parsing:)` of bytes does.
    package init(parsing text: String) throws(AllowedSignersError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Room for some 5,000 ed25519 keys.
    private static let maximumByteCount = 1 << 20
}

/// The parser of one line: principals, options if any, key type, base64, comment if any.
private struct AllowedSignerLine {
    private let bytes: [UInt8]
    private let number: Int
    private var position = 0

    init(_ line: ArraySlice<UInt8>, number: Int) {
        // A carriage return before the line feed: the file was written on Windows.
        bytes = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        self.number = number
    }

    /// What the line says; nil for an empty line or a comment.
    mutating func signer() throws(AllowedSignersError) -> AllowedSigner? {
        guard bytes.count <= Self.maximumLineByteCount else {
            throw error(.tooLarge, at: 0, "expected a line of at most \(Self.maximumLineByteCount) bytes")
        }
        if let control = bytes.firstIndex(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            throw error(at: control, "expected no control character")
        }
        skipBlanks()
        guard let first = peek, first != UInt8(ascii: "#") else { return nil }
        let principals = try principals()
        var options = Options()
        if !SSHKeyAlgorithm.isKnownName(text(wordRange())) {
            try readOptions(into: &options)
            try requireBlank("a space between the options and the key type")
        }
        let key = try key()
        return AllowedSigner(
            principals: principals, key: key, namespaces: options.namespaces,
            validAfter: options.validAfter?.seconds, validBefore: options.validBefore?.seconds,
            dependsOnTimeZone: options.validAfter?.isLocal == true || options.validBefore?.isLocal == true,
            line: number)
    }

    // MARK: Principals

    /// The first field: a word, or a text in double quotes, which may hold spaces.
    private mutating func principals() throws(AllowedSignersError) -> PatternList {
        let start = position
        let range: Range<Int>
        if peek == UInt8(ascii: "\"") {
            guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
                throw error(at: start, "expected a closing quote after the principals")
            }
            range = start + 1..<end
            position = end + 1
        } else {
            range = wordRange()
            position = range.upperBound
            if let quote = bytes[range].firstIndex(of: UInt8(ascii: "\"")) {
                throw error(at: quote, "expected the quotes around all principals")
            }
        }
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw error(at: start, "expected principals in UTF-8")
        }
        let patterns = bytes[range].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard
            patterns.allSatisfy({
                !$0.isEmpty && $0.count < Self.maximumPatternByteCount && $0 != [UInt8(ascii: "!")]
            })
        else {
            throw error(
                at: start, "expected principals separated by commas, none empty or of 1,024 bytes or more")
        }
        try requireBlank("a space after the principals, then a key such as \"ssh-ed25519 AAAA…\"")
        return PatternList(text)
    }

    // MARK: Options

    private struct Options {
        var namespaces: PatternList?
        var validAfter: ValidityTime?
        var validBefore: ValidityTime?
    }

    /// Options, separated by commas: `name="value"`.
    private mutating func readOptions(into options: inout Options) throws(AllowedSignersError) {
        while true {
            try readOption(into: &options)
            guard peek == UInt8(ascii: ",") else { break }
            position += 1
        }
        if let after = options.validAfter, let before = options.validBefore, before.seconds <= after.seconds {
            throw error(at: position, "expected valid-before to be later than valid-after")
        }
    }

    private mutating func readOption(into options: inout Options) throws(AllowedSignersError) {
        let start = position
        let name = text(nameRange())
        switch name.lowercased() {
        case "namespaces":
            guard options.namespaces == nil else { throw error(at: start, "expected \"namespaces\" once") }
            options.namespaces = PatternList(try optionValue(of: name))
        case "valid-after":
            guard options.validAfter == nil else { throw error(at: start, "expected \"valid-after\" once") }
            options.validAfter = try time(of: name)
        case "valid-before":
            guard options.validBefore == nil else { throw error(at: start, "expected \"valid-before\" once") }
            options.validBefore = try time(of: name)
        case "cert-authority":
            throw error(
                .unsupported, at: start, "certificate authorities (\"cert-authority\") are not supported yet")
        default:
            throw error(
                at: start,
                "unknown option or key type \"\(name)\"; expected namespaces=\"…\", valid-after=\"…\", "
                    + "valid-before=\"…\" or a key such as \"ssh-ed25519 AAAA…\"")
        }
    }

    private mutating func time(of name: String) throws(AllowedSignersError) -> ValidityTime {
        let start = position
        guard let time = ValidityTime(try optionValue(of: name)) else {
            throw error(
                at: start + name.utf8.count + 1,
                "expected a time such as \"20261130Z\" or \"20261130170000Z\", later than 1970-01-01")
        }
        return time
    }

    /// The value behind an option's name, without its quotes; `\"` inside stands for a quote.
    private mutating func optionValue(of name: String) throws(AllowedSignersError) -> String {
        position += name.utf8.count
        guard peek == UInt8(ascii: "=") else { throw error(at: position, "expected \"=\" after \"\(name)\"") }
        position += 1
        guard peek == UInt8(ascii: "\"") else {
            throw error(at: position, "expected the value of \"\(name)\" in double quotes")
        }
        let start = position
        position += 1
        var value: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            let isEscape = byte == UInt8(ascii: "\\") && bytes[(position + 1)...].first == UInt8(ascii: "\"")
            value.append(isEscape ? UInt8(ascii: "\"") : byte)
            position += isEscape ? 2 : 1
        }
        guard peek != nil else {
            throw error(at: start, "expected a closing quote after the value of \"\(name)\"")
        }
        position += 1
        guard let text = String(validating: value, as: UTF8.self) else {
            throw error(at: start, "expected the value of \"\(name)\" in UTF-8")
        }
        return text
    }

    // MARK: Key

    private mutating func key() throws(AllowedSignersError) -> SSHPublicKey {
        let start = position
        let type = wordRange()
        position = type.upperBound
        skipBlanks()
        let base64 = wordRange()
        do throws(SigningError) {
            return try SSHPublicKey(text: "\(text(type)) \(text(base64))")
        } catch {
            throw self.error(
                error.code == .malformed ? .malformed : .unsupported, at: start, error.message)
        }
    }

    // MARK: Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, Self.isBlank(byte) { position += 1 }
    }

    private mutating func requireBlank(_ expected: String) throws(AllowedSignersError) {
        let start = position
        skipBlanks()
        guard position > start, position < bytes.count else { throw error(at: start, "expected \(expected)") }
    }

    /// From here up to the next blank.
    private func wordRange() -> Range<Int> {
        position..<(bytes[position...].firstIndex(where: Self.isBlank) ?? bytes.count)
    }

    /// From here up to what may follow the name of an option.
    private func nameRange() -> Range<Int> {
        let ends = { (byte: UInt8) in
            Self.isBlank(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: ",")
        }
        return position..<(bytes[position...].firstIndex(where: ends) ?? bytes.count)
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private func error(
        _ code: AllowedSignersError.Code = .malformed, at index: Int, _ message: String
    ) -> AllowedSignersError {
        AllowedSignersError(code: code, line: number, column: index + 1, message: message)
    }

    private static let maximumLineByteCount = 16_384
    /// OpenSSH's bound of a pattern.
    private static let maximumPatternByteCount = 1024
}
