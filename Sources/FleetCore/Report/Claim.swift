/// An entry of a ledger: `claim.json`, schema `plimsoll/claim/v1`.
///
/// A node's claim says that it is about to change; it counts from then on, until the node's own report, or a
/// person's entry of kind `end`, ends it. It is signed as a Git commit, as a report is.
package struct Claim: Hashable, Sendable {
    package var kind: Kind
    package var fleet: FleetName
    package var ledger: LedgerName
    /// Whose claim it is; of an `end`, whose claim it ends.
    package var node: NodeName
    /// What the node is about to change to.
    package var declaration: Declaration
    /// The followed commit.
    package var commit: CommitID
    /// The number of the node's last report: only a later one can end the claim.
    package var sequence: Int
    /// For people.
    package var time: Timestamp
    /// Why a person ended it; nil for a claim.
    package var reason: String?

    package static let schema = "plimsoll/claim/v1"

    /// The largest `claim.json` that a reader accepts, in bytes.
    package static let largestSize = 8_192

    package enum Kind: String, Sendable, CaseIterable {
        /// A node takes its share of the budget.
        case claim
        /// A person gives a node's share back.
        case end
    }

    package init(
        kind: Kind = .claim, fleet: FleetName, ledger: LedgerName, node: NodeName, declaration: Declaration,
        commit: CommitID, sequence: Int, time: Timestamp, reason: String? = nil
    ) {
        self.kind = kind
        self.fleet = fleet
        self.ledger = ledger
        self.node = node
        self.declaration = declaration
        self.commit = commit
        self.sequence = sequence
        self.time = time
        self.reason = reason?.limited(to: Reason.longestMessage)
    }
}

extension Claim {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "schema": .string(Claim.schema), "kind": .string(kind.rawValue), "fleet": JSONValue(fleet),
            "group": JSONValue(ledger.group), "label": .string(ledger.label),
            "value": JSONValue(ledger.value), "node": JSONValue(node), "declaration": declaration.json,
            "commit": JSONValue(commit), "sequence": JSONValue(sequence), "time": JSONValue(time),
        ]
        if let reason { members["reason"] = .string(reason) }
        return .object(members)
    }

    /// The bytes of `claim.json`.
    package var documentBytes: [UInt8] { json.documentBytes }

    /// Reads `claim.json`. Fields that are not known are ignored.
    ///
    /// - Returns: nil unless the bytes are an entry of this schema, with all that decides.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Claim.largestSize, let json = try? JSONValue(parsing: bytes) else { return nil }
        self.init(json: json)
    }

    package init?(json: JSONValue) {
        guard json["schema"]?.string == Claim.schema,
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let fleet = json["fleet"]?.string.flatMap({ FleetName($0) }),
            let group = json["group"]?.string.flatMap({ GroupName($0) }),
            let label = json["label"]?.string,
            let value = json["value"]?.string.flatMap({ LabelValue($0) }),
            let node = json["node"]?.string.flatMap({ NodeName($0) }),
            let declaration = Declaration(json: json["declaration"]),
            let commit = json["commit"]?.string.flatMap({ CommitID($0) }),
            let sequence = json["sequence"]?.integer.flatMap({ Int(exactly: $0) }),
            (0...Report.largestSequence).contains(sequence)
        else { return nil }
        self.init(
            kind: kind, fleet: fleet, ledger: LedgerName(group: group, label: label, value: value),
            node: node, declaration: declaration, commit: commit, sequence: sequence,
            time: json["time"]?.string.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0),
            reason: json["reason"]?.string)
    }
}
