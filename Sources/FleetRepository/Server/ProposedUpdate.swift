package import FleetCore

/// What a push asks of one reference, as git tells its hooks (githooks(5), pre-receive and update).
package struct ProposedUpdate: Hashable, Sendable {
    /// The full name, such as `refs/heads/main`.
    package let reference: String
    /// What it names now; nil if there is none yet.
    package let old: CommitID?
    /// What it is to name; nil deletes it. Nothing says yet that it is a commit.
    package let new: CommitID?

    init(reference: String, old: CommitID?, new: CommitID?) {
        self.reference = reference
        self.old = old
        self.new = new
    }

    /// Takes what git hands to a hook.
    ///
    /// - Returns: nil if one of the ids is none: 40 digits, all zero where there is nothing.
    package init?(reference: String, old: String, new: String) {
        guard let before = CommitID(old), let after = CommitID(new) else { return nil }
        self.reference = reference
        self.old = before.isNothing ? nil : before
        self.new = after.isNothing ? nil : after
    }

    /// The standard input of `pre-receive`: a line `OLD NEW REFERENCE` for each reference.
    ///
    /// - Throws: ``OperatorError``: `usage` if a line is another.
    package static func parse(_ input: String) throws(OperatorError) -> [ProposedUpdate] {
        var updates: [ProposedUpdate] = []
        for line in input.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3,
                let update = ProposedUpdate(
                    reference: String(words[2]), old: String(words[0]), new: String(words[1]))
            else {
                throw OperatorError(
                    .usage,
                    "'\(line)' is no line that git gives to pre-receive; expected OLD NEW REFERENCE, with "
                        + "ids of 40 digits")
            }
            updates.append(update)
        }
        return updates
    }
}

extension CommitID {
    /// Whether it is git's word for no object at all.
    fileprivate var isNothing: Bool { hex.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }
}

/// Why a reference of a push is not taken: which rule, and what to do.
package struct PushRefusal: Error, Hashable, Sendable {
    package let reference: String
    /// One sentence, lower case.
    package let message: String
    /// What is to be read besides, line by line.
    package let details: [String]

    init(_ reference: String, _ message: String, details: [String] = []) {
        self.reference = reference
        self.message = message
        self.details = details
    }
}
