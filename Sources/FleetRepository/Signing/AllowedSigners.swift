/// One line of an allowed signers file: a key, and what it may sign.
package struct AllowedSigner: Hashable, Sendable {
    /// Whom the key stands for.
    package let principals: PatternList
    package let key: SSHPublicKey
    /// The namespaces that the key may sign for; nil for all.
    package let namespaces: PatternList?
    /// The first second in which the key is valid.
    package let validAfter: UnixSeconds?
    /// The last second in which the key is valid.
    package let validBefore: UnixSeconds?
    /// Whether one of the two is written without `Z`: it then depends on the time zone of the machine that
    /// reads it, and two nodes may disagree about a signature.
    package let dependsOnTimeZone: Bool
    /// The number of its line, from 1.
    package let line: Int
}

/// Who may sign: the content of a file such as `trust/allowed_signers`.
///
/// Source: ssh-keygen(1), ALLOWED SIGNERS. A signature is authorised if one line authorises it.
package struct AllowedSigners: Sendable {
    /// The lines, in the order of the file.
    package let signers: [AllowedSigner]
    private let indicesByKey: [SSHPublicKey: [Int]]

    /// The answer to whether a key may sign something. Lines are counted from 1.
    package enum Verdict: Hashable, Sendable {
        /// It may, as this principal: the first name or pattern of the line's list, as Git shows it.
        case authorised(principal: String)
        /// No line has this key, or only lines whose principals are all negated.
        case unknownKey
        /// Its line's `valid-after` is later.
        case notYetValid(line: Int, validAfter: UnixSeconds)
        /// Its line's `valid-before` is earlier.
        case expired(line: Int, validBefore: UnixSeconds)
        /// Its line's `namespaces` do not match.
        case wrongNamespace(line: Int, allowed: PatternList)
    }

    package init(_ signers: [AllowedSigner]) {
        self.signers = signers
        indicesByKey = Dictionary(grouping: signers.indices) { signers[$0].key }
    }

    /// Whether `key` may sign for `namespace` at `time`; for a commit the committer's date.
    ///
    /// Where no line authorises it, the first line with this key gives the reason.
    package func authorise(key: SSHPublicKey, namespace: String, at time: UnixSeconds) -> Verdict {
        var refusal: Verdict?
        for index in indicesByKey[key, default: []] {
            let verdict = signers[index].verdict(on: namespace, at: time)
            if case .authorised = verdict { return verdict }
            refusal = refusal ?? verdict
        }
        return refusal ?? .unknownKey
    }
}

extension AllowedSigners: Hashable {
    package static func == (left: AllowedSigners, right: AllowedSigners) -> Bool {
        left.signers == right.signers
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(signers) }
}

extension AllowedSigner {
    fileprivate func verdict(on namespace: String, at time: UnixSeconds) -> AllowedSigners.Verdict {
        guard let name = principals.name else { return .unknownKey }
        if let namespaces, !namespaces.matches(namespace) {
            return .wrongNamespace(line: line, allowed: namespaces)
        }
        if let validAfter, time < validAfter { return .notYetValid(line: line, validAfter: validAfter) }
        if let validBefore, time > validBefore { return .expired(line: line, validBefore: validBefore) }
        return .authorised(principal: name)
    }
}
