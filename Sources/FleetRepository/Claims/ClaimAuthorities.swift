internal import FleetCore

/// Who may say what in a ledger, by what the fleet repository says at one commit.
struct ClaimAuthorities {
    private let clone: Clone
    private let followed: CommitID
    let fleet: FleetName
    /// Whether a commit lies on the fleet's chain, as far as that can be told now.
    private let isOnChain: (CommitID) throws(GitError) -> Bool
    private let signers: AllowedSigners?
    private var indexes: [CommitID: FleetIndex] = [:]
    private var listings: [Place: Listing] = [:]

    private struct Place: Hashable {
        let node: NodeName
        let commit: CommitID
    }

    /// How a commit of the fleet repository lists a node.
    enum Listing: Hashable {
        case node(NodeRecord)
        /// There is a file of its name, which cannot be read.
        case unreadable
        case absent

        var record: NodeRecord? {
            guard case .node(let record) = self else { return nil }
            return record
        }
    }

    /// What an entry of a ledger is worth.
    enum Worth {
        /// A claim by the node's own present key.
        case claim
        /// A claim by a key that the node had, by the fleet commit that the claim names.
        case claimByEarlierKey
        /// A claim by a key that the node has by a commit which this reader does not follow yet.
        case claimByLaterKey
        /// A person ended the claims of the node before it.
        case end(by: String)
        /// Nothing: nobody who may say so has signed it, or it is about a node that is in the fleet no more,
        /// or that was never in the ledger's group with the ledger's label.
        case nothing
    }

    /// - Parameters:
    ///   - followed: the commit whose nodes and `trust/` count.
    ///   - isOnChain: asked for the few commits by which only an earlier or later key can be told.
    init(
        _ clone: Clone, followed: CommitID, fleet: FleetName,
        isOnChain: @escaping (CommitID) throws(GitError) -> Bool
    ) throws(GitError) {
        self.clone = clone
        self.followed = followed
        self.fleet = fleet
        self.isOnChain = isOnChain
        let bytes = try clone.repository.file(
            at: Layout.allowedSigners, in: followed, limitBytes: Layout.limit(of: .trust))?.bytes
        signers = bytes.flatMap { try? AllowedSigners(parsing: $0) }
    }

    /// How the followed commit lists a node.
    mutating func listing(of node: NodeName) throws(GitError) -> Listing {
        try listing(of: node, at: followed)
    }

    mutating func worth(of entry: ClaimCommit) throws(GitError) -> Worth {
        let claim = entry.claim
        switch claim.kind {
        case .end:
            guard let signer = signers.flatMap({ entry.signer(among: $0) }) else { return .nothing }
            return .end(by: signer)
        case .claim:
            let present = try listing(of: claim.node)
            let isOfPresentKey = present.record.map { entry.isSigned(by: $0.key) } ?? false
            if isOfPresentKey, present.record?.claims(in: claim.ledger) ?? false { return .claim }
            // It may have been moved, or have got another key, before or after.
            guard claim.commit != followed, try isOnChain(claim.commit),
                let then = try listing(of: claim.node, at: claim.commit).record,
                then.claims(in: claim.ledger), entry.isSigned(by: then.key)
            else { return .nothing }
            if isOfPresentKey { return .claim }
            // A node that the followed commit does not list: either it was removed, and has no claim any
            // more, or it was enrolled later, and has one.
            guard try isBefore(claim.commit) else { return .claimByLaterKey }
            return present == .absent ? .nothing : .claimByEarlierKey
        }
    }

    /// Whether a commit of the chain is older than the followed one.
    private func isBefore(_ commit: CommitID) throws(GitError) -> Bool {
        try clone.repository.isAncestor(commit, of: followed)
    }

    /// How a commit of the fleet repository lists a node.
    mutating func listing(of node: NodeName, at commit: CommitID) throws(GitError) -> Listing {
        let place = Place(node: node, commit: commit)
        if let known = listings[place] { return known }
        let listing = try read(node, at: commit)
        listings[place] = listing
        return listing
    }

    private mutating func read(_ node: NodeName, at commit: CommitID) throws(GitError) -> Listing {
        let tree = CommitTree(clone: clone, commit: commit)
        do throws(FileTreeError) {
            if indexes[commit] == nil {
                indexes[commit] = FleetIndex(paths: try tree.paths(below: Layout.groups))
            }
            guard let (group, path) = indexes[commit]?.files(of: node).first else { return .absent }
            let placed = try FleetFiles(tree: tree).decoded(path) { bytes in
                NodeFile.decode(bytes, name: node, group: group, path: path)
            }
            return placed.value.map { .node($0.node) } ?? .unreadable
        } catch {
            // That it cannot be read now is no answer.
            guard error.code == .access else { return .unreadable }
            throw GitError("read node", "\(node) at \(commit.short)", .notFound, error.message)
        }
    }
}

extension NodeRecord {
    /// Whether a ledger is the one of this node's group, and of its value of the ledger's label.
    fileprivate func claims(in ledger: LedgerName) -> Bool {
        group == ledger.group && labels[ledger.label] == ledger.value.description
    }
}
