package import FleetCore

/// The signature of a commit that was found good, by a key that the asked signers allow.
package struct CommitVoucher: Hashable, Sendable {
    package let commit: CommitID
    /// Who signed it, as `allowed_signers` names them.
    package let signer: String
    /// The key, and when it signed: enough to ask other signers whether they allow it, too.
    package let voice: CommitVoice

    /// Demands what a commit's OpenPGP signature claims, and what gpgv found of it.
    ///
    /// - Throws: ``TrustError`` with the reason why it does not count.
    init(
        _ claim: OpenPGPClaim, _ finding: GpgvFinding, listedIn keyring: OpenPGPKeyring
    ) throws(TrustError) {
        commit = claim.commit
        (signer, voice) = try claim.signer(finding, listedIn: keyring)
    }

    /// Demands a commit, its signature, and the signers that one of its parents lists.
    ///
    /// - Parameter owner: whose list that is, in a sentence.
    /// - Throws: ``TrustError`` with the reason why it does not count.
    package init(
        _ commit: GitCommit, allowedBy signers: AllowedSigners, of owner: String = "its parent's"
    ) throws(TrustError) {
        guard let found = commit.signature else {
            throw TrustError(commit.id, .unsigned, "it is not signed")
        }
        let signature: CommitSignature
        do {
            signature = try CommitSignature(found.text)
        } catch {
            throw TrustError(commit.id, .badSignature, "its signature cannot be read: \(error.message)")
        }
        // Neither can git ask ssh-keygen about such a date.
        let date = Timestamp(seconds: commit.committer.time)
        guard date.seconds == commit.committer.time else {
            throw TrustError(commit.id, .malformed, "its committer's date is outside of the years 1 to 9999")
        }
        switch signature.verdict(on: found.payload, by: signers, at: commit.committer.time) {
        case .authorised(let principal, let key):
            self.commit = commit.id
            signer = principal
            voice = CommitVoice(key: .ssh(key), time: commit.committer.time)
        case .refused(let verdict, let key):
            let words = verdict.words(of: owner, at: commit.committer.time)
            throw TrustError(commit.id, .unauthorisedKey, "signed by \(key.fingerprint), \(words)")
        case .wrongNamespace(let other, let key):
            throw TrustError(
                commit.id, .badSignature,
                "the signature of \(key.fingerprint) is for \(other); "
                    + "expected '\(CommitSignature.namespace)', as git itself signs")
        case .untouched(let key):
            throw TrustError(
                commit.id, .badSignature,
                "the token \(key.fingerprint) signed it without being touched; a touch is needed")
        case .invalid(let key):
            throw TrustError(
                commit.id, .badSignature, "the signature of \(key.fingerprint) does not fit the commit")
        case .notSSH:
            throw TrustError(
                commit.id, .unsupported,
                "it has a signature of a kind that this agent cannot verify; sign with SSH or OpenPGP")
        }
    }
}

/// Whose signature was found good, whatever it is worth to whom.
package struct CommitVoice: Hashable, Sendable {
    /// The key that signed.
    enum Key: Hashable, Sendable {
        case ssh(SSHPublicKey)
        /// The fingerprint of an OpenPGP key, and the digest of the keyring by which gpgv judged it.
        case openPGP(String, Digest)
    }

    let key: Key
    /// The committer's date.
    package let time: UnixSeconds
}

extension AllowedSigners.Verdict {
    /// Why a key may not sign, as it follows the key in a sentence.
    ///
    /// - Parameters:
    ///   - owner: whose list says so.
    ///   - time: the committer's date.
    fileprivate func words(of owner: String, at time: UnixSeconds) -> String {
        let file = "\(owner) trust/allowed_signers"
        let date = "the committer's date is \(Timestamp(seconds: time))"
        return switch self {
        case .authorised: "which may sign"
        case .unknownKey: "which \(file) does not list"
        case .wrongNamespace(let line, let allowed):
            "which line \(line) of \(file) allows for the namespaces '\(allowed)' alone; "
                + "expected '\(CommitSignature.namespace)' among them"
        case .notYetValid(let line, let start):
            "which line \(line) of \(file) makes valid from \(Timestamp(seconds: start)) on; \(date)"
        case .expired(let line, let end):
            "which line \(line) of \(file) makes valid until \(Timestamp(seconds: end)); \(date)"
        }
    }
}
