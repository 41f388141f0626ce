package import FleetCore

/// A commit whose signature was found good, by a key that its parent authorises. Whatever acts on history
/// takes no other.
package struct VerifiedCommit: Hashable, Sendable {
    package let id: CommitID
    /// The first parent; nil for the first commit.
    package let parent: CommitID?
    /// Who signed it, as `allowed_signers` names them; nil for the introduction and what was before it, which
    /// the node's configuration vouches for.
    package let signer: String?

    /// Demands a commit, its signature, and the signers that its first parent lists.
    ///
    /// - Throws: ``TrustError`` with the reason why it is not authentic.
    package init(_ commit: GitCommit, authorisedBy signers: AllowedSigners) throws(TrustError) {
        guard let found = commit.signature else {
            throw TrustError(commit.id, .unsigned, "it is not signed")
        }
        let signature: CommitSignature
        do {
            signature = try CommitSignature(found.text)
        } catch {
            throw TrustError(commit.id, .badSignature, "its signature cannot be read: \(error.message)")
        }
        switch signature.verdict(on: found.payload, by: signers, at: commit.committer.time) {
        case .authorised(let principal, key: _):
            id = commit.id
            parent = commit.parents.first
            signer = principal
        case .refused(let verdict, let key):
            throw TrustError(commit.id, .unauthorisedKey, "signed by \(key.fingerprint), \(verdict.words)")
        case .invalid(let key):
            throw TrustError(
                commit.id, .badSignature, "the signature of \(key.fingerprint) does not fit the commit")
        case .notSSH:
            throw TrustError(
                commit.id, .unsupported,
                "it has a signature of a kind that this agent cannot verify; sign with SSH")
        }
    }

    /// The introduction, which the node's configuration pins by its full name, or an ancestor of it: the name
    /// of a commit pins all that was before it.
    init(pinned commit: GitCommit) {
        id = commit.id
        parent = commit.parents.first
        signer = nil
    }
}

extension VerifiedCommit {
    /// The first-parent chain below an introduction, oldest first.
    ///
    /// - Throws: `GitError` if a commit of it is not there or the chain is longer than any node follows.
    static func pinned(
        below introduction: GitCommit, in repository: borrowing GitRepository
    ) throws(GitError) -> [VerifiedCommit] {
        var newestFirst: [VerifiedCommit] = []
        var next = introduction.parents.first
        while let id = next {
            guard let commit = try repository.commit(id) else {
                throw GitError("read commit", id.hex, .notFound, "it is not in the clone")
            }
            guard newestFirst.count < ChainAuthenticator.longestStretch else {
                throw GitError("follow", introduction.id.hex, .other(0), "the chain below it is too long")
            }
            newestFirst.append(VerifiedCommit(pinned: commit))
            next = commit.parents.first
        }
        return newestFirst.reversed()
    }
}

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
    }
}

extension TrustError: CustomStringConvertible {
    package var description: String { "commit \(commit.short) is not authentic: \(message)" }
}

extension AllowedSigners.Verdict {
    /// Why a key may not sign, as it follows the key in a sentence.
    fileprivate var words: String {
        switch self {
        case .authorised: "which may sign"
        case .unknownKey: "which its parent's trust/allowed_signers does not list"
        case .wrongNamespace: "which its parent's trust/allowed_signers does not allow for 'git'"
        case .notYetValid: "which was not valid yet at the committer's date"
        case .expired: "which was no longer valid at the committer's date"
        }
    }
}
