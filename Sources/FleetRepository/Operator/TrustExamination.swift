internal import FleetCore

/// Reads `trust/` as the authentication does, and says what it means.
struct TrustExamination {
    private let files: FleetFiles
    private(set) var problems: [Problem] = []
    private(set) var warnings: [Problem] = []

    init(files: FleetFiles) { self.files = files }

    mutating func run() throws(FileTreeError) {
        let paths = try files.tree.paths(below: "trust")
        var keyFiles: [(path: String, bytes: [UInt8])] = []
        for path in paths where path.hasPrefix("\(Layout.openPGP)/") && FileKind(path: path) == .trust {
            switch try files.bytes(path) {
            case .success(let bytes): keyFiles.append((path, bytes))
            case .failure(let problem): problems.append(problem)
            }
        }
        var signers: AllowedSigners? = AllowedSigners([])
        if case .success(let bytes) = try files.bytes(Layout.allowedSigners) { signers = examine(bytes) }
        guard let keyring = examine(keyFiles), let signers else { return }
        let persons = signers.persons.union(keyring.persons)
        try examineThreshold(persons)
        try examineRules(persons)
    }

    /// Reads each file by itself, so that all that is wrong is named at once, then all of them together.
    ///
    /// - Returns: the keyring; nil if it cannot be read.
    private mutating func examine(_ keyFiles: [(path: String, bytes: [UInt8])]) -> OpenPGPKeyring? {
        let known = problems.count
        for (path, bytes) in keyFiles {
            do throws(OpenPGPKeyring.FileError) {
                examine(try OpenPGPKeyring.file(bytes, at: path), at: path)
            } catch {
                problems.append(Self.problem(error))
            }
        }
        guard problems.count == known else { return nil }
        do throws(OpenPGPKeyring.FileError) {
            return try OpenPGPKeyring(keyFiles)
        } catch {
            problems.append(Self.problem(error))
            return nil
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

    /// - Returns: the signers; nil if the file cannot be read.
    private mutating func examine(_ bytes: [UInt8]) -> AllowedSigners? {
        let signers: AllowedSigners
        do {
            signers = try AllowedSigners(parsing: bytes)
        } catch {
            problems.append(
                Problem(
                    file: Layout.allowedSigners, line: error.line, column: error.column,
                    message: "\(error.message); until it is right, nobody may change the branch"))
            return nil
        }
        for signer in signers.signers { examine(signer) }
        return signers
    }

    /// Whether the rules for single paths can be fulfilled, and protect themselves.
    private mutating func examineRules(_ known: Set<String>) throws(FileTreeError) {
        let decoded: Decoded<PathRules>
        switch try files.content(Layout.trustRules) {
        case .missing: return
        case .refused(let problem): decoded = Decoded(value: nil, problems: [problem])
        case .bytes(let bytes): decoded = PathRules.decode(bytes)
        }
        problems += decoded.problems
        guard let rules = decoded.flawless else { return }
        let fleet = try files.bytes(Layout.fleet)
        let threshold = (try? fleet.get()).flatMap(FleetFile.trustSettings)?.threshold ?? 1
        for rule in rules.rules {
            let persons = known.filter(rule.allows).sorted()
            let needed = rule.threshold ?? threshold
            if persons.count < needed {
                let found = persons.isEmpty ? "nobody" : persons.joined(separator: ", ") + " alone"
                problems.append(
                    Problem(
                        Layout.trustRules, rule.place,
                        "found \(found) in trust/ for the rule of '\(rule.name)', "
                            + "which needs \(needed): nobody could change what is there any more"))
            }
            let path = String(decoding: rule.path, as: UTF8.self)
            if case .missing = try files.content(path), try files.tree.paths(below: path).isEmpty {
                warnings.append(
                    Problem(
                        Layout.trustRules, rule.place, "found no file at '\(rule.name)'; is it spelt right?"))
            }
        }
        for path in [Layout.trustRules, Layout.fleet] where rules.governing(Array(path.utf8)) == nil {
            warnings.append(
                Problem(
                    file: Layout.trustRules,
                    message:
                        "found no rule for '\(path)': whoever may sign at all may change it, and so lift "
                        + "these rules"))
        }
    }

    /// Whether so many persons can sign as the fleet asks for: else nobody could change it any more.
    private mutating func examineThreshold(_ persons: Set<String>) throws(FileTreeError) {
        guard case .success(let bytes) = try files.bytes(Layout.fleet),
            let file = FleetFile.decode(bytes).value, let threshold = file.fleet?.trust.threshold,
            threshold > 1, persons.count < threshold
        else { return }
        let names = persons.sorted().joined(separator: ", ")
        let found =
            persons.isEmpty ? "the keys of nobody who counts" : "the keys of \(names) alone"
        problems.append(
            Problem(
                Layout.fleet, file.thresholdPlace,
                "found \(found) in trust/, where \(threshold) persons must sign or "
                    + "approve; two keys of one name count as one person, and a forge's key for nobody"))
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
        if Forge.isForge(name) { warn(Self.forgeWarning) }
    }

    /// A forge's own key makes that forge an authority over the fleet.
    private static let forgeWarning =
        "this looks like a forge's own key; with it, whoever controls that forge, "
        + "or an account on it that may merge, "
        + "can change the fleet"

    /// Whether a user id such as `GitHub <noreply@github.com>` has an address by which forges sign.
    private static func isForgeUser(_ userID: String) -> Bool {
        Forge.isForge(OpenPGPCertificate.address(in: userID) ?? userID)
    }
}
