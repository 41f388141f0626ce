internal import CLibgit2
internal import FleetCore

/// The name of a blob or a tree: its SHA-1, 40 lower-case hexadecimal digits.
///
/// Equal names mean equal bytes, so a file that did not change need not be read again.
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    /// The 40 hexadecimal digits.
    package let hex: String

    /// Parses a full name.
    ///
    /// - Returns: nil unless `text` is 40 digits of `0-9a-f`.
    package init?(_ text: some StringProtocol) {
        guard let commit = CommitID(text) else { return nil }
        hex = commit.hex
    }

    package var description: String { hex }

    init(_ id: git_oid) { hex = id.hex }

    /// The bytes, for libgit2.
    var bytes: git_oid { git_oid(hex: hex) }
}

extension CommitID {
    /// The bytes, for libgit2.
    var bytes: git_oid { git_oid(hex: hex) }

    /// The name as libgit2 has it; nil cannot happen, and is left to the caller to say so.
    init(_ id: git_oid, _ operation: String) throws(GitError) {
        let hex = id.hex
        guard let commit = CommitID(hex) else {
            throw GitError(operation, hex, .malformed, "not a commit id")
        }
        self = commit
    }
}

extension git_oid {
    /// From 40 hexadecimal digits, which `ObjectID` and `CommitID` guarantee.
    fileprivate init(hex: String) {
        self.init()
        git_oid_fromstr(&self, hex)
    }

    /// The 40 hexadecimal digits.
    var hex: String {
        var copy = self
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(GIT_OID_HEXSZ) + 1) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            git_oid_tostr(start, buffer.count, &copy)
            return String(cString: start)
        }
    }
}
