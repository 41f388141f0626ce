package import FleetCore
internal import FleetReconciler

/// A person's end of a node's claims: a commit on top of the ledger, signed with the person's own key.
package struct ClaimEnding {
    package let node: NodeName
    package let reason: String
    /// The key to sign with.
    package let key: SigningKeyChoice
    /// Git in the folder whose configuration says who the person is.
    package let git: StockGit
    package let time: Timestamp

    package init(node: NodeName, reason: String, key: SigningKeyChoice, git: StockGit, time: Timestamp) {
        self.node = node
        self.reason = reason
        self.key = key
        self.git = git
        self.time = time
    }

    /// How often it is tried while nodes claim meanwhile.
    fileprivate static let tries = 16
}

extension FleetClone {
    /// Ends what counts of a node's claims, in every ledger.
    ///
    /// What it shall end is looked up once: a claim that the node makes meanwhile is another one, and stays.
    ///
    /// - Returns: the ledgers in which something was ended.
    /// - Throws: ``OperatorError``: `usage` if no claim of the node counts; `notAuthentic` if the key may not
    ///   sign; `failure`, `unavailable`.
    package func end(
        _ ending: ClaimEnding, from introduction: CommitID?
    ) throws -> [LedgerName] {
        var claims = try self.claims(from: introduction)
        let wanted = claims.openClaims(of: ending.node)
        guard !wanted.isEmpty else { throw try nothingToEnd(of: ending.node, claims) }
        var ended: [LedgerName] = []
        for ledger in wanted {
            var isDone = false
            for _ in 0..<ClaimEnding.tries where !isDone {
                guard let now = claims.ledgers.first(where: { $0.name.reference == ledger.name.reference }),
                    let entry = now.claims.first(where: { $0.claimant.node == ending.node }),
                    entry.id == ledger.id
                else {
                    throw OperatorError(
                        .failure, "'\(ending.node)' has claimed again meanwhile at \(ledger.name); look again"
                    )
                }
                isDone = try append(ending, to: now, after: entry, at: claims)
                if !isDone { claims = try self.claims(from: introduction) }
            }
            guard isDone else {
                throw OperatorError(
                    .failure, "nodes have claimed at \(ledger.name) again and again; try once more")
            }
            ended.append(ledger.name)
        }
        return ended
    }

    /// Says that nothing of the node counts, or that there is no such node.
    private func nothingToEnd(of node: NodeName, _ claims: FleetClaims) throws -> OperatorError {
        let names = try roll(at: claims.commit).nodes.map(\.name)
        guard !names.contains(node) else {
            return OperatorError(.usage, "no claim of '\(node)' counts against a budget")
        }
        let hint = NearestWord.hint(for: node.description, in: names.map(\.description).sorted())
        return OperatorError(
            .usage,
            "the fleet '\(claims.fleet.name)' has no node '\(node)' at \(claims.commit.short)\(hint)")
    }

    /// - Returns: false if somebody else was first.
    private func append(
        _ ending: ClaimEnding, to ledger: FleetClaims.Ledger, after entry: FleetClaims.Entry,
        at claims: FleetClaims
    ) throws -> Bool {
        let open = entry.claimant.claim
        let claim = Claim(
            kind: .end, fleet: open.fleet, ledger: open.ledger, node: open.node,
            declaration: open.declaration, commit: claims.commit, sequence: open.sequence,
            time: ending.time, reason: ending.reason)
        let tree = try clone.repository.writeTree([ClaimCommit.path: claim.documentBytes])
        let id = try ending.commit(tree, after: ledger.tip, message: claim.message, in: clone)
        try requireAuthority(of: id, at: claims)
        let push = LedgerPush(id, to: ledger.name, after: ledger.tip, remote: ledger.remote)
        switch try push.send(by: network, from: clone.repository.folder) {
        case .accepted: return true
        case .overtaken: return false
        case .refused(let why), .unreachable(let why):
            throw OperatorError(.unavailable, "the remote refused the end of the claim: \(why)")
        }
    }

    /// Asked before it is sent: what no node would believe helps nobody.
    private func requireAuthority(of id: CommitID, at claims: FleetClaims) throws {
        var authorities = try ClaimAuthorities(
            clone, followed: claims.commit, fleet: claims.fleet.name,
            isOnChain: { _ throws(GitError) in false })
        guard let entry = try ClaimCommit(reading: id, in: clone.repository),
            case .end = try authorities.worth(of: entry)
        else {
            throw OperatorError(
                .notAuthentic,
                "this key is not in \(Layout.allowedSigners) at \(claims.commit.short), so no node would "
                    + "believe it; name another by '--key PATH'")
        }
    }
}

extension FleetClaims {
    /// Where a claim of a node counts, and which.
    fileprivate func openClaims(of node: NodeName) -> [(name: LedgerName, id: CommitID)] {
        ledgers.flatMap { ledger in
            ledger.unavailable.filter { $0.claimant.node == node }.map { (ledger.name, $0.id) }
        }
    }
}

extension ClaimEnding {
    /// Makes the commit by stock git, which knows where the private half of the key is.
    fileprivate func commit(
        _ tree: ObjectID, after tip: CommitID, message: String, in clone: Clone
    ) throws(OperatorError) -> CommitID {
        // "Ada <ada@example.com> 1793530800 +0100"; the clone is a bare one of its own.
        let identity = try git.attempt(["var", "GIT_COMMITTER_IDENT"]).output
        let name = identity.prefix { $0 != "<" }.dropLast()
        let address = identity.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
        guard !address.isEmpty else {
            throw OperatorError(
                .usage, "git knows no address of yours; set one by 'git config --global user.email ADDRESS'")
        }
        let made = try StockGit(folder: clone.repository.folder).run(
            "-c", "user.name=\(name)", "-c", "user.email=\(address)", "-c", "gpg.format=ssh",
            "-c", "user.signingKey=\(key.setting)", "commit-tree", "-S", "-p", tip.hex, "-m", message,
            tree.hex)
        guard let id = CommitID(made) else {
            throw OperatorError(.failure, "git did not name the commit that it made")
        }
        return id
    }
}
