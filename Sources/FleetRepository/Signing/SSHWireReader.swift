/// Reads the fields of SSH's binary encoding, one after the other, from bytes that nobody vouches for.
///
/// Source: RFC 4251 §5. Each method names the field that it expects, for the message of its error.
struct SSHWireReader {
    private var rest: ArraySlice<UInt8>
    private let operation: SigningError.Operation

    init(_ bytes: ArraySlice<UInt8>, for operation: SigningError.Operation) {
        rest = bytes
        self.operation = operation
    }

    /// Whether all bytes were read.
    var isAtEnd: Bool { rest.isEmpty }

    /// The bytes that were not read yet.
    var remainder: ArraySlice<UInt8> { rest }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int, _ field: String) throws(SigningError) -> ArraySlice<UInt8> {
        guard count <= rest.count else {
            throw SigningError(operation, .malformed, "ends within its \(field)")
        }
        let bytes = rest.prefix(count)
        rest = rest.dropFirst(count)
        return bytes
    }

    /// `byte`.
    mutating func byte(_ field: String) throws(SigningError) -> UInt8 {
        try bytes(1, field).reduce(0) { $0 | $1 }
    }

    /// `uint32`: four bytes, the most significant first.
    mutating func uint32(_ field: String) throws(SigningError) -> UInt32 {
        try bytes(4, field).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `string`: a length and as many bytes.
    mutating func string(_ field: String) throws(SigningError) -> ArraySlice<UInt8> {
        try bytes(Int(uint32(field)), field)
    }

    /// `string` that holds printable text in UTF-8: no control characters, so none that ends a C string
    /// early.
    mutating func text(_ field: String) throws(SigningError) -> String {
        let bytes = try string(field)
        guard let text = String(validating: bytes, as: UTF8.self),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw SigningError(operation, .malformed, "expected printable text as its \(field)")
        }
        return text
    }

    /// `mpint` that is positive: its magnitude without leading zeros.
    ///
    /// Stricter than OpenSSH, which drops needless leading zeros: RFC 4251 forbids them, and without them one
    /// number has one encoding, one key one blob.
    mutating func positiveInteger(_ field: String) throws(SigningError) -> ArraySlice<UInt8> {
        let bytes = try string(field)
        guard let first = bytes.first else {
            throw SigningError(operation, .malformed, "expected a positive number as its \(field)")
        }
        guard first == 0 else {
            guard first < 0x80 else {
                throw SigningError(operation, .malformed, "expected a positive number as its \(field)")
            }
            return bytes
        }
        let magnitude = bytes.dropFirst()
        guard let next = magnitude.first, next >= 0x80 else {
            throw SigningError(operation, .malformed, "expected no needless zeros before its \(field)")
        }
        return magnitude
    }

    /// Demands that nothing follows.
    func expectEnd() throws(SigningError) {
        guard rest.isEmpty else {
            throw SigningError(operation, .malformed, "has \(rest.count) bytes after its end")
        }
    }
}
