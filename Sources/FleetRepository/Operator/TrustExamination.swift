internal import FleetCore

/// Reads `trust/` as the authentication does, and says what it means.
struct TrustExamination {
    private let files: FleetFiles
    private(set) var problems: [Problem] = []
    private(set) var warnings: [Problem] = []

    init(files: FleetFiles) { self.files = files }

    mutating func run() throws(FileTreeError) {
        let paths = try files.tree.paths(below: "trust")
        if case .success(let bytes) = try files.bytes(Layout.allowedSigners) { examine(bytes) }
        var keyFiles: [(path: String, bytes: [UInt8])] = []
        for path in paths where path.hasPrefix("\(Layout.openPGP)/") && FileKind(path: path) == .trust {
            switch try files.bytes(path) {
            case .success(let bytes): keyFiles.append((path, bytes))
            case .failure(let problem): problems.append(problem)
            }
        }
        examine(keyFiles)
    }

    /// Reads each file by itself, so that all that is wrong is named at once, then all of them together.
    private mutating func examine(_ keyFiles: [(path: String, bytes: [UInt8])]) {
        let known = problems.count
        for (path, bytes) in keyFiles {
            do throws(OpenPGPKeyring.FileError) {
                examine(try OpenPGPKeyring.file(bytes, at: path), at: path)
            } catch {
                problems.append(Self.problem(error))
            }
        }
        guard problems.count == known else { return }
        do throws(OpenPGPKeyring.FileError) {
            _ = try OpenPGPKeyring(keyFiles)
        } catch {
            problems.append(Self.problem(error))
        }
    }

    private mutating func examine(_ file: OpenPGPKeyring.File, at path: String) {
        func warn(line: Int = 1, _ message: String) {
            warnings.append(Problem(file: path, line: line, message: message))
        }
        if let line = file.wrongChecksum {
            warn(line: line, "found a checksum that does not fit the data; export the key again")
        }
        for certificate in file.certificates {
            if certificate.userIDs.contains(where: Self.isForgeUser) { warn(Self.forgeWarning) }
            if let weakness = certificate.primary.weakness, certificate.keys.count == 1 {
                warn("the key \(certificate.primary.name) \(weakness); it authorises no commit")
            }
            // The primary key's end is that of all.
            if let end = certificate.primary.end {
                warn(
                    "the key \(certificate.primary.name) ends at \(Timestamp(seconds: end)); no later commit "
                        + "of it is authentic, not even the one that renews it here")
            }
        }
    }

    private static func problem(_ error: OpenPGPKeyring.FileError) -> Problem {
        Problem(
            file: error.path, line: error.line,
            message:
                "\(error.message); write it by 'gpg --armor --export KEY'; until it is right, no OpenPGP "
                + "key may change the branch")
    }

    private mutating func examine(_ bytes: [UInt8]) {
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

    /// Whether a user id such as `GitHub <noreply@github.com>` has such an address.
    private static func isForgeUser(_ userID: String) -> Bool {
        isForge(OpenPGPCertificate.address(in: userID) ?? userID)
    }
}
