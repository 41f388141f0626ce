internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// What became of checking all signatures, for people and for programs.
///
/// `plimsoll/verification/v1`:
/// - `schema`, `fleet`, `authentic`;
/// - `history`: `introduction`, `pinned`, `authentic`, `verified` (commits after the introduction), `tip`,
///   `last` (the last authentic commit), `approved` (the newest approved one, which nodes follow), `pending`
///   (null, or what waits for approval: `count`, `newest`, `message`, `demands`), and where it is not
///   authentic, `failure` (`commit`, `code`, `message`) and `unproven` (commits that stand on it);
/// - `nodes`, a list: `node`, `remote`, `reports` (authentic ones), `receipts`, `faults` (`commit` or null,
///   `message`);
/// - with `--receipts` `admissions`, a list: `node`, `remote`, `report` (the first that tells of it),
///   `sequence`, `group`, `baseline`, `declaration`, `commit` (that was followed; null without receipt),
///   `basis` (null without receipt), `rollback`, `result` (`follows`, `doesNotFollow`, `cannotBeTold`),
///   `findings` (`code`, `message`), `leftOutAsSilent` (names, on the node's own word);
/// - `silent`, names of listed nodes that have never reported; `strangers`, references that are no node's.
struct VerificationRendering {
    private let audit: FleetAudit

    init(_ audit: FleetAudit) { self.audit = audit }

    func lines(colour: Bool) -> [String] {
        let notAuthentic = Colour.red.applied(to: "not authentic", if: colour)
        var lines: [String] = []
        if let failure = audit.history.failure {
            let why = Table.Cell(failure.message).text
            lines.append("\(notAuthentic): commit \(failure.commit.short): \(why)")
            if audit.history.unproven > 0 {
                lines.append(
                    "  \(Self.count(audit.history.unproven, "later commit")) on it cannot be authentic either"
                )
            }
        }
        for node in audit.nodes {
            for fault in node.faults {
                let name = fault.commit.map { "report \($0.short) of \(node.node)" } ?? "\(node.node)"
                lines.append(
                    "\(notAuthentic): \(name): \(Table.Cell(fault.message).text)"
                )
            }
        }
        lines += audit.strangers.map { "not looked at: \(Table.Cell($0).text) is no node's" }
        if !lines.isEmpty { lines.append("") }
        let admissions = audit.admissions.map(AdmissionRendering.init)
        let details = admissions?.lines(colour: colour) ?? []
        return lines + details + (details.isEmpty ? [] : [""]) + summary(colour: colour, admissions?.summary)
    }

    private func summary(colour: Bool, _ admissions: String?) -> [String] {
        let history = audit.history
        let faults = audit.nodes.reduce(0) { $0 + $1.faults.count }
        let reports = audit.nodes.reduce(0) { $0 + $1.reports }
        let receipts = audit.nodes.reduce(0) { $0 + $1.receipts }
        let all = history.verified + history.unproven + (history.isAuthentic ? 0 : 1)
        return [
            "history: \(history.verified) of \(Self.count(all, "commit")) authentic after the introduction "
                + "\(history.introduction.short)",
            "reports: \(Self.count(reports, "authentic report")) with \(Self.count(receipts, "receipt")) of "
                + "\(Self.count(audit.nodes.count, "node")), \(Self.count(faults, "fault")); "
                + "\(Self.count(audit.silent.count, "node")) never reported",
        ] + [admissions].compactMap(\.self) + [
            verdict(colour: colour)
        ]
    }

    private func verdict(colour: Bool) -> String {
        guard audit.isAuthentic else { return Colour.red.applied(to: "not authentic", if: colour) }
        guard audit.unfounded.isEmpty else {
            return Colour.red.applied(to: "authentic, and not every admission follows", if: colour)
        }
        return Colour.green.applied(to: "authentic", if: colour)
    }

    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "schema": "plimsoll/verification/v1", "fleet": JSONValue(audit.fleet),
            "authentic": .bool(audit.isAuthentic), "history": audit.history.json,
            "nodes": .array(audit.nodes.map(Self.json)), "silent": .array(audit.silent.map { JSONValue($0) }),
            "strangers": .array(audit.strangers.map(JSONValue.string)),
        ]
        if let admissions = audit.admissions { members["admissions"] = AdmissionRendering(admissions).json }
        return .object(members)
    }

    private static func json(_ node: NodeAudit) -> JSONValue {
        [
            "node": JSONValue(node.node), "remote": .string(node.remote), "reports": JSONValue(node.reports),
            "receipts": JSONValue(node.receipts),
            "faults": .array(
                node.faults.map { ["commit": JSONValue($0.commit), "message": .string($0.message)] }),
        ]
    }
}
