@testable import FleetRepository

extension FuzzTarget {
    static let signing: [FuzzTarget] = [
        signature, signatureBlob, publicKey, publicKeyBlob, privateKey, privateKeyBlob, allowedSigners,
        knownHosts,
        patterns, base64, validityTime, commit,
    ]

    private static let armour = ["-----BEGIN SSH SIGNATURE-----\n", "\n-----END SSH SIGNATURE-----\n"]
    private static let keyTypes = SSHKeyAlgorithm.allCases.map(\.rawValue) + ["ssh-dss", "nistp256"]

    /// SSHSIG in its armour, as a commit carries it.
    private static let signature = FuzzTarget(bytes: "ssh-signature", words: armour) { bytes in
        guard let signature = try? SSHSignature(armored: bytes) else { return }
        try check(signature)
    }

    /// The same without the armour, which chance seldom leaves whole.
    private static let signatureBlob = FuzzTarget(
        bytes: "ssh-signature-blob", words: ["SSHSIG", "git", "sha512", "sha256", "rsa-sha2-512"] + keyTypes
    ) { bytes in
        guard let signature = try? SSHSignature(blob: bytes) else { return }
        try check(signature)
    }

    private static func check(_ signature: SSHSignature) throws {
        try demand(
            (try? SSHSignature(armored: signature.armored)) == signature,
            "what is written of a signature is read as the same one")
        guard signature.verify(SignedSample.message, namespace: "git") else { return }
        // Of ECDSA's signatures a second one can be made from the first, so only these are unique.
        guard signature.publicKey == SignedSample.signature.publicKey else { return }
        try demand(signature == SignedSample.signature, "nobody without its key signs for a key")
    }

    private static let publicKey = FuzzTarget(text: "ssh-public-key", words: keyTypes) { text in
        // What a node's file is checked for must not refuse what the parser of signatures takes.
        if let key = NodeKey(text) { try demand(NodeKey(key.description) == key, "a node's key is stable") }
        guard let key = try? SSHPublicKey(text: text) else { return }
        try check(key)
    }

    private static let publicKeyBlob = FuzzTarget(bytes: "ssh-public-key-blob", words: keyTypes) { bytes in
        guard let key = try? SSHPublicKey(blob: bytes[...]) else { return }
        try demand(key.blob == bytes, "a key is its blob")
        try check(key)
    }

    private static func check(_ key: SSHPublicKey) throws {
        try demand((try? SSHPublicKey(text: key.description)) == key, "a key's text is read as the same key")
        try demand(key.fingerprint.utf8.count == 50, "a fingerprint is a SHA-256")
    }

    private static let privateKey = FuzzTarget(
        bytes: "ssh-private-key",
        words: ["-----BEGIN OPENSSH PRIVATE KEY-----\n", "\n-----END OPENSSH PRIVATE KEY-----\n"]
    ) { bytes in try checkPrivateKey(bytes) }

    private static let privateKeyBlob = FuzzTarget(
        bytes: "ssh-private-key-blob", words: ["openssh-key-v1\0", "none"] + keyTypes
    ) { bytes in try checkPrivateKey(Array(TextArmor.privateKey.encode(bytes).utf8)) }

    private static func checkPrivateKey(_ file: [UInt8]) throws {
        guard let key = try? SSHPrivateKey(file: file),
            let signature = try? key.sign(SignedSample.message, namespace: "git")
        else { return }
        try demand(
            signature.verify(SignedSample.message, namespace: "git"),
            "what a key signs is found good by its public half")
    }

    private static let knownHosts = FuzzTarget(
        bytes: "known-hosts",
        words: keyTypes + [
            "@cert-authority ", "@revoked ", "[127.0.0.1]:2222", "|1|", "*.example.com", ",!", "# ",
        ]
    ) { bytes in
        let decoded = KnownHostsFile.decode(bytes)
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        for problem in decoded.problems {
            try demand((1...lines).contains(problem.line), "a problem stands in a line")
        }
        _ = decoded.value?.names("127.0.0.1", port: 2222)
    }

    private static let allowedSigners = FuzzTarget(
        bytes: "allowed-signers",
        words: keyTypes + [
            "namespaces=\"", "valid-after=\"", "valid-before=\"", "cert-authority", "20261130Z",
        ]
    ) { bytes in
        let known = NodeKey.base64(inAllowedSigners: String(decoding: bytes, as: UTF8.self))
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        do {
            let signers = try AllowedSigners(parsing: bytes)
            for signer in signers.signers {
                try demand((1...lines).contains(signer.line), "a signer stands in a line")
                _ = signers.authorise(key: signer.key, namespace: "git", at: 1_800_000_000)
                let base64 = String(signer.key.description.drop { $0 != " " }.dropFirst())
                try demand(known.contains(base64), "validate sees each key that may sign: \(signer.key)")
            }
        } catch let error as AllowedSignersError {
            try demand((1...lines).contains(error.line) && error.column >= 1, "an error names its place")
        }
    }

    /// A list of patterns, a line feed, and a text.
    private static let patterns = FuzzTarget(
        text: "pattern-list", longest: 1_024, words: ["*", "?", "!*", ","]
    ) {
        text in
        let parts = text.utf8.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        let subject = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
        let list = PatternList(String(decoding: parts[0], as: UTF8.self))
        var wanted = false
        var isRefused = false
        for word in parts[0].split(separator: UInt8(ascii: ",")) {
            let isNegated = word.first == UInt8(ascii: "!")
            guard matchesPlainly(Array(subject.utf8), Array(isNegated ? word.dropFirst() : word)) else {
                continue
            }
            if isNegated { isRefused = true } else { wanted = true }
        }
        try demand(list.matches(subject) == (wanted && !isRefused), "patterns match as defined")
        if let name = list.name { try demand(list.matches(name), "a list's name is one that it accepts") }
    }

    /// The definition of a pattern, by a table of all its beginnings and those of the text.
    private static func matchesPlainly(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var row = [true] + text.map { _ in false }
        for symbol in pattern {
            var next = row.map { _ in false }
            for length in 0...text.count {
                switch symbol {
                case UInt8(ascii: "*"): next[length] = row[length] || length > 0 && next[length - 1]
                case UInt8(ascii: "?"): next[length] = length > 0 && row[length - 1]
                default: next[length] = length > 0 && row[length - 1] && text[length - 1] == symbol
                }
            }
            row = next
        }
        return row[text.count]
    }

    private static let base64 = FuzzTarget(bytes: "base64", longest: 512, words: ["=", "=="]) { bytes in
        try demand(Base64.decode(Base64.encode(bytes)[...]) == bytes, "all bytes have a text")
        guard let decoded = Base64.decode(bytes[...]) else { return }
        try demand(Base64.encode(decoded) == bytes, "one sequence of bytes has one text")
    }

    private static let validityTime = FuzzTarget(
        text: "validity-time", longest: 32, words: ["20261130", "170000", "Z", "UTC"]
    ) { text in
        guard let time = ValidityTime(text) else { return }
        try demand(time.seconds > 0, "a time of validity is after 1970")
    }
}
