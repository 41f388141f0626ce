/// Why a report is not believed.
package struct ReportRejection: Error, Hashable, Sendable {
    package let commit: CommitID
    package let code: Code
    package let message: String

    package init(_ commit: CommitID, _ code: Code, _ message: String) {
        self.commit = commit
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        case missing
        case unsigned
        case badSignature
        case otherKey
        case otherFleet
        case otherNode
        case tooLarge
        case malformed
        /// Its number is lower than one that was seen, or another report with this number was seen.
        case rewound
        /// `status` and `latest` do not agree.
        case disagreement
        /// The node's key in the fleet repository cannot be read.
        case keyUnreadable
    }
}

extension ReportRejection: CustomStringConvertible {
    package var description: String { "report \(commit.short) is not believed: \(message)" }
}
