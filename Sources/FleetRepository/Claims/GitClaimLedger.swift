package import FleetCore
package import FleetReconciler

/// The ledgers of a node's group: references of the status remote, one for each value of the budget's label.
///
/// A claim is a signed commit on top of the ledger's tip, pushed without force: the server's own check that
/// nothing is lost is the compare-and-swap.
package struct GitClaimLedger: ClaimLedger {
    private let source: GitFleetSource
    private let keys: NodeKeyring

    private var clone: Clone { source.clone }

    /// - Parameters:
    ///   - source: the node's clone; what it has read says where the ledgers are and who may claim.
    ///   - keys: the node's own key, and the one that follows it.
    package init(source: GitFleetSource, keys: NodeKeyring) {
        self.source = source
        self.keys = keys
    }

    package func read(_ ledger: LedgerName) async throws(LedgerError) -> LedgerReading {
        try reading(of: ledger)
    }

    package func append(_ claim: Claim, after tip: CommitID?) async -> ClaimDelivery {
        deliver(claim, after: tip)
    }

    /// Reads without suspending: what waits for the network is a child process.
    func reading(of ledger: LedgerName) throws(LedgerError) -> LedgerReading {
        do {
            let place = try place(of: ledger.group)
            let tip = try fetch(ledger, from: place.remote)
            let branch = BranchChain(source)
            var authorities = try ClaimAuthorities(
                clone, followed: place.followed, fleet: place.fleet.name,
                isOnChain: { commit throws(GitError) in try branch.contains(commit) })
            guard let book = try ClaimBook(ledger, tip: tip, in: clone, authorities: &authorities) else {
                throw LedgerError(
                    "the ledger \(ledger) is longer than \(ClaimBook.longest) commits; once nobody in it is "
                        + "in change or failed, delete '\(ledger.reference)' at the status remote")
            }
            let own = try authorities.listing(of: source.settings.node).record
            let reports = try ClaimantReports(
                of: book.entries.compactMap(\.member) + [own].compactMap(\.self), at: place, source: source)
            return LedgerReading(
                tip: tip,
                claimants: book.entries.map { Claimant($0, testimony: reports.testimony(of: $0.member)) },
                ownReport: reports.number(of: own))
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError("the claims of \(ledger) cannot be read: \(error)")
        }
    }

    /// Appends without suspending.
    func deliver(_ claim: Claim, after tip: CommitID?) -> ClaimDelivery {
        do {
            let remote = try place(of: claim.ledger.group).remote
            let id = try write(claim, after: tip)
            let delivery = try LedgerPush(id, to: claim.ledger, after: tip, remote: remote)
                .send(by: source.network, from: clone.repository.folder)
            if delivery == .accepted {
                try? clone.repository.setReference(FleetReferences.ledger(claim.ledger), to: id)
            }
            return delivery
        } catch let error as NetworkError {
            return .unreachable(error.description)
        } catch {
            return .refused("\(error)")
        }
    }

    /// What the last reading of the fleet repository says of the ledgers.
    struct Place {
        let followed: CommitID
        let fleet: Fleet
        /// The status remote of the ledger's group.
        let remote: RemoteURL
    }

    private func place(of group: GroupName) throws -> Place {
        guard let view = source.view else {
            throw LedgerError("nothing says yet where claims are made")
        }
        let remote = try StatusRemote(fleet: view.view.fleet, group: group, fallback: source.settings.remote)
        return Place(followed: view.commit, fleet: view.view.fleet, remote: remote.url)
    }

    /// Brings a ledger into the clone.
    ///
    /// - Returns: its tip as the remote lists it; nil if it has none.
    private func fetch(_ ledger: LedgerName, from remote: RemoteURL) throws -> CommitID? {
        let kept = FleetReferences.ledger(ledger)
        guard let refspec = FetchRefspec(source: ledger.reference, destination: kept) else { return nil }
        let listed = try source.network.fetch(
            [refspec], from: remote, into: source.settings.cloneFolder, byteLimit: LedgerPush.byteLimit
        ).listed
        guard let tip = listed.first(where: { $0.name == ledger.reference })?.id else {
            try clone.repository.deleteReference(kept)
            return nil
        }
        return tip
    }

    private func write(_ claim: Claim, after tip: CommitID?) throws -> CommitID {
        let tree = try clone.repository.writeTree([ClaimCommit.path: claim.documentBytes])
        let author = GitIdentity(
            name: claim.node.description, email: "\(claim.node)@\(claim.fleet)", time: claim.time.seconds,
            offsetMinutes: 0)
        let content = try clone.repository.unsignedCommit(
            tree: tree, parents: [tip].compactMap(\.self), author: author, committer: author,
            message: claim.message)
        let signature = try keys.current.sign(content, namespace: CommitSignature.namespace)
        return try clone.repository.writeCommit(content, signature: signature.armored)
    }
}

extension Claimant {
    init(_ entry: ClaimBook.Entry, testimony: Testimony) {
        self.init(
            claim: entry.claim, isOfEarlierKey: entry.isOfEarlierKey, ending: entry.ending,
            testimony: testimony)
    }
}

/// One entry on its way to a ledger.
struct LedgerPush {
    private let id: CommitID
    private let ledger: LedgerName
    private let tip: CommitID?
    private let remote: RemoteURL

    /// A ledger larger than this is not fetched, in bytes: some 50,000 claims.
    static let byteLimit = 64 << 20

    init(_ id: CommitID, to ledger: LedgerName, after tip: CommitID?, remote: RemoteURL) {
        self.id = id
        self.ledger = ledger
        self.tip = tip
        self.remote = remote
    }

    /// Sends it, if the remote's tip is still the one that it was made after.
    ///
    /// - Throws: `NetworkError` if nobody knows what became of it.
    func send(by network: NetworkChild, from folder: String) throws(NetworkError) -> ClaimDelivery {
        guard let refspec = PushRefspec(commit: id, destination: ledger.reference, force: false) else {
            return .refused("'\(ledger.reference)' is not the name of a branch")
        }
        switch try network.push([refspec], to: remote, from: folder)[ledger.reference] {
        case .accepted: return .accepted
        case .notFastForward: return .overtaken
        case .rejected(let reason):
            // Between the listing and the push somebody else may have been there: then the server refuses, in
            // words of its own.
            let now = try network.list(remote).first { $0.name == ledger.reference }?.id
            if now == id { return .accepted }
            return now == tip ? .refused(reason) : .overtaken
        case nil: return .refused("no verdict")
        }
    }
}
