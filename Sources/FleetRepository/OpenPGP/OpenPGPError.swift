/// Why bytes are no OpenPGP key or signature that counts here.
struct OpenPGPError: Error, Hashable, Sendable {
    /// What a caller may want to tell apart.
    enum Code: Hashable, Sendable {
        /// The bytes do not follow their format.
        case malformed
        /// Well known, but not accepted here: another version, another kind.
        case unsupported
    }

    let code: Code
    /// The line of the text, from 1; 1 where the whole is meant.
    let line: Int
    /// Lower case, one clause, says what was found or expected.
    let message: String

    init(_ code: Code, line: Int = 1, _ message: String) {
        self.code = code
        self.line = line
        self.message = message
    }

    /// A breach of the format.
    init(line: Int = 1, _ message: String) { self.init(.malformed, line: line, message) }
}
