internal import FleetCore

/// Authenticates the first-parent chain: each commit is authorised by its *parent*, signed by a key that the
/// parent's `trust/` lists.
///
/// The change of keys is itself such a commit, so a key that a commit adds cannot vouch for that commit.
struct ChainAuthenticator {
    private let clone: Clone
    /// The signers of a `trust/allowed_signers` by its blob: most commits leave it as it was.
    private var known: [ObjectID: AllowedSigners] = [:]

    /// The longest stretch of new commits that is authenticated at once.
    static let longestStretch = 100_000

    init(_ clone: Clone) { self.clone = clone }

    /// Verifies `chain` in order until the first commit that is not authentic.
    ///
    /// - Parameter chain: from the oldest to the newest; the first one's first parent is trusted already.
    /// - Returns: the verified commits, and why the next one is not authentic; nil if all are.
    mutating func verify(
        _ chain: [CommitID]
    ) throws(GitError) -> (verified: [VerifiedCommit], failure: TrustError?) {
        var verified: [VerifiedCommit] = []
        for id in chain {
            let read: GitCommit?
            do throws(GitError) {
                read = try clone.repository.commit(id)
            } catch  where error.isOfContent {
                return (verified, TrustError(id, .malformed, "it cannot be read: \(error.message)"))
            }
            guard let commit = read, let parent = commit.parents.first else {
                return (verified, TrustError(id, .besideTheChain, "it is missing or has no parent"))
            }
            let signers: AllowedSigners
            switch try self.signers(at: parent) {
            case .success(let listed): signers = listed
            case .failure(let message): return (verified, TrustError(id, .signersUnreadable, message.text))
            }
            do throws(TrustError) {
                verified.append(try VerifiedCommit(commit, authorisedBy: signers))
            } catch {
                return (verified, error)
            }
        }
        return (verified, nil)
    }

    /// The signers that a commit lists, or why they cannot be told.
    private mutating func signers(at commit: CommitID) throws(GitError) -> Result<AllowedSigners, Message> {
        let path = Layout.allowedSigners
        guard let entry = try clone.repository.entry(at: path, in: commit), entry.isFile else {
            return .failure(Message(text: "its parent has no '\(path)', so nobody may sign"))
        }
        if let signers = known[entry.id] { return .success(signers) }
        let bytes = try clone.repository.blob(entry.id, path: path, limitBytes: 1_048_576)
        do {
            let signers = try AllowedSigners(parsing: bytes)
            known[entry.id] = signers
            return .success(signers)
        } catch {
            return .failure(Message(text: "its parent's \(path):\(error)"))
        }
    }

    private struct Message: Error {
        let text: String
    }
}
