package import FleetCore

/// A report as it is kept in Git: a signed commit whose tree is `report.json` and, after an admission,
/// `receipt.json`.
package struct ReportCommit: Hashable, Sendable {
    package let id: CommitID
    package let report: Report
    package let receipt: Receipt?
    package let parents: [CommitID]
    /// What the message of a commit on `latest/<node>` names: the tip of the chain that it stands for.
    package let chainTip: CommitID?

    static let reportPath = "report.json"
    static let receiptPath = "receipt.json"
    static let inventoryPath = "inventory.json"
    /// The trailer that names the chain's tip.
    static let chainTrailer = "Plimsoll-Chain: "
    /// The largest receipt that is read, in bytes.
    static let receiptLimit = 1 << 20
    /// The largest inventory that a server takes, in bytes.
    static let inventoryLimit = 4 << 20

    /// Reads and verifies a report.
    ///
    /// - Parameters:
    ///   - key: the node's public key, as the fleet repository lists it.
    ///   - fleet: the fleet that it must be a report to.
    ///   - node: the node that it must be a report of.
    ///   - withReceipt: whether the receipt beside it is read, too; it may be larger than the report.
    /// - Throws: ``ReportRejection`` if it must not be believed.
    package init(
        reading id: CommitID, in repository: borrowing GitRepository, key: SSHPublicKey, fleet: FleetName,
        node: NodeName, withReceipt: Bool = true
    ) throws(ReportRejection) {
        let commit: GitCommit?
        let bytes: [UInt8]?
        let receiptBytes: [UInt8]?
        do throws(GitError) {
            commit = try repository.commit(id)
            bytes = try repository.file(at: Self.reportPath, in: id, limitBytes: Report.largestSize)?.bytes
            receiptBytes =
                withReceipt
                ? try repository.file(at: Self.receiptPath, in: id, limitBytes: Self.receiptLimit)?.bytes
                : nil
        } catch {
            throw ReportRejection(id, error.code == .tooLarge ? .tooLarge : .missing, error.message)
        }
        guard let commit, let bytes else { throw ReportRejection(id, .missing, "there is no report in it") }
        try Self.verify(commit, key: key)
        do {
            report = try Report(parsing: bytes)
        } catch {
            throw ReportRejection(
                id, .malformed, error.field.isEmpty ? error.message : "\(error.field): \(error.message)")
        }
        guard report.fleet == fleet else {
            throw ReportRejection(id, .otherFleet, "it is a report to the fleet '\(report.fleet)'")
        }
        guard report.node == node else {
            throw ReportRejection(id, .otherNode, "it is a report of the node '\(report.node)'")
        }
        self.id = id
        receipt = receiptBytes.flatMap { try? JSONValue(parsing: $0) }.flatMap { Receipt(json: $0) }
        parents = commit.parents
        chainTip = Self.chainTip(in: commit.message)
    }

    /// The tip of the chain that a message names; nil if it names none.
    static func chainTip(in message: String) -> CommitID? {
        message.lines().last { $0.hasPrefix(chainTrailer) }
            .flatMap { CommitID($0.dropFirst(chainTrailer.count)) }
    }

    /// Whether a commit bears the signature of a node's key.
    static func verify(_ commit: GitCommit, key: SSHPublicKey) throws(ReportRejection) {
        guard let found = commit.signature else {
            throw ReportRejection(commit.id, .unsigned, "it is not signed")
        }
        let signature: CommitSignature
        do {
            signature = try CommitSignature(found.text, knownKey: key)
        } catch {
            throw ReportRejection(commit.id, .badSignature, error.message)
        }
        guard case .ssh(let value) = signature else {
            throw ReportRejection(commit.id, .badSignature, "it is not signed with an SSH key")
        }
        guard value.publicKey == key else {
            throw ReportRejection(
                commit.id, .otherKey,
                "signed by \(value.publicKey.fingerprint), the node's key is \(key.fingerprint)")
        }
        if let other = value.namespace(otherThan: CommitSignature.namespace) {
            throw ReportRejection(
                commit.id, .badSignature,
                "the signature is for \(other); expected '\(CommitSignature.namespace)'")
        }
        guard value.verify(found.payload, namespace: CommitSignature.namespace) else {
            throw ReportRejection(commit.id, .badSignature, "the signature does not fit the commit")
        }
    }
}
