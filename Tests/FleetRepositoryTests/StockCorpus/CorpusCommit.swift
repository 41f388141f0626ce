/// The bytes of a commit of the corpus, as Git hashes them.
enum CorpusCommit {
    /// The committer's date of `payload`: 2026-07-01T12:00:00Z.
    static let time = 1_782_907_200
    static let parent = "parent " + String(repeating: "5", count: 40)

    /// A commit of the empty tree, without a signature.
    static func payload(
        parents: [String] = [parent], identity: String = "Ann <a@x> \(time) +0200",
        headers: [String] = [], message: String = "a message\n"
    ) -> [UInt8] {
        let tree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        let lines = [tree] + parents + ["author \(identity)", "committer \(identity)"] + headers
        return Array((lines.joined(separator: "\n") + "\n\n" + message).utf8)
    }

    /// `payload` with a signature as Git writes it: the last header, whose further lines begin with a space.
    static func signed(
        _ payload: [UInt8], _ armour: [UInt8], header: String = "gpgsig"
    ) -> [UInt8] {
        signed(payload, armour, header: header, before: "\n\n")
    }

    /// `payload` with a signature above what follows the first line feed of `mark`.
    static func signed(
        _ payload: [UInt8], _ armour: [UInt8], header: String = "gpgsig", before mark: String
    ) -> [UInt8] {
        guard let end = payload.firstRange(of: Array(mark.utf8)) else { return payload }
        let text = armour.last == UInt8(ascii: "\n") ? armour.dropLast() : armour[...]
        let value = Array("\(header) ".utf8) + Array(text).exchanging("\n", for: "\n ")
        return Array(payload[...end.lowerBound]) + value + Array(payload[end.lowerBound...])
    }
}
