internal import FleetCore

/// Judges single commits by what their parents list.
struct CommitJudge {
    private let clone: Clone
    let book: TrustBook
    private let gpgv: Gpgv

    init(_ clone: Clone, gpgv: Gpgv = Gpgv()) {
        self.clone = clone
        self.gpgv = gpgv
        book = TrustBook(clone)
    }

    /// A commit that its parents authorise.
    struct Judgement {
        let commit: VerifiedCommit
        /// The commit whose signature counts: the judged one, or what an unsigned merge merges.
        let carrier: GitCommit
        let voucher: CommitVoucher
        /// Whether parents other than the first one have brought something that it took.
        let bringsMore: Bool
    }

    /// Reads a commit. One that no honest git has made is not authentic, and no damage of this clone.
    func read(_ id: CommitID) throws(GitError) -> Result<GitCommit, TrustError> {
        do throws(GitError) {
            guard let commit = try clone.repository.commit(id) else {
                return .failure(TrustError(id, .besideTheChain, "it is missing or has no parent"))
            }
            return .success(commit)
        } catch  where error.isOfContent {
            return .failure(TrustError(id, .malformed, "it cannot be read: \(error.message)"))
        }
    }

    /// Judges a commit that has a parent.
    ///
    /// - Parameters:
    ///   - asEach: whether a merge must be authorised by each of its parents, not by the first one alone. One
    ///     that takes nothing of the others, whose tree is exactly the first one's, needs only that.
    ///   - ground: the commit whose keys count in place of the first parent's; nil for none.
    func judge(
        _ commit: GitCommit, asEach: Bool, under ground: CommitID? = nil
    ) throws(GitError) -> Result<Judgement, TrustError> {
        let authority = ground ?? commit.parents[0]
        let first = try voucher(of: commit, by: authority)
        switch first {
        case .failure(let error):
            guard error.leavesMergeOpen, commit.parents.count > 1 else { return .failure(error) }
            return try judge(unsigned: commit, error, by: authority)
        case .success(let voucher) where Forge.isForge(voucher.signer) && commit.parents.count == 2:
            // Where a person's signature says the same, it says more.
            let missing = TrustError(commit.id, .unsigned, "it is signed by a forge")
            if case .success(let other) = try judge(unsigned: commit, missing, by: authority) {
                return .success(other)
            }
        case .success: break
        }
        var refusal: TrustError?
        let takesNothing =
            asEach && commit.parents.count > 1 ? try isTree(of: commit.parents[0], commit) : false
        if asEach, !takesNothing {
            for parent in commit.parents.dropFirst() where refusal == nil {
                if case .failure(let error) = try voucher(of: commit, by: parent) {
                    refusal = TrustError(
                        commit.id, error.code,
                        "its parent \(parent.short) does not authorise it: \(error.message)")
                }
            }
        }
        if let refusal { return .failure(refusal) }
        return first.map {
            Judgement(
                commit: VerifiedCommit(commit, $0), carrier: commit, voucher: $0,
                bringsMore: commit.parents.count > 1 && !takesNothing)
        }
    }

    /// Judges a merge without a signature that counts, as forges make them.
    private func judge(
        unsigned merge: GitCommit, _ missing: TrustError, by authority: CommitID
    ) throws(GitError) -> Result<Judgement, TrustError> {
        let side: GitCommit
        switch try read(merge.parents[1]) {
        case .success(let read): side = read
        case .failure(let error): return .failure(TrustError(merge.id, error.code, error.message))
        }
        let isUpToDate =
            side.id != merge.parents[0]
            ? try clone.repository.isAncestor(merge.parents[0], of: side.id) : false
        let voucher = try voucher(of: side, by: authority)
        do throws(TrustError) {
            let commit = try VerifiedCommit(unsigned: merge, of: side, isUpToDate: isUpToDate, voucher)
            return voucher.map {
                Judgement(commit: commit, carrier: side, voucher: $0, bringsMore: true)
            }
        } catch {
            return .failure(
                TrustError(merge.id, error.code, "\(missing.message), and \(error.message)"))
        }
    }

    /// The signature of a commit by the keys that another one lists.
    func voucher(
        of commit: GitCommit, by parent: CommitID
    ) throws(GitError) -> Result<CommitVoucher, TrustError> {
        if let found = commit.signature, CommitSignature.isOpenPGP(found.text) {
            return try voucher(of: commit, found, by: parent)
        }
        let signers: AllowedSigners
        switch try book.signers(at: parent) {
        case .success(let listed): signers = listed
        case .failure(let error):
            return .failure(TrustError(commit.id, .signersUnreadable, error.text))
        }
        do throws(TrustError) {
            let owner = commit.parents.contains(parent) ? "its parent's" : "the approved \(parent.short)'s"
            return .success(try CommitVoucher(commit, allowedBy: signers, of: owner))
        } catch {
            return .failure(error)
        }
    }

    /// The same for a commit with an OpenPGP signature.
    ///
    /// - Throws: `GitError` of the code `notJudged` where gpgv is needed and of no use here.
    private func voucher(
        of commit: GitCommit, _ found: GitCommitSignature, by parent: CommitID
    ) throws(GitError) -> Result<CommitVoucher, TrustError> {
        let keyring: OpenPGPKeyring
        switch try book.keyring(at: parent) {
        case .success(let listed): keyring = listed
        case .failure(let error):
            return .failure(TrustError(commit.id, .signersUnreadable, error.text))
        }
        let claim: OpenPGPClaim
        do throws(TrustError) {
            claim = try OpenPGPClaim(commit, found, listedIn: keyring)
        } catch {
            return .failure(error)
        }
        let finding: GpgvFinding
        do throws(Gpgv.Failure) {
            finding = try gpgv.examine(claim.signature, over: found.payload, by: keyring)
        } catch {
            throw GitError("judge commit", commit.id.hex, .notJudged, error.message)
        }
        do throws(TrustError) {
            return .success(try CommitVoucher(claim, finding, listedIn: keyring))
        } catch {
            return .failure(error)
        }
    }

    /// Whether a commit has exactly the files of another one.
    func isTree(of parent: CommitID, _ commit: GitCommit) throws(GitError) -> Bool {
        guard case .success(let first) = try read(parent) else { return false }
        return first.treeID == commit.treeID
    }
}
