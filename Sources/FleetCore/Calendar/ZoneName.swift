/// The name of a time zone as windows and freezes write it: `UTC`, `local`, or a name of the tz database.
package enum ZoneName: TextValue {
    /// Known everywhere, without any data.
    case utc
    /// The zone that the node's machine is set to.
    case local
    /// Such as `Europe/Berlin`.
    case database(String)

    package static let expected = "'UTC', 'local' or a time zone such as Europe/Berlin"

    /// Reads a name. It becomes the name of a file, so it never leaves that file's folder.
    package init?(_ text: some StringProtocol) {
        switch text {
        case "UTC": self = .utc
        case "local": self = .local
        default:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isPath = parts.allSatisfy { part in
                guard let first = part.utf8.first, first.isAlphanumeric else { return false }
                return part.utf8.allSatisfy { $0.isAlphanumeric || "+-_".utf8.contains($0) }
            }
            // In another case the two words would be looked up as files, and found nowhere.
            guard isPath, text.utf8.count <= 64, !["utc", "local"].contains(text.lowercased()) else {
                return nil
            }
            self = .database(String(text))
        }
    }

    package var description: String {
        switch self {
        case .utc: "UTC"
        case .local: "local"
        case .database(let name): name
        }
    }
}

/// Why the rules of a time zone are not known.
package struct ZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is missing or wrong, and what to do; for people.
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
