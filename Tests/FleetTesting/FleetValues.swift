package import FleetCore

extension TextValue {
    /// The value that `text` is the written form of; a text that is no value is a mistake in the test.
    package static func of(_ text: some StringProtocol) -> Self {
        guard let value = Self(text) else { preconditionFailure("'\(text)' is not \(expected)") }
        return value
    }
}

extension CommitID {
    /// The commit with this number, in a history that a test makes up.
    package static func number(_ number: Int) -> CommitID {
        let digits = String(number, radix: 16)
        return .of(String(repeating: "0", count: 40 - digits.count) + digits)
    }
}

extension Digest {
    /// The digest of a baseline that a test names by a letter.
    package static func letter(_ letter: some StringProtocol) -> Digest { Digest(of: Array(letter.utf8)) }
}

extension Declaration {
    /// The declaration of a baseline named by a letter, brought by the commit with this number.
    package init(_ letter: some StringProtocol, by commit: Int) {
        self.init(digest: .letter(letter), commit: .number(commit))
    }
}
