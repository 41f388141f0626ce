internal import FleetCore

/// An entry of a ledger as it is kept in Git: a signed commit whose tree is `claim.json`.
struct ClaimCommit {
    let commit: GitCommit
    let claim: Claim

    static let path = "claim.json"

    /// Reads an entry, and believes nothing of it.
    ///
    /// - Returns: nil if it is none: another file, another schema, too large.
    /// - Throws: `GitError` if the commit itself cannot be read.
    init?(reading id: CommitID, in repository: borrowing GitRepository) throws(GitError) {
        guard let commit = try repository.commit(id) else {
            throw GitError("read claim", id.hex, .notFound, "the repository does not have it")
        }
        let bytes: [UInt8]?
        do throws(GitError) {
            bytes = try repository.file(at: Self.path, in: id, limitBytes: Claim.largestSize)?.bytes
        } catch {
            // Too large, or no file: nobody honest writes that. What is only missing here is no answer.
            guard [.tooLarge, .wrongKind, .malformed].contains(error.code) else { throw error }
            return nil
        }
        guard let bytes, let claim = Claim(parsing: bytes) else { return nil }
        self.commit = commit
        self.claim = claim
    }

    /// Whether it bears the signature of a node's key.
    func isSigned(by key: String) -> Bool {
        guard let key = try? SSHPublicKey(text: key) else { return false }
        return (try? ReportCommit.verify(commit, key: key)) != nil
    }

    /// Whose signature it bears, of those who may sign; nil if it is of nobody else.
    func signer(among signers: AllowedSigners) -> String? {
        guard let found = commit.signature, let signature = try? CommitSignature(found.text),
            case .authorised(let principal, key: _) = signature.verdict(
                on: found.payload, by: signers, at: commit.committer.time)
        else { return nil }
        return principal
    }
}

extension Claim {
    /// The commit's message: what `git log` shows of a ledger.
    var message: String { "\(kind.rawValue) \(ledger.value): \(node)\n" }
}
