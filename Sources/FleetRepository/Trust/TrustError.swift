package import FleetCore

/// Why a commit is not authentic.
package struct TrustError: Error, Hashable, Sendable {
    package let commit: CommitID
    package let code: Code
    /// Why, as it ends the sentence "commit … is not authentic: …".
    package let message: String

    package init(_ commit: CommitID, _ code: Code, _ message: String) {
        self.commit = commit
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        case unsigned
        /// It breaks the format, or is too large.
        case malformed
        case badSignature
        /// The key is not listed by the parent, not for this namespace, or not at this time.
        case unauthorisedKey
        /// A kind of signature that cannot be verified here.
        case unsupported
        /// The parent's `trust/allowed_signers` cannot be read.
        case signersUnreadable
        /// It is not on the first-parent chain of what is trusted already.
        case besideTheChain
        /// A merge of more than two parents without a signature that counts.
        case mergeOfMany
        /// Such a merge of a branch that was not up to date.
        case mergeBehind
        /// Such a merge whose files are not those of the merged branch.
        case mergeAdds
        /// Such a merge of what nobody signed who may.
        case mergeUnvouched
        /// A merge that brings a commit which is not authentic, where every commit must be.
        case bringsUnauthentic
        /// Its signed message does not name the branch, where the fleet asks for that.
        case branchNotNamed
        /// It changes what its signer may not change.
        case unauthorisedPath
    }
}

extension TrustError: CustomStringConvertible {
    package var description: String { "commit \(commit.short) is not authentic: \(message)" }
}

extension TrustError {
    /// Whether nobody who counts here has signed the commit, so that it may still be a merge that adds
    /// nothing.
    ///
    /// A forge signs its merges by a key of its own, which is worth as much here as no signature: it adds
    /// nothing, and takes nothing away from what the merged branch's own signature says.
    var leavesMergeOpen: Bool {
        switch code {
        case .unsigned, .unauthorisedKey, .unsupported: true
        default: false
        }
    }
}
