internal import FleetCore

/// The fleet as the server's own branch lists it: names, keys, groups, labels.
final class ServerGround {
    let tip: CommitID
    let fleet: Fleet
    var authorities: ClaimAuthorities
    private let clone: Clone
    private var places: [CommitID: Bool] = [:]

    /// - Parameter tip: the branch's, which is authentic.
    init(_ clone: Clone, tip: CommitID) throws {
        self.clone = clone
        self.tip = tip
        fleet = try FleetRoll.fleet(at: tip, in: clone)
        authorities = try ClaimAuthorities(
            clone, followed: tip, fleet: fleet.name,
            isOnChain: { commit throws(GitError) in try Self.isOnChain(commit, below: tip, in: clone) })
    }

    private static func isOnChain(
        _ commit: CommitID, below tip: CommitID, in clone: Clone
    ) throws(GitError) -> Bool {
        let walk = try clone.repository.firstParents(
            from: tip, backTo: commit, limit: ChainAuthenticator.longestStretch)
        guard case .reached = walk else { return false }
        return true
    }

    /// The key that the branch lists for a node now.
    ///
    /// - Throws: ``PushRefusal`` if it lists no such node.
    func key(of node: NodeName, for reference: String) throws -> SSHPublicKey {
        switch try authorities.listing(of: node) {
        case .node(let record):
            if let key = try? SSHPublicKey(text: record.key) { return key }
        case .unreadable: break
        case .absent:
            throw PushRefusal(
                reference,
                "the fleet's branch, at \(tip.short), does not list the node '\(node)'; nothing of it is "
                    + "taken before its file is merged, or after it was removed")
        }
        throw PushRefusal(
            reference, "the file of the node '\(node)' on the fleet's branch cannot be read; mend it")
    }

    /// The key that a commit of the branch lists for a node.
    ///
    /// - Throws: ``ReportRejection`` if the commit is not on the branch, or lists no such node.
    func key(of node: NodeName, at commit: CommitID, by report: CommitID) throws -> SSHPublicKey {
        let isKnown = try places[commit] ?? Self.isOnChain(commit, below: tip, in: clone)
        places[commit] = isKnown
        guard isKnown else {
            throw ReportRejection(
                report, .disagreement,
                "it follows commit \(commit.short), which is not on the fleet's branch here")
        }
        guard case .node(let record) = try authorities.listing(of: node, at: commit),
            let key = try? SSHPublicKey(text: record.key)
        else {
            throw ReportRejection(
                report, .otherNode, "the commit that it follows does not list the node '\(node)'")
        }
        return key
    }
}
