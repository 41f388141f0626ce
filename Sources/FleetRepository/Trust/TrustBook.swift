internal import FleetCore

/// What commits say of trust: who may sign the next one, and by which rule. Each content is parsed once.
struct TrustBook {
    private let clone: Clone
    /// The signers of a `trust/allowed_signers` by its blob: most commits leave it as it was.
    private var known: [ObjectID: AllowedSigners] = [:]
    /// The keys of a `trust/openpgp/` by its tree.
    private var keyrings: [ObjectID: OpenPGPKeyring] = [:]
    /// The policy of a `fleet.yaml` by its blob; nil where it cannot be read.
    private var policies: [ObjectID: TrustPolicy?] = [:]

    init(_ clone: Clone) { self.clone = clone }

    /// Why signers cannot be told, as it follows "commit … is not authentic:".
    struct Unreadable: Error {
        let text: String
    }

    /// The signers that a commit lists for its children.
    mutating func signers(at commit: CommitID) throws(GitError) -> Result<AllowedSigners, Unreadable> {
        let path = Layout.allowedSigners
        guard let entry = try clone.repository.entry(at: path, in: commit), entry.isFile else {
            // Whom OpenPGP keys let in is another question, and theirs alone.
            if try clone.repository.entry(at: Layout.openPGP, in: commit) != nil {
                return .success(AllowedSigners([]))
            }
            return .failure(Unreadable(text: "its parent has no '\(path)', so nobody may sign"))
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
    mutating func keyring(at commit: CommitID) throws(GitError) -> Result<OpenPGPKeyring, Unreadable> {
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

    /// The policy that is in force after a commit: its own, or where its `fleet.yaml` cannot be read that of
    /// the nearest first parent whose file can.
    ///
    /// So a file that was broken by mistake, or that needs a newer agent, lifts no rule.
    mutating func policy(after commit: CommitID) throws(GitError) -> TrustPolicy {
        var next: CommitID? = commit
        while let current = next {
            if let policy = try writtenPolicy(at: current) { return policy }
            next = try clone.repository.firstParent(of: current)
        }
        return .firstParent
    }

    private mutating func writtenPolicy(at commit: CommitID) throws(GitError) -> TrustPolicy? {
        let path = Layout.fleet
        guard let entry = try clone.repository.entry(at: path, in: commit), entry.isFile else { return nil }
        if let policy = policies[entry.id] { return policy }
        var policy: TrustPolicy?
        do throws(GitError) {
            policy = FleetFile.trustPolicy(
                try clone.repository.blob(entry.id, path: path, limitBytes: Layout.limit(of: .fleet)))
        } catch  where error.code == .tooLarge {
            policy = nil
        }
        policies.updateValue(policy, forKey: entry.id)
        return policy
    }
}
