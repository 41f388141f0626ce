/// A commit, and who may sign it: what stock git and Plimsoll are both asked about.
struct CorpusCase: Sendable {
    /// Unique in the corpus; the table of differences names it.
    let name: String
    /// The object, byte by byte.
    let commit: [UInt8]
    /// The content of the allowed signers file.
    let signers: [UInt8]
}

/// What one of the two says of a case.
struct CorpusVerdict: Sendable {
    /// Who signed it; nil if the commit is refused.
    let principal: String?
    /// What was said.
    let words: String

    var isGood: Bool { principal != nil }
}

extension [UInt8] {
    /// These bytes with one text in them replaced, wherever it stands.
    func exchanging(_ old: String, for new: String) -> [UInt8] {
        replacing(Array(old.utf8), with: Array(new.utf8))
    }

    /// These bytes with one bit turned.
    func turning(bit: Int, of index: Int) -> [UInt8] {
        var bytes = self
        bytes[index] ^= 1 << bit
        return bytes
    }
}
