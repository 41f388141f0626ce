internal import FleetCore

/// That a commit was signed by a key of its parent's `trust/openpgp/`, as far as the signature alone says so:
/// what gpgv is then asked.
///
/// What is refused here costs no process, and is refused alike by every version of gpgv.
struct OpenPGPClaim {
    let commit: CommitID
    let signature: OpenPGPSignature
    private let date: UnixSeconds

    /// - Parameter found: the commit's signature, an OpenPGP one.
    /// - Throws: ``TrustError`` with the reason why it does not count.
    init(
        _ commit: GitCommit, _ found: GitCommitSignature, listedIn keyring: OpenPGPKeyring
    ) throws(TrustError) {
        self.commit = commit.id
        date = commit.committer.time
        do {
            // Bounds its length, too.
            _ = try CommitSignature(found.text)
        } catch {
            throw TrustError(commit.id, .badSignature, "its signature cannot be read: \(error.message)")
        }
        do throws(OpenPGPError) {
            signature = try OpenPGPSignature(armored: found.text)
        } catch {
            throw TrustError(
                commit.id, error.code == .unsupported ? .unsupported : .badSignature,
                "its OpenPGP signature cannot be read: \(error.message)")
        }
        guard let key = keyring.key(of: signature.packet)?.key else {
            let issuer = signature.packet.issuer ?? signature.packet.issuerID
            throw TrustError(commit.id, .unauthorisedKey, Self.notListed(issuer.map(OpenPGPKey.name)))
        }
        if let weakness = signature.weakness {
            throw TrustError(commit.id, .badSignature, "the signature of OpenPGP key \(key.name) \(weakness)")
        }
    }

    /// Who signed, and by which key, if gpgv found that the signature counts.
    func signer(
        _ finding: GpgvFinding, listedIn keyring: OpenPGPKeyring
    ) throws(TrustError) -> (person: String, voice: CommitVoice) {
        let claimed = (signature.packet.issuer ?? signature.packet.issuerID).map(OpenPGPKey.name) ?? ""
        switch finding {
        case .good(let name):
            guard let (key, certificate) = keyring.key(named: name) else {
                throw TrustError(commit, .unauthorisedKey, Self.notListed(name))
            }
            if let weakness = key.weakness {
                throw TrustError(commit, .unauthorisedKey, "signed by OpenPGP key \(name), which \(weakness)")
            }
            // As for SSH keys: the committer's date, so that all nodes agree, now and later.
            if let end = key.end, date >= end {
                throw TrustError(
                    commit, .unauthorisedKey,
                    "signed by OpenPGP key \(name), which had expired at the committer's date: by its "
                        + "parent's \(Layout.openPGP) it ends at \(Timestamp(seconds: end))")
            }
            let voice = CommitVoice(key: .openPGP(name, keyring.digest), time: date)
            return (certificate.principal, voice)
        case .revoked:
            throw TrustError(
                commit, .unauthorisedKey,
                "signed by OpenPGP key \(claimed), which its parent's \(Layout.openPGP) says was revoked")
        case .bad:
            throw TrustError(
                commit, .badSignature, "the signature of OpenPGP key \(claimed) does not fit the commit")
        case .unknownKey:
            throw TrustError(
                commit, .unauthorisedKey,
                "signed by OpenPGP key \(claimed), of which gpgv finds nothing that may sign in its parent's "
                    + Layout.openPGP)
        case .unreadable(let words):
            throw TrustError(
                commit, .badSignature,
                "gpgv does not accept the signature of OpenPGP key \(claimed): \(words)")
        }
    }

    private static func notListed(_ name: String?) -> String {
        guard let name else { return "its OpenPGP signature does not say which key made it" }
        return "signed by OpenPGP key \(name), which its parent's \(Layout.openPGP) does not list"
    }
}
