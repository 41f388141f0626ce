internal import Crypto

/// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
///
/// Said alone, *digest* means that of a baseline's canonical form; the same type also holds the digests of
/// package files.
package struct Digest: TextValue {
    /// The 64 hexadecimal digits.
    package let hex: String

    package static let expected = "a SHA-256 digest: 64 digits of 0-9 and a-f"

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(\.isLowercaseHexDigit) else { return nil }
        hex = String(text)
    }

    /// The digest of `bytes`.
    package init(of bytes: [UInt8]) {
        hex = SHA256.hash(data: bytes).map(\.hexPair).joined()
    }

    /// Takes bytes piece by piece, so that a large file need not be held in memory.
    package struct Builder {
        private var hash = SHA256()

        package init() {}

        /// Adds the next bytes.
        package mutating func add(_ bytes: [UInt8]) { hash.update(data: bytes) }

        /// The digest of all bytes so far.
        package var digest: Digest { Digest(hash: hash.finalize()) }
    }

    private init(hash: SHA256.Digest) { hex = hash.map(\.hexPair).joined() }

    /// The first twelve digits, for people.
    package var short: Substring { hex.prefix(12) }
}

/// A SHA-256 hash as a place in an order: what nobody can choose and everybody can compute.
package struct OrderKey: Hashable, Comparable, Sendable {
    private let words: [UInt64]

    package static func < (left: OrderKey, right: OrderKey) -> Bool {
        left.words.lexicographicallyPrecedes(right.words)
    }

    /// Makes keys of texts with a common beginning, which is hashed once.
    package struct Maker {
        private let begun: SHA256

        package init(prefix: [UInt8]) {
            var begun = SHA256()
            begun.update(data: prefix)
            self.begun = begun
        }

        /// The key of the common beginning followed by `bytes`.
        package func key(for bytes: [UInt8]) -> OrderKey {
            var hash = begun
            hash.update(data: bytes)
            return OrderKey(hash: hash.finalize())
        }
    }

    fileprivate init(hash: SHA256.Digest) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in hash.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = words
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { hex }
}

extension Digest: Comparable {
    package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
}

extension UInt8 {
    /// The two lower-case hexadecimal digits of this byte.
    fileprivate var hexPair: String {
        let digits = String(self, radix: 16)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}
