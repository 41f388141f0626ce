/// The signature of a commit, as stock git makes it.
package struct GitCommitSignature: Hashable, Sendable {
    /// The armoured text of the header `gpgsig`, SSH or OpenPGP, without the continuation spaces.
    package let text: String
    /// The bytes that were signed: the commit without that header.
    package let payload: [UInt8]

    /// Finds the signature in a commit's bytes, where git looks for it: among the headers alone, and with all
    /// that follows up to the commit's last byte in the payload (git's commit.c, `parse_signed_commit`).
    ///
    /// libgit2's own search goes on in the message, and ends at a byte of zero: it would find signed what git
    /// does not, and leave bytes out that nobody signed.
    ///
    /// - Returns: nil if the commit is not signed.
    /// - Throws: ``Fault`` if not every byte but the signature's own is signed, or git would judge otherwise.
    init?(in commit: [UInt8]) throws(Fault) {
        var payload: [UInt8] = []
        payload.reserveCapacity(commit.count)
        var text: [UInt8]?
        var other: String?
        var isInSignature = false
        var start = 0
        while start < commit.count, commit[start] != Self.lineFeed {
            let end = commit[start...].firstIndex(of: Self.lineFeed) ?? commit.count
            let next = min(end + 1, commit.count)
            let line = commit[start..<end]
            start = next
            if isInSignature, line.first == Self.space {
                text?.append(Self.lineFeed)
                text?.append(contentsOf: line.dropFirst())
                continue
            }
            isInSignature = line.starts(with: Self.header)
            if isInSignature {
                guard text == nil else { throw .twice }
                text = Array(line.dropFirst(Self.header.count))
                continue
            }
            if line.starts(with: Self.header.dropLast()) {
                other = Self.name(of: line)
            }
            payload.append(contentsOf: commit[line.startIndex..<next])
        }
        payload.append(contentsOf: commit[start...])
        guard let text else { return nil }
        if let other { throw .otherHeader(other) }
        guard !payload.contains(0) else { throw .zeroByte }
        self.text = String(decoding: text, as: UTF8.self)
        self.payload = payload
    }

    /// Why the signature of a commit does not say that all of it is signed.
    enum Fault: Error, Hashable, CustomStringConvertible {
        /// Which of two counts would be a matter of who reads it.
        case twice
        /// Git takes every header that begins like its own out of what is signed: anybody may write there.
        case otherHeader(String)
        /// No git writes it, and programs in C take it for the end.
        case zeroByte

        var description: String {
            switch self {
            case .twice: "the commit has two signatures"
            case .otherHeader(let name):
                "the commit has the header '\(name)', which its signature does not cover; "
                    + "expected 'gpgsig' alone"
            case .zeroByte: "the signed commit holds a byte of zero, which git does not write"
            }
        }
    }

    /// The name of a header, as far as it can be shown to anybody.
    private static func name(of line: ArraySlice<UInt8>) -> String {
        let plain = line.prefix { $0 > Self.space && $0 < 0x7F }
        return String(decoding: plain.prefix(40), as: UTF8.self)
    }

    private static let header = Array("gpgsig ".utf8)
    private static let lineFeed = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
}
