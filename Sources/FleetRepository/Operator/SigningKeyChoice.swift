internal import Glibc

/// The key with which an operator signs: what git is told, and its public half for `trust/allowed_signers`.
package struct SigningKeyChoice: Hashable, Sendable {
    /// The value of `user.signingKey`: the absolute path of a key's file, or the public key itself, whose
    /// private half an agent holds.
    package let setting: String
    package let publicKey: SSHPublicKey

    /// The key in a file, public or private.
    ///
    /// - Throws: ``OperatorError`` if there is no key in it that can sign.
    package init(file path: String) throws(OperatorError) {
        let absolute = try Self.absolute(path)
        // Of a private key ssh-keygen finds the public half beside it; it is not secret and needs no
        // passphrase.
        let beside = "\(absolute).pub"
        if !absolute.hasSuffix(".pub"), access(beside, R_OK) == 0 {
            publicKey = try Self.publicKey(in: beside)
        } else {
            publicKey = try Self.publicKey(in: absolute)
        }
        setting = absolute
    }

    private init(setting: String, publicKey: SSHPublicKey) {
        self.setting = setting
        self.publicKey = publicKey
    }

    /// The key that git in this folder signs with already, or the one that ssh has by custom.
    ///
    /// - Throws: ``OperatorError`` that says how to make one, if there is none: nobody gets a private key
    ///   without asking for it.
    package static func usual(of git: StockGit) throws(OperatorError) -> SigningKeyChoice {
        if let setting = try git.setting("user.signingKey", isPath: true) {
            let literal = setting.hasPrefix("key::") ? String(setting.dropFirst(5)) : setting
            if let key = try? SSHPublicKey(text: literal) {
                return SigningKeyChoice(setting: setting, publicKey: key)
            }
            // Of a key for another kind of signature it is the name, not a file's.
            if try git.setting("gpg.format") == "ssh" || setting.hasPrefix("/") {
                return try SigningKeyChoice(file: setting)
            }
        }
        guard let home = getenv("HOME").map({ String(cString: $0) }) else { throw noKey }
        for name in ["id_ed25519", "id_ecdsa", "id_rsa"] {
            let path = "\(home)/.ssh/\(name).pub"
            if access(path, R_OK) == 0 { return try SigningKeyChoice(file: path) }
        }
        throw noKey
    }

    private static let noKey = OperatorError(
        .failure,
        "found no SSH key to sign with; make one by 'ssh-keygen -t ed25519', "
            + "or name one by '--key PATH', then run this "
            + "again")

    private static func publicKey(in path: String) throws(OperatorError) -> SSHPublicKey {
        do {
            guard let bytes = try DurableFile.read(path, limitBytes: 65_536) else {
                throw OperatorError(.failure, "there is no key '\(path)'")
            }
            if bytes.starts(with: "-----BEGIN".utf8) { return try SSHPrivateKey(file: bytes).publicKey }
            let line = bytes.split(separator: UInt8(ascii: "\n")).first ?? []
            return try SSHPublicKey(text: String(decoding: line, as: UTF8.self))
        } catch let error as OperatorError {
            throw error
        } catch {
            throw OperatorError(.failure, "the key '\(path)' cannot be used: \(error)")
        }
    }

    /// `path`, from the root: git in the new clone reads it from another folder than this.
    private static func absolute(_ path: String) throws(OperatorError) -> String {
        guard !path.utf8.contains(0), let resolved = realpath(path, nil) else {
            throw OperatorError(.failure, "there is no key '\(path)'")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
