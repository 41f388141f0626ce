package import FleetCore

/// What is wrong with one report of a node, or with a reference.
package struct ReportFault: Hashable, Sendable {
    /// The commit that is not as it should be; nil where there is none.
    package let commit: CommitID?
    /// Why, as it ends the sentence "report … is not authentic: …".
    package let message: String
}

/// What became of checking all reports of one node at one remote.
package struct NodeAudit: Sendable {
    package let node: NodeName
    package let remote: String
    /// How many reports of the chain are authentic, and how many receipts stand in them.
    package private(set) var reports = 0
    package private(set) var receipts = 0
    package private(set) var faults: [ReportFault] = []
    /// The keys that signed them.
    package private(set) var keys: Set<SSHPublicKey> = []

    /// The tip of the chain, as the remote lists it.
    let tip: CommitID?
    /// The admissions that the reports tell of, in their order.
    private(set) var admissions: [ReportedAdmission] = []

    /// The highest number by each key.
    private(set) var numbers: [SSHPublicKey: Int] = [:]
    private var receipt: ObjectID?
    private var known: Set<ObjectID> = []
    private var unaccounted: Declaration?

    /// An admission, by the first report that brings its receipt.
    struct ReportedAdmission {
        let report: CommitID
        /// The fleet commit that the receipt names; nil if there is no receipt of what is admitted.
        let commit: CommitID?
    }

    init(_ node: NodeName, at remote: String, tip: CommitID?) {
        self.node = node
        self.remote = remote
        self.tip = tip
    }

    /// What was reported before those that are checked now, by each key.
    ///
    /// - Parameter number: the highest.
    mutating func begin(after number: Int, by key: SSHPublicKey) { numbers[key] = number }

    mutating func note(_ commit: CommitID?, _ message: String) {
        faults.append(ReportFault(commit: commit, message: message))
    }

    /// Takes in a report whose signature is good.
    mutating func take(_ commit: ReportCommit, by key: SSHPublicKey, receipt found: ObjectID?) {
        let report = commit.report
        if report.previous != commit.parents.first || commit.parents.count > 1 {
            note(commit.id, "it names another report before it than its parent")
        }
        let expected = numbers[key].map { $0 &+ 1 } ?? 1
        if report.sequence != expected {
            note(
                commit.id,
                "its number is \(report.sequence), expected \(expected): reports are missing or doubled")
        }
        numbers[key] = report.sequence
        keys.insert(key)
        reports += 1
        note(admissionOf: commit, receipt: found)
        guard let found else { return }
        guard let receipt = commit.receipt, receipt.node == node, receipt.fleet == report.fleet else {
            note(commit.id, "its \(ReportCommit.receiptPath) is no receipt of this node")
            return
        }
        // Unchanged until the next admission, so it is counted once.
        if found != self.receipt { receipts += 1 }
        self.receipt = found
    }

    /// Notes an admission when it is first told of. A receipt comes back when its declaration does.
    private mutating func note(admissionOf commit: ReportCommit, receipt found: ObjectID?) {
        let admitted = commit.report.baseline.admitted
        if let found, let receipt = commit.receipt, known.insert(found).inserted {
            admissions.append(ReportedAdmission(report: commit.id, commit: receipt.commit))
        }
        guard let admitted, admitted != commit.receipt?.declaration else {
            unaccounted = nil
            return
        }
        if unaccounted != admitted { admissions.append(ReportedAdmission(report: commit.id, commit: nil)) }
        unaccounted = admitted
    }
}

/// Checks every report of every node: signature, names, numbers, receipts.
struct ReportAuditor {
    let clone: Clone
    let fleet: FleetName
    private let chain: Set<CommitID>
    private(set) var book: KeyBook

    /// - Parameter chain: the commits that a report may name, oldest first.
    init(clone: Clone, fleet: FleetName, chain: [CommitID]) throws(GitError) {
        self.clone = clone
        self.fleet = fleet
        self.chain = Set(chain)
        book = try KeyBook(clone, along: chain)
    }

    /// Checks the chain of a node, and the newest report beside it.
    mutating func audit(
        _ node: NodeName, status: CommitID?, latest: CommitID?, at remote: String
    ) -> NodeAudit {
        var audit = NodeAudit(node, at: remote, tip: status)
        guard let status else {
            audit.note(latest, "there is no status/\(node) beside latest/\(node)")
            return audit
        }
        for id in walk(from: status, &audit).reversed() {
            do throws(ReportRejection) {
                let (commit, key) = try read(id, of: node)
                audit.take(commit, by: key, receipt: receipt(in: id))
            } catch {
                audit.note(id, error.message)
            }
        }
        checkLatest(latest, of: node, status: status, &audit)
        return audit
    }

    /// The chain, newest first, as far as it can be read.
    private func walk(from status: CommitID, _ audit: inout NodeAudit) -> [CommitID] {
        var walked: [CommitID] = []
        var next: CommitID? = status
        while let current = next {
            guard walked.count < Self.longestChain else {
                audit.note(current, "the chain has more than \(Self.longestChain) reports")
                break
            }
            do throws(GitError) {
                next = try clone.repository.firstParent(of: current)
                walked.append(current)
            } catch {
                audit.note(current, error.message)
                break
            }
        }
        return walked
    }

    /// A chain longer than this is not walked: a report a minute for a year and more.
    private static let longestChain = 600_000

    private mutating func checkLatest(
        _ latest: CommitID?, of node: NodeName, status: CommitID, _ audit: inout NodeAudit
    ) {
        guard let latest else {
            audit.note(nil, "there is no latest/\(node) beside status/\(node)")
            return
        }
        do throws(ReportRejection) {
            let (newest, _) = try read(latest, of: node)
            _ = try newest.chain(listed: status)
            guard tree(of: latest) == tree(of: status) else {
                throw ReportRejection(latest, .disagreement, "it says something else than the chain's tip")
            }
        } catch {
            audit.note(latest, "latest/\(node): \(error.message)")
        }
    }

    private func tree(of id: CommitID) -> ObjectID? { (try? clone.repository.commit(id))?.treeID }

    private func receipt(in id: CommitID) -> ObjectID? {
        (try? clone.repository.entry(at: ReportCommit.receiptPath, in: id))?.id
    }

    /// Reads a report with the key that the fleet commit which it names lists for the node.
    private mutating func read(
        _ id: CommitID, of node: NodeName
    ) throws(ReportRejection) -> (ReportCommit, SSHPublicKey) {
        let named = try claimedCommit(of: id)
        guard chain.contains(named) else {
            throw ReportRejection(
                id, .disagreement,
                "it follows commit \(named.short), which is not in the fleet's authentic history")
        }
        let answer: KeyBook.Answer
        do throws(GitError) {
            answer = try book.key(of: node, at: named)
        } catch {
            throw ReportRejection(id, .missing, error.description)
        }
        switch answer {
        case .key(let key):
            return (
                try ReportCommit(reading: id, in: clone.repository, key: key, fleet: fleet, node: node), key
            )
        case .notListed:
            throw ReportRejection(
                id, .otherNode, "the commit that it follows does not list the node '\(node)'")
        case .unreadable:
            throw ReportRejection(
                id, .keyUnreadable, "the node's key in the commit that it follows cannot be read")
        }
    }

    /// The fleet commit that a report says it follows: not believed, only needed to find the key.
    private func claimedCommit(of id: CommitID) throws(ReportRejection) -> CommitID {
        try ReportCommit.claimedCommit(of: id, in: clone.repository)
    }
}

extension ReportCommit {
    /// The fleet commit that a report says it follows: not believed, only needed to find the key.
    static func claimedCommit(
        of id: CommitID, in repository: borrowing GitRepository
    ) throws(ReportRejection) -> CommitID {
        let file: GitFile?
        do throws(GitError) {
            file = try repository.file(at: reportPath, in: id, limitBytes: Report.largestSize)
        } catch {
            throw ReportRejection(id, error.code == .tooLarge ? .tooLarge : .missing, error.message)
        }
        guard let file else { throw ReportRejection(id, .missing, "there is no report in it") }
        do {
            return try Report(parsing: file.bytes).commit
        } catch {
            throw ReportRejection(
                id, .malformed, error.field.isEmpty ? error.message : "\(error.field): \(error.message)")
        }
    }
}
