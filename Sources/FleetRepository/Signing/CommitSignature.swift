/// The signature of a Git commit, by the form in which it was made.
///
/// Source: Git's gpg-interface.c, which tells the forms apart by their first lines.
package enum CommitSignature: Hashable, Sendable {
    /// The commit has no signature.
    case none
    /// Verified here.
    case ssh(SSHSignature)
    /// Verified by `gpgv`, which gets the one packet that ``OpenPGPSignature`` finds in the text.
    case openPGP(String)
    /// Made with `gpg.format=x509`; nobody verifies it here.
    case x509

    /// The namespace of Git's signatures.
    package static let namespace = "git"

    /// Reads the value of a commit's `gpgsig` header, line feeds in place of its continuation lines.
    ///
    /// - Parameter knownKey: the key that probably made it, see `SSHSignature`.
    /// - Throws: `SigningError`: `unsupported` for an unknown form, `tooLarge`, or why an SSH signature is
    ///   not one.
    package init(_ text: String?, knownKey: SSHPublicKey? = nil) throws(SigningError) {
        guard let text, !text.isEmpty else {
            self = .none
            return
        }
        if text.hasPrefix("-----BEGIN SSH SIGNATURE-----") {
            self = .ssh(try SSHSignature(armored: text, knownKey: knownKey))
        } else if Self.isOpenPGP(text) {
            guard text.utf8.count <= Self.maximumOpenPGPByteCount else {
                throw SigningError(
                    .readSignature, .tooLarge, "has more than \(Self.maximumOpenPGPByteCount) bytes")
            }
            self = .openPGP(text)
        } else if text.hasPrefix("-----BEGIN SIGNED MESSAGE-----") {
            self = .x509
        } else {
            throw SigningError(.readSignature, .unsupported, "expected a signature of SSH or OpenPGP")
        }
    }

    /// Whether the value of a `gpgsig` header begins as OpenPGP's do.
    static func isOpenPGP(_ text: String) -> Bool {
        text.hasPrefix("-----BEGIN PGP SIGNATURE-----") || text.hasPrefix("-----BEGIN PGP MESSAGE-----")
    }

    /// The answer to whether an authorised person signed a commit.
    package enum Verdict: Hashable, Sendable {
        /// The signature is good, and its key may sign.
        case authorised(principal: String, key: SSHPublicKey)
        /// The key that the signature names may not sign this. Whether it did was not looked at.
        case refused(AllowedSigners.Verdict, key: SSHPublicKey)
        /// The key may sign, but it signed something that is no commit: the signature is for this namespace.
        case wrongNamespace(SSHSignature.Namespace, key: SSHPublicKey)
        /// The key may sign, but nobody touched the token that has it.
        case untouched(key: SSHPublicKey)
        /// The key may sign, but this signature is not its own over this commit.
        case invalid(key: SSHPublicKey)
        /// No SSH signature: nothing that could be judged here.
        case notSSH
    }

    /// Judges the signature of a commit.
    ///
    /// The cheap question is asked first: a flood of signatures by unknown keys costs no arithmetic.
    ///
    /// - Parameters:
    ///   - payload: the commit object without its signature.
    ///   - signers: who may sign it.
    ///   - time: the committer's date.
    package func verdict(
        on payload: RawSpan, by signers: AllowedSigners, at time: UnixSeconds
    ) -> Verdict {
        guard case .ssh(let signature) = self else { return .notSSH }
        let key = signature.publicKey
        let verdict = signers.authorise(key: key, namespace: Self.namespace, at: time)
        guard case .authorised(let principal) = verdict else { return .refused(verdict, key: key) }
        if let other = signature.namespace(otherThan: Self.namespace) {
            return .wrongNamespace(other, key: key)
        }
        guard !signature.isUntouched else { return .untouched(key: key) }
        guard signature.verify(payload, namespace: Self.namespace) else { return .invalid(key: key) }
        return .authorised(principal: principal, key: key)
    }

    /// Judges the signature of a commit whose payload is an array.
    package func verdict(
        on payload: [UInt8], by signers: AllowedSigners, at time: UnixSeconds
    ) -> Verdict {
        verdict(on: payload.span.bytes, by: signers, at: time)
    }

    private static let maximumOpenPGPByteCount = 65_536
}
