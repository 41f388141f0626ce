/// A list of patterns, separated by commas, as OpenSSH reads it: `*` and `?` are wildcards, `!` negates.
///
/// Source: ssh_config(5), PATTERNS. A text matches if at least one pattern matches it and no negated one
/// does. All of it is about bytes, not characters: to Swift a comma with an accent on it is no comma, to
/// OpenSSH it is.
package struct PatternList: Hashable, Sendable {
    private let patterns: [Pattern]

    /// The name by which to call whoever is meant: the first pattern that the list itself accepts as a name.
    ///
    /// Git takes a signature's signer from the allowed signers in the same way. nil where the list means
    /// nobody: all its patterns are negated.
    package let name: String?

    private struct Pattern: Hashable, Sendable {
        let isNegated: Bool
        let bytes: [UInt8]
    }

    /// Reads a list. Every text is one: an empty list matches nothing.
    package init(_ text: String) {
        let patterns = text.utf8.split(separator: UInt8(ascii: ",")).map { word in
            let isNegated = word.first == UInt8(ascii: "!")
            return Pattern(isNegated: isNegated, bytes: Array(isNegated ? word.dropFirst() : word))
        }
        self.patterns = patterns
        name =
            patterns.first { !$0.isNegated && Self.matches($0.bytes, patterns) }
            .map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// Whether `text` matches. Case counts, and `?` stands for one byte.
    package func matches(_ text: String) -> Bool {
        Self.matches(Array(text.utf8), patterns)
    }

    private static func matches(_ text: [UInt8], _ patterns: [Pattern]) -> Bool {
        var isMatched = false
        for pattern in patterns where matches(text, pattern: pattern.bytes) {
            guard !pattern.isNegated else { return false }
            isMatched = true
        }
        return isMatched
    }

    /// Compares in at most the product of both lengths: after a mismatch only the last `*` can take one byte
    /// more.
    private static func matches(_ text: [UInt8], pattern: [UInt8]) -> Bool {
        var position = 0
        var index = 0
        var resume: (position: Int, index: Int)?
        while position < text.count {
            if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                index += 1
                resume = (position, index)
            } else if index < pattern.count,
                pattern[index] == UInt8(ascii: "?") || pattern[index] == text[position]
            {
                index += 1
                position += 1
            } else if let last = resume {
                resume = (last.position + 1, last.index)
                position = last.position + 1
                index = last.index
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension PatternList: CustomStringConvertible {
    package var description: String {
        patterns.map { ($0.isNegated ? "!" : "") + String(decoding: $0.bytes, as: UTF8.self) }
            .joined(separator: ",")
    }
}
