internal import FleetCore

/// What commits say of trust: who may sign the next one, and by which rule. Each content is parsed once.
final class TrustBook {
    private let clone: Clone
    /// The signers of a `trust/allowed_signers` by its blob: most commits leave it as it was.
    private var known: [ObjectID: AllowedSigners] = [:]
    /// The keys of a `trust/openpgp/` by its tree.
    private var keyrings: [ObjectID: OpenPGPKeyring] = [:]
    /// What a `fleet.yaml` says of trust by its blob; nil where it cannot be read.
    private var settings: [ObjectID: TrustSettings?] = [:]
    /// What a `trust/rules.yaml` says by its blob.
    private var rules: [ObjectID: Decoded<PathRules>] = [:]

    init(_ clone: Clone) { self.clone = clone }

    /// Why signers cannot be told, as it follows "commit … is not authentic:".
    struct Unreadable: Error {
        let text: String
    }

    /// The signers that a commit lists for its children.
    func signers(at commit: CommitID) throws(GitError) -> Result<AllowedSigners, Unreadable> {
        let path = Layout.allowedSigners
        let found = try clone.repository.entry(at: path, in: commit)
        guard let entry = found, entry.isFile else {
            // Whom OpenPGP keys let in is another question, and theirs alone.
            if try clone.repository.entry(at: Layout.openPGP, in: commit) != nil {
                return .success(AllowedSigners([]))
            }
            let fault = found.map { "'s '\(path)' is not a regular file but a \($0.kind.words)" }
            return .failure(
                Unreadable(text: "its parent\(fault ?? " has no '\(path)'"), so nobody may sign"))
        }
        if let signers = known[entry.id] { return .success(signers) }
        let bytes: [UInt8]
        do throws(GitError) {
            bytes = try clone.repository.blob(entry.id, path: path, limitBytes: Layout.limit(of: .trust))
        } catch  where error.code == .tooLarge {
            return .failure(Unreadable(text: "its parent's \(path) is too large: \(error.message)"))
        }
        do {
            let signers = try AllowedSigners(parsing: bytes)
            known[entry.id] = signers
            return .success(signers)
        } catch {
            return .failure(Unreadable(text: "its parent's \(path):\(error)"))
        }
    }

    /// The OpenPGP keys that a commit lists for its children; none where it has no such folder.
    func keyring(at commit: CommitID) throws(GitError) -> Result<OpenPGPKeyring, Unreadable> {
        let folder = Layout.openPGP
        let entry = try clone.repository.entry(at: folder, in: commit)
        if let id = entry?.id, let known = keyrings[id] { return .success(known) }
        let files = try entry == nil ? .success([]) : keyFiles(at: commit)
        do throws(OpenPGPKeyring.FileError) {
            let keyring = try OpenPGPKeyring(files.get())
            if let id = entry?.id { keyrings[id] = keyring }
            return .success(keyring)
        } catch {
            return .failure(Unreadable(text: "its parent's \(error.description)"))
        }
    }

    /// The files of a commit's `trust/openpgp/`.
    private func keyFiles(
        at commit: CommitID
    ) throws(GitError) -> Result<[(path: String, bytes: [UInt8])], OpenPGPKeyring.FileError> {
        var files: [(path: String, bytes: [UInt8])] = []
        var count = 0
        for entry in try clone.repository.entries(of: Layout.openPGP, in: commit) ?? [] {
            let path = "\(Layout.openPGP)/\(entry.name)"
            guard FileKind(path: path) == .trust else { continue }
            guard entry.isFile else {
                return .failure(.init(path: path, line: 1, message: "it is not a regular file"))
            }
            do throws(GitError) {
                let bytes = try clone.repository.blob(
                    entry.id, path: path, limitBytes: Layout.limit(of: .trust))
                count += bytes.count
                files.append((path, bytes))
            } catch  where error.code == .tooLarge {
                return .failure(.init(path: path, line: 1, message: "it is too large: \(error.message)"))
            }
            // Armour makes four bytes of three.
            guard files.count <= OpenPGPKeyring.mostFiles, count <= 2 * OpenPGPKeyring.mostBytes else {
                break
            }
        }
        return .success(files)
    }

    /// The settings that are in force after a commit: its own, or where its `fleet.yaml` cannot be read those
    /// of the nearest first parent whose file can.
    ///
    /// So a file that was broken by mistake, or that needs a newer agent, lifts no rule.
    func settings(after commit: CommitID) throws(GitError) -> TrustSettings {
        var next: CommitID? = commit
        while let current = next {
            if let settings = try writtenSettings(at: current) { return settings }
            next = try clone.repository.firstParent(of: current)
        }
        return TrustSettings()
    }

    private func writtenSettings(at commit: CommitID) throws(GitError) -> TrustSettings? {
        let path = Layout.fleet
        guard let entry = try clone.repository.entry(at: path, in: commit), entry.isFile else { return nil }
        if let known = settings[entry.id] { return known }
        var read: TrustSettings?
        do throws(GitError) {
            read = FleetFile.trustSettings(
                try clone.repository.blob(entry.id, path: path, limitBytes: Layout.limit(of: .fleet)))
        } catch  where error.code == .tooLarge {
            read = nil
        }
        settings.updateValue(read, forKey: entry.id)
        return read
    }

    /// The rules for single paths that are in force after a commit, as its settings are.
    private func rules(after commit: CommitID) throws(GitError) -> PathRules {
        var next: CommitID? = commit
        while let current = next {
            if let rules = try writtenRules(at: current).flawless { return rules }
            next = try clone.repository.firstParent(of: current)
        }
        return .none
    }

    /// What a commit's `trust/rules.yaml` says, and all that is wrong with it.
    func writtenRules(at commit: CommitID) throws(GitError) -> Decoded<PathRules> {
        let path = Layout.trustRules
        guard let entry = try clone.repository.entry(at: path, in: commit) else {
            return Decoded(value: PathRules.none, problems: [])
        }
        if let known = rules[entry.id] { return known }
        let read: Decoded<PathRules>
        do throws(GitError) {
            let file = try clone.repository.file(
                at: path, in: commit, limitBytes: Layout.limit(of: .trust))
            read = PathRules.decode(file?.bytes ?? [])
        } catch  where error.isOfContent || error.code == .tooLarge {
            return Decoded(value: nil, problems: [Problem(path, .start, error.message)])
        }
        rules[entry.id] = read
        return read
    }

    /// Whether commits wait for more signatures than their own after a commit.
    func areWaiting(after commit: CommitID) throws(GitError) -> Bool {
        try areWaiting(settings(after: commit), rules(after: commit))
    }

    /// Whether commits wait for more signatures than their own, by these rules. Where they do not, one that
    /// its signer may not make is not authentic.
    private func areWaiting(_ settings: TrustSettings, _ rules: PathRules) -> Bool {
        settings.threshold > 1 || rules.rules.contains { ($0.threshold ?? 1) > 1 }
    }

    /// What a commit needs if nodes are to follow it, by the rules of the newest approved one.
    ///
    /// - Returns: nil where its own rules cannot be read: then those before it stay in force.
    func demands(
        from ground: CommitID, to commit: CommitID, voices: [CommitVoice]
    ) throws(GitError) -> [ApprovalDemand]? {
        let (settings, rules) = (try settings(after: ground), try rules(after: ground))
        guard settings.threshold > 1 || !rules.rules.isEmpty,
            try tree(of: ground) != tree(of: commit)
        else { return [] }
        if areWaiting(settings, rules) {
            guard try writtenSettings(at: commit) != nil, case .success = try signers(at: commit),
                case .success = try keyring(at: commit),
                try writtenRules(at: commit).flawless != nil
            else { return nil }
        }
        return try demands(of: rules, settings, from: ground, to: commit, voices: voices, at: ground)
    }

    /// The first rule that a commit's own signature does not fulfil, where no other can come to it any more.
    ///
    /// - Parameters:
    ///   - parent: its first parent.
    ///   - ground: the newest approved commit, whose rules count.
    func unmet(
        by commit: CommitID, onto parent: CommitID, under ground: CommitID, voices: [CommitVoice]
    ) throws(GitError) -> UnmetRule? {
        let (settings, rules) = (try settings(after: ground), try rules(after: ground))
        guard !rules.rules.isEmpty, !areWaiting(settings, rules) else { return nil }
        let touched = try TouchedRules(rules, from: parent, to: commit, in: clone)
        for (index, path) in touched.found.sorted(by: { $0.value < $1.value }) {
            guard let rule = index.map({ rules.rules[$0] }) else { continue }
            let names = try names(of: voices, at: ground)
            if !names.contains(where: rule.allows) {
                let example = try touched.example(below: path)
                return UnmetRule(rule: rule, path: example, by: names.sorted())
            }
        }
        return nil
    }

    private func demands(
        of rules: PathRules, _ settings: TrustSettings, from old: CommitID, to new: CommitID,
        voices: [CommitVoice], at ground: CommitID
    ) throws(GitError) -> [ApprovalDemand] {
        let names = try names(of: voices, at: ground)
        guard !rules.rules.isEmpty else {
            return [ApprovalDemand(path: nil, needed: settings.threshold, by: names)]
        }
        let touched = try TouchedRules(rules, from: old, to: new, in: clone)
        return touched.found.keys.sorted { ($0 ?? -1) < ($1 ?? -1) }.compactMap { index in
            guard let rule = index.map({ rules.rules[$0] }) else {
                // One signature is what it takes to be authentic.
                guard settings.threshold > 1 else { return nil }
                return ApprovalDemand(path: nil, needed: settings.threshold, by: names)
            }
            return ApprovalDemand(
                path: rule.name, needed: rule.threshold ?? settings.threshold, by: names.filter(rule.allows))
        }
    }

    /// The persons behind signatures, as a commit lists them. Who has two keys is one, and so is a key that
    /// is listed for two; a forge is nobody.
    private func names(of voices: [CommitVoice], at ground: CommitID) throws(GitError) -> Set<String> {
        guard case .success(let signers) = try signers(at: ground) else { return [] }
        var names: [CommitVoice.Key: String] = [:]
        for voice in voices {
            guard let name = try name(of: voice, signers, at: ground), !Forge.isForge(name) else { continue }
            names[voice.key] = min(names[voice.key] ?? name, name)
        }
        return Set(names.values)
    }

    /// Whose signature a commit takes one for; nil for nobody's.
    private func name(
        of voice: CommitVoice, _ signers: AllowedSigners, at ground: CommitID
    ) throws(GitError) -> String? {
        switch voice.key {
        case .ssh(let key):
            let verdict = signers.authorise(
                key: key, namespace: CommitSignature.namespace, at: voice.time)
            if case .authorised(let name) = verdict { return name }
            return nil
        case .openPGP(let name, let judgedBy):
            // By other keys gpgv might judge otherwise: who signed before they changed signs again.
            guard case .success(let keyring) = try keyring(at: ground), keyring.digest == judgedBy else {
                return nil
            }
            return keyring.key(named: name)?.certificate.principal
        }
    }

    private func tree(of commit: CommitID) throws(GitError) -> ObjectID? {
        try clone.repository.commit(commit)?.treeID
    }
}

extension PathRule {
    /// Whether somebody's signature counts for it.
    func allows(_ name: String) -> Bool { signers?.matches(name) ?? true }
}

/// A rule of `trust/rules.yaml` that a commit breaks.
struct UnmetRule {
    let rule: PathRule
    /// What it changes there.
    let path: String
    /// Who has signed it, of those who count at all.
    let by: [String]

    /// As it ends the sentence "commit … is not authentic: …".
    var message: String {
        let who = by.isEmpty ? "nobody who counts" : by.joined(separator: ", ")
        let whose = rule.signers.map { "only \($0)" } ?? "only a person, not a forge,"
        return "it changes '\(path)' and is signed by \(who); by the rule for '\(rule.name)' in "
            + "\(Layout.trustRules) \(whose) may change that"
    }
}
