@testable import FleetRepository

/// Who signs, with what, and for what.
extension CommitCorpus {
    mutating func addKeys() throws {
        let other = CorpusCommit.payload(message: "another message\n")
        for key in CorpusKey.common {
            let signers = keys.listing(key)
            let armour = try keys.signature(of: payload, by: key)
            let good = CorpusCommit.signed(payload, armour)
            add("\(key): good", good, signers: signers)
            add("\(key): not listed", good, signers: keys.listing(.stranger))
            add("\(key): listed third", good, signers: try crowd(around: key))
            add("\(key): nobody is listed", good, signers: [])
            add("\(key): another commit's", CorpusCommit.signed(other, armour), signers: signers)
            if key.tokenType == nil {
                let short = try keys.signature(of: payload, by: key, hash: "sha256")
                add("\(key): SHA-256", CorpusCommit.signed(payload, short), signers: signers)
                let crossed = CorpusCommit.signed(other, short)
                add("\(key): another commit's, SHA-256", crossed, signers: signers)
            }
            for (name, swapped) in try swaps(of: key, armour) {
                add("\(key): \(name)", CorpusCommit.signed(payload, swapped), signers: signers)
            }
        }
        let weak = CorpusCommit.signed(payload, try keys.signature(of: payload, by: .rsa1024))
        add("rsa1024: good", weak, signers: keys.listing(.rsa1024))
        add("rsa1024: not listed", weak)
    }

    private func crowd(around key: CorpusKey) throws -> [UInt8] {
        let others = keys.listing(.stranger) + keys.listing(.certified)
        return others + keys.listing(key) + keys.listing(.authority)
    }

    /// A signature with one of its fields exchanged.
    private func swaps(of key: CorpusKey, _ armour: [UInt8]) throws -> [(String, [UInt8])] {
        let good = try SSHSignature(armored: armour)
        let bytes = good.value.bytes
        let algorithm = good.value.algorithm
        func changed(
            hash: SSHSignature.Hash? = nil, namespace: String? = nil, value: [UInt8]? = nil,
            algorithm other: SSHSignatureValue.Algorithm? = nil
        ) -> [UInt8] {
            let value = SSHSignatureValue(
                algorithm: other ?? algorithm, bytes: value ?? bytes, deviceWord: good.value.deviceWord)
            let signature = SSHSignature(
                publicKey: good.publicKey, namespace: namespace ?? good.namespace, hash: hash ?? good.hash,
                value: value)
            return Array(signature.armored.utf8)
        }
        var swaps = [
            ("the other hash named", changed(hash: .sha256)),
            ("another namespace named", changed(namespace: "file")),
            ("the first bit turned", changed(value: bytes.turning(bit: 7, of: 0))),
            ("the last bit turned", changed(value: bytes.turning(bit: 0, of: bytes.count - 1))),
            ("zeros", changed(value: Array(repeating: 0, count: bytes.count))),
            ("ones", changed(value: Array(repeating: 0xFF, count: bytes.count))),
            (
                "halves exchanged",
                changed(value: bytes.suffix(bytes.count / 2) + bytes.prefix(bytes.count / 2))
            ),
        ]
        if algorithm == .rsaSHA512 { swaps.append(("rsa-sha2-256 named", changed(algorithm: .rsaSHA256))) }
        return swaps
    }

    mutating func addTokens() throws {
        for key in [CorpusKey.tokenEd25519, .tokenECDSA] {
            guard let token = keys.token(key) else { continue }
            let signers = keys.listing(key)
            for (name, flags) in [("untouched", 0), ("verified alone", 4), ("touched and verified", 5)] {
                let signature = try token.signature(of: payload, flags: UInt8(flags))
                let commit = CorpusCommit.signed(payload, Array(signature.armored.utf8))
                add("\(key): \(name)", commit, signers: signers)
            }
            let recounted = try token.signature(of: payload, claiming: 8)
            let commit = CorpusCommit.signed(payload, Array(recounted.armored.utf8))
            add("\(key): another counter", commit, signers: signers)
        }
    }

    mutating func addCertificates() throws {
        let plain = CorpusCommit.signed(payload, try keys.signature(of: payload, by: .certified))
        let armour = try keys.signature(of: payload, by: .certified, certificate: true)
        let certified = CorpusCommit.signed(payload, armour)
        let authority = keys.listing(.authority, options: "cert-authority ")
        add("certificate: by a listed authority", certified, signers: authority)
        add("certificate: by nobody who is listed", certified)
        add("certificate: its key is listed", certified, signers: keys.listing(.certified))
        add("certificate: the authority is no authority", certified, signers: keys.listing(.authority))
        add("certificate: the key without it, by a listed authority", plain, signers: authority)
        add("certificate: the key is listed, without it", plain, signers: keys.listing(.certified))
        let both = authority + listed
        add(
            "certificate: an authority beside the key", CorpusCommit.signed(payload, self.armour),
            signers: both)
    }

    mutating func addNamespaces() throws {
        let names = [
            "file", "git ", " git", "Git", "GIT", "gi", "git2", "g*", "*", "git,file", "g\u{EF}t", "!git",
        ]
        for name in names {
            let armour = try keys.signature(of: payload, by: .ed25519, namespace: name)
            let commit = CorpusCommit.signed(payload, armour)
            add("namespace '\(name)'", commit)
            let options = "namespaces=\"git,file\" "
            add(
                "namespace '\(name)', git and file allowed", commit,
                signers: keys.listing(.ed25519, options: options))
        }
    }

    /// The files of the table that `ssh-keygen` judges, too, and those that are wrong.
    mutating func addSigners() throws {
        let commit = CorpusCommit.signed(payload, armour)
        let time = "20260701120000"
        let rows = SigningAllowedSignersTests.table.filter { $0.time == time && $0.namespace == "git" }
        for file in rows.map(\.file) + Self.wrongSigners {
            let signers = try SigningAllowedSignersTests.fill(file)
            add("signers \(file.debugDescription)", commit, signers: Array(signers.utf8))
        }
        let key = keys.publicText(.ed25519)
        let others: [(String, String)] = [
            ("the base64 cut", "a@x \(key.dropLast(4))\n"),
            ("the type of another", "a@x ssh-rsa \(key.dropFirst(12))\n"),
            ("no line feed at the end", "a@x \(key)"), ("an empty line between", "\n\na@x \(key)\n\n"),
            ("the key in quotes", "a@x \"\(key)\"\n"), ("tabs", "a@x\t\(key.replacing(" ", with: "\t"))\n"),
            ("many spaces", "a@x   \(key.replacing(" ", with: "    "))\n"),
            ("a bad line after the good one", "a@x \(key)\nb@x nonsense\n"),
            ("a bad line before the good one", "b@x nonsense\na@x \(key)\n"),
            ("an RSA key that is too short before", "b@x \(keys.publicText(.rsa1024))\na@x \(key)\n"),
            ("UTF-8's mark at the beginning", "\u{FEFF}a@x \(key)\n"),
            ("a NUL in the comment", "a@x \(key) a\0b\n"),
        ]
        for (name, text) in others { add("signers: \(name)", commit, signers: Array(text.utf8)) }
        add("signers: principals in Latin-1", commit, signers: [0xE4] + Array("nn@x \(key)\n".utf8))
    }

    private static let wrongSigners = [
        "a@x", "\"a@x KEY", "a\"b c\" KEY", "\"a b\"c KEY", "a@x,,b@x KEY", "\"\" KEY",
        "a@x OTHER\n\nb@x foo KEY",
        "a@x namespaces=\"git\",foo=\"x\" KEY", "a@x namespaces=\"git\", KEY", "a@x namespaces KEY",
        "a@x namespaces=git KEY", "a@x namespaces=\"git KEY", "a@x namespaces=\"git\"KEY",
        "a@x namespaces=\"git\",namespaces=\"git\" KEY",
        "a@x valid-after=\"20200101Z\",valid-after=\"20210101Z\" KEY", "a@x valid-after=\"20260231Z\" KEY",
        "a@x valid-before=\"2026\" KEY", "a@x valid-before=\"19700101Z\" KEY",
        "a@x valid-after=\"20260101Z\",valid-before=\"20260101Z\" KEY",
        "*@x cert-authority KEY", "a@x ssh-rsa-cert-v01@openssh.com AAAA\na@x KEY", "a@x verify-required KEY",
    ]
}
