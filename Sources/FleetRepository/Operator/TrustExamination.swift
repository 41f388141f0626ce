internal import FleetCore

/// Reads `trust/` as the authentication does, and says what it means.
struct TrustExamination {
    private let files: FleetFiles
    private(set) var problems: [Problem] = []
    private(set) var warnings: [Problem] = []

    init(files: FleetFiles) { self.files = files }

    mutating func run() throws(FileTreeError) {
        let paths = try files.tree.paths(below: "trust")
        if case .success(let bytes) = try files.bytes(Layout.allowedSigners) {
            examine(bytes, hasOtherKeys: paths.contains { $0.hasSuffix(".asc") })
        }
        for path in paths where path.hasPrefix("trust/openpgp/") && path.hasSuffix(".asc") {
            warnings.append(
                Problem(
                    file: path,
                    message:
                        "OpenPGP keys need a newer agent than \(AgentVersion.current); "
                        + "until then a commit that "
                        + "is signed with this one is not authentic"))
            guard case .success(let bytes) = try files.bytes(path), Self.isForgeKey(bytes) else { continue }
            warnings.append(Problem(file: path, message: Self.forgeWarning))
        }
    }

    private mutating func examine(_ bytes: [UInt8], hasOtherKeys: Bool) {
        let signers: AllowedSigners
        do {
            signers = try AllowedSigners(parsing: bytes)
        } catch {
            problems.append(
                Problem(
                    file: Layout.allowedSigners, line: error.line, column: error.column,
                    message: "\(error.message); until it is right, nobody may change the branch"))
            return
        }
        if signers.signers.isEmpty, hasOtherKeys {
            problems.append(
                Problem(
                    file: Layout.allowedSigners,
                    message:
                        "found no SSH key; agents of version \(AgentVersion.current) take no other signature")
            )
        }
        for signer in signers.signers { examine(signer) }
    }

    private mutating func examine(_ signer: AllowedSigner) {
        func warn(_ message: String) {
            warnings.append(Problem(file: Layout.allowedSigners, line: signer.line, message: message))
        }
        if signer.dependsOnTimeZone {
            warn(
                "a time without 'Z' is read in each machine's own time zone, "
                    + "so two nodes may disagree about a "
                    + "signature; write it with 'Z'")
        }
        if let namespaces = signer.namespaces, !namespaces.matches(CommitSignature.namespace) {
            warn("found a key that may not sign for the namespace 'git'; it authorises no commit")
        }
        guard let name = signer.principals.name else {
            warn("found only negated principals; the key authorises nothing")
            return
        }
        if Self.isForge(name) { warn(Self.forgeWarning) }
    }

    /// A forge's own key makes that forge an authority over the fleet.
    private static let forgeWarning =
        "this looks like a forge's own key; with it, whoever controls that forge, "
        + "or an account on it that may merge, "
        + "can change the fleet"

    /// The addresses by which forges sign what they merge: `noreply@github.com` (GitHub's web-flow), and the
    /// like elsewhere.
    private static func isForge(_ principal: String) -> Bool {
        let name = principal.lowercased()
        return ["noreply@", "no-reply@", "web-flow"].contains { name.hasPrefix($0) }
    }

    /// Whether a user id in an armoured OpenPGP key (RFC 9580, section 5.11) has such an address: it stands
    /// there as plain text.
    private static func isForgeKey(_ armoured: [UInt8]) -> Bool {
        let lines = armoured.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        // Between the empty line after the headers and the checksum, which begins with '='.
        let body = lines.drop { !$0.isEmpty }.dropFirst()
            .prefix { $0.first != UInt8(ascii: "=") && $0.first != UInt8(ascii: "-") }
        guard let key = Base64.decode(Array(body.joined())[...]) else { return false }
        return String(decoding: key, as: UTF8.self).lowercased().contains("<noreply@")
    }
}
