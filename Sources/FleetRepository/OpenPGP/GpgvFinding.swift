/// What gpgv found of one signature, as its status lines say.
///
/// Source: GnuPG's doc/DETAILS, "Format of the --status-fd output". The exit code says too little: it is 0
/// for expired and revoked keys.
enum GpgvFinding: Hashable, Sendable {
    /// The signature fits, whatever the key's end is: whether that counts, the committer's date says, and
    /// not this machine's clock.
    ///
    /// - Parameter key: the fingerprint of the key that made it.
    case good(key: String)
    /// The key was revoked.
    case revoked
    /// The signature does not fit what was signed.
    case bad
    /// No key of the ring made it, or gpgv finds none of it usable.
    case unknownKey
    /// gpgv can make nothing of it; with its own words.
    case unreadable(String)

    /// - Parameters:
    ///   - status: what gpgv wrote to its status descriptor.
    ///   - exitCode: gpgv's own.
    /// - Returns: nil if gpgv itself failed.
    init?(status: String, exitCode: Int32) {
        var outcomes: [Substring] = []
        var valid: [[Substring]] = []
        var isKeyMissing = false
        for line in status.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            guard line.hasPrefix(Self.mark) else { continue }
            let words = line.dropFirst(Self.mark.count).split(separator: " ")
            switch words.first {
            // ERRSIG: key, its and the digest's kind, class, made, reason. 4: this gpgv lacks the algorithm,
            // of which another node's may know more.
            case "ERRSIG" where words.count > 6 && words[6] == "4": return nil
            case "GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG": outcomes.append(words[0])
            case "VALIDSIG": valid.append(words)
            case "NO_PUBKEY": isKeyMissing = true
            // The keyring could not be read: nothing that follows means anything.
            case "ERROR" where words.count > 1 && Self.ringErrors.contains(words[1]): return nil
            default: break
            }
        }
        switch outcomes {
        case ["GOODSIG"], ["EXPKEYSIG"]:
            // VALIDSIG: fingerprint, day, made, ends, version, reserved, key's and digest's kind, class.
            guard exitCode == 0, valid.count == 1, let words = valid.first, words.count >= 10,
                words[4] == "0", words[9] == "00",
                UInt8(words[8]).map(OpenPGPSignature.digests.contains) == true
            else {
                self = .unreadable("it does not call it valid")
                return
            }
            self = .good(key: String(words[1]))
        case ["REVKEYSIG"]: self = .revoked
        case ["BADSIG"]: self = .bad
        case ["ERRSIG"] where isKeyMissing: self = .unknownKey
        case ["ERRSIG"]: self = .unreadable("it cannot verify it")
        case []:
            // It could not be run, or a signal ended it.
            guard exitCode < 126 else { return nil }
            self = .unreadable("it finds no signature in it")
        default: self = .unreadable("it says \(outcomes.joined(separator: ", "))")
        }
    }

    private static let mark = "[GNUPG:] "
    private static let ringErrors: Set<Substring> = ["add_keyblock_resource", "keydb_search"]
}
