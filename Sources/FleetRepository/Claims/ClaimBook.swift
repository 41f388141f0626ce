internal import FleetCore

/// A ledger, read from its tip to its beginning: each node's newest claim that is to be believed.
///
/// A claim counts only for the node that has signed it, and only a person ends another's. Whatever else
/// stands in the ledger frees nobody and blocks nobody. All parents are followed: a commit that hides the
/// ledger behind a second parent hides nothing.
struct ClaimBook {
    /// Each node once, in the order of names.
    private(set) var entries: [Entry] = []
    /// How many commits of the ledger are not to be believed.
    private(set) var unbelieved = 0
    /// How many of its oldest commits were not looked at.
    private(set) var unread = 0

    struct Entry {
        let id: CommitID
        let claim: Claim
        let isOfEarlierKey: Bool
        let ending: Claimant.Ending?
        /// The node as the followed commit lists it; nil if its file cannot be read, or its key comes with a
        /// later commit.
        let member: NodeRecord?
    }

    /// Longer ledgers are not read: see docs/fleet-repository.md on beginning one anew.
    static let longest = 20_000

    /// - Returns: nil if the ledger is longer than ``longest``.
    /// - Throws: `GitError` if something of it cannot be read.
    init?(
        _ ledger: LedgerName, tip: CommitID?, in clone: Clone, authorities: inout ClaimAuthorities
    ) throws(GitError) {
        guard let tip else { return }
        guard let history = try clone.repository.history(of: tip, limit: Self.longest) else { return nil }
        try read(history, of: ledger, in: clone, &authorities)
    }

    /// The newest claims of a ledger, however long it is: for people, who must see what nodes do not read.
    ///
    /// - Throws: `GitError` if something of it cannot be read.
    init(
        newestOf ledger: LedgerName, tip: CommitID, in clone: Clone, authorities: inout ClaimAuthorities
    ) throws(GitError) {
        let (newest, older) = try clone.repository.newestHistory(of: tip, limit: Self.longest)
        unread = older
        try read(newest, of: ledger, in: clone, &authorities)
    }

    private mutating func read(
        _ history: [CommitID], of ledger: LedgerName, in clone: Clone,
        _ authorities: inout ClaimAuthorities
    ) throws(GitError) {
        var found: [NodeName: Entry] = [:]
        var endings: [NodeName: Claimant.Ending] = [:]
        for id in history {
            guard let entry = try ClaimCommit(reading: id, in: clone.repository),
                entry.claim.fleet == authorities.fleet, entry.claim.ledger.group == ledger.group,
                entry.claim.ledger.value == ledger.value
            else {
                unbelieved += 1
                continue
            }
            let node = entry.claim.node
            // An older claim of a node whose newer one is known says nothing more.
            if entry.claim.kind == .claim, let newer = found[node], !newer.isOfEarlierKey { continue }
            let member = try authorities.listing(of: node).record
            switch try authorities.worth(of: entry) {
            case .end(let person):
                endings[node] = endings[node] ?? Claimant.Ending(entry, by: person)
            case .claim:
                found[node] = Entry(entry, isOfEarlierKey: false, endings[node], member)
            case .claimByEarlierKey:
                // A key that the node has given up must not cover what the present one has claimed.
                if found[node] != nil { continue }
                found[node] = Entry(entry, isOfEarlierKey: true, endings[node], member)
            case .claimByLaterKey:
                // What the key that is followed here signs says nothing of it.
                found[node] = found[node] ?? Entry(entry, isOfEarlierKey: false, endings[node], nil)
            case .nothing: unbelieved += 1
            }
        }
        entries = found.values.sorted { $0.claim.node < $1.claim.node }
    }
}

extension ClaimBook.Entry {
    fileprivate init(
        _ entry: ClaimCommit, isOfEarlierKey: Bool, _ ending: Claimant.Ending?, _ member: NodeRecord?
    ) {
        self.init(
            id: entry.commit.id, claim: entry.claim, isOfEarlierKey: isOfEarlierKey, ending: ending,
            member: member)
    }
}

extension Claimant.Ending {
    fileprivate init(_ entry: ClaimCommit, by person: String) {
        self.init(by: person, reason: entry.claim.reason ?? "", time: entry.claim.time)
    }
}
