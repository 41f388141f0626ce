internal import FleetCore

/// What commits say of trust: who may sign the next one, and by which rule. Each content is parsed once.
struct TrustBook {
    private let clone: Clone
    /// The signers of a `trust/allowed_signers` by its blob: most commits leave it as it was.
    private var known: [ObjectID: AllowedSigners] = [:]
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
