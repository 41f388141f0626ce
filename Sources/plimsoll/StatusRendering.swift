internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// A fleet's status, for people and for programs.
///
/// `plimsoll/status/v1`:
/// - `schema`, `fleet`, `commit` (whose list of nodes it is), `time`;
/// - `history`: `introduction`, `pinned`, `authentic`, `approved`, `pending` (null, or what waits for
///   approval), and where it is not authentic, `failure` with `commit`, `code`, `message`;
/// - `nodes`, a list: `node`, `group`, `phase`, `verified`; where it is not verified, `why`, null if there is
///   no report; where it is, `report`, `sequence`, `time`, `age` in seconds, `agent`, `commit`, `declared`
///   and `admitted` (`digest`, `commit`, or null), `compliant`, `entries` (`installed`, `applying`, or null),
///   `reasons` and `findings` as in the report, `findingsOmitted`; of all `person`, what a person does
///   about it (`state`, `step`, `onlyWay`), or null;
/// - `summary`: `nodes`, `reporting`, `verified`, `converged`, `compliant`, `entries`.
struct StatusRendering {
    private let status: FleetStatus
    private let now: Timestamp

    init(_ status: FleetStatus, now: Timestamp) {
        self.status = status
        self.now = now
    }

    func print() {
        var table = Table([
            "NODE", "GROUP", "PHASE", "DECLARED", "ADMITTED", "COMPLIANT", "AGE", "SIGNATURE", "REASON",
        ])
        for node in status.nodes { table.add(row(of: node)) }
        table.print()
        Terminal.print("")
        let needs = RolloutNeed.grouped(
            status.nodes.compactMap { node in person(node).map { (node: node.node, step: $0) } })
        if !needs.isEmpty {
            Terminal.print("what a person does now")
            for need in needs.prefix(Self.mostNeeds) { Terminal.print("- \(Table.Cell(need.words).text)") }
            let more = needs.count - Self.mostNeeds
            if more > 0 { Terminal.print("- and \(more) more, which '--json' has") }
            Terminal.print("")
        }
        Terminal.print(summaryLine)
        guard status.fleet.keepsReports else { return }
        Terminal.print("\(RepositoryOptions.reportsStay), so nothing is known of them here.")
    }

    /// Each node with all of its reasons and findings.
    func printAtLength() {
        for node in status.nodes {
            var fields: [(String, String)] = [
                ("node", node.node.description), ("group", node.group.description),
                ("phase", node.phase.rawValue),
            ]
            switch node.testimony {
            case .none where status.fleet.keepsReports:
                fields.append(("report", "it stays there; see 'plimsoll-agent status' on the node"))
            case .none: fields.append(("report", "it has never reported"))
            case .rejected(let why): fields.append(("report", "not verified: \(why)"))
            case .verified(let report, let id): fields += Self.fields(of: report, id: id, now: now)
            }
            if let step = person(node) { fields.append(("now", "\(step.step)")) }
            let width = fields.map(\.0.count).max() ?? 0
            for (name, value) in fields {
                Terminal.print(
                    name + String(repeating: " ", count: width - name.count + 2) + Table.Cell(value).text)
            }
        }
    }

    private static func fields(of report: Report, id: CommitID, now: Timestamp) -> [(String, String)] {
        var fields: [(String, String)] = [
            ("declared", report.baseline.declared?.description ?? "-"),
            ("admitted", report.baseline.admitted?.description ?? "-"),
            ("report", "number \(report.sequence), \(id), \(age(of: report, now).rough) old, verified"),
        ]
        fields += report.packages.findings.map { entry in
            ("entry", "\(entry.key) is \(entry.state.rawValue): wanted \(entry.wanted), found \(entry.found)")
        }
        fields += report.checks.filter { $0.outcome == .failed }.map { check in
            ("check", "\(check.name) failed: \(check.message)")
        }
        fields += report.reasons.map { ("because", "\($0.code.rawValue): \($0.message)") }
        fields += report.findings.map { ("finding", "\($0.code): \($0.message)") }
        if report.findingsOmitted > 0 { fields.append(("finding", "and \(report.findingsOmitted) more")) }
        return fields
    }

    private static let mostNeeds = 12

    private func person(_ node: NodeStatus) -> PersonStep? {
        guard !status.fleet.keepsReports else { return nil }
        return node.person(heartbeat: status.fleet.heartbeat, now: now)
    }

    /// The first reason in brief: its word, which docs/agent.md lists, and the beginning of its sentence.
    /// `why` and JSON have all of it.
    private static func brief(_ reasons: [Reason]) -> String {
        guard let first = reasons.first else { return "" }
        let more = reasons.count > 1 ? " (+\(reasons.count - 1))" : ""
        return brief("\(first.code.rawValue): \(first.message)") + more
    }

    private static func brief(_ text: String) -> String {
        text.count <= longestReason ? text : text.prefix(longestReason - 1) + "…"
    }

    private static let longestReason = 56

    private func row(of node: NodeStatus) -> [Table.Cell] {
        let name = Table.Cell(node.node.description)
        let group = Table.Cell(node.group.description)
        switch node.testimony {
        case .none:
            return [name, group, phase(of: node), "-", "-", "-", "-", "-", "it has never reported"]
        case .rejected(let why):
            return [
                name, group, phase(of: node), "-", "-", "-", "-", Table.Cell("not verified", .red),
                Table.Cell(Self.brief(why)),
            ]
        case .verified(let report, id: _):
            let entries = node.entries.map { "\($0.installed)/\($0.applying)" } ?? "-"
            return [
                name, group, phase(of: node), Table.Cell(Self.short(report.baseline.declared)),
                Table.Cell(Self.short(report.baseline.admitted)),
                Table.Cell(entries, node.isCompliant ? .green : .yellow), age(of: report),
                Table.Cell("verified", .green), Table.Cell(Self.brief(report.reasons)),
            ]
        }
    }

    private static func short(_ declaration: Declaration?) -> String {
        declaration.map { String($0.digest.short) } ?? "-"
    }

    private func phase(of node: NodeStatus) -> Table.Cell {
        let colour: Colour? =
            switch node.phase {
            case .converged: .green
            case .failed, .rolledBack, .degraded, .untrusted, .stateLost: .red
            case .unknown, .unreadable, .blocked, .stalled: .yellow
            case .waiting, .converging, .held, .rebootRequired, .notEnrolled: nil
            }
        return Table.Cell(node.phase.rawValue, colour)
    }

    /// Times in reports are for people: a node's clock may be wrong, also ahead of this one.
    private func age(of report: Report) -> Table.Cell {
        let age = Self.age(of: report, now)
        return Table.Cell(age.rough, age > status.fleet.heartbeat * 2 ? .yellow : nil)
    }

    private static func age(of report: Report, _ now: Timestamp) -> TimeSpan {
        TimeSpan(seconds: now.seconds - report.time.seconds)
    }

    private var summaryLine: String {
        let summary = status.summary
        let unbelieved = summary.reporting - summary.verified
        return
            "\(Self.count(summary.nodes, "node")) of fleet '\(status.fleet.name)' at \(status.commit.short): "
            + "\(summary.reporting) reporting, "
            + (unbelieved == 0 ? "" : "\(unbelieved) of them not verified, ")
            + "\(summary.converged) converged; compliant \(summary.compliant) of \(summary.nodes)"
            + Self.percent(summary.compliant, of: summary.nodes)
            + ", entries \(summary.installedEntries) of \(summary.applyingEntries)"
            + Self.percent(summary.installedEntries, of: summary.applyingEntries)
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// A share, rounded down: 100 % is said of all, and of nothing less.
    private static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part <= whole else { return "" }
        let (product, overflow) = part.multipliedReportingOverflow(by: 100)
        return overflow ? "" : " (\(product / whole) %)"
    }
}

extension StatusRendering {
    var json: JSONValue {
        let summary = status.summary
        return [
            "schema": "plimsoll/status/v1", "fleet": JSONValue(status.fleet.name),
            "commit": JSONValue(status.commit),
            "keepsReports": .bool(status.fleet.keepsReports),
            "time": JSONValue(now), "history": status.history.json, "nodes": .array(status.nodes.map(json)),
            "summary": [
                "nodes": JSONValue(summary.nodes), "reporting": JSONValue(summary.reporting),
                "verified": JSONValue(summary.verified), "converged": JSONValue(summary.converged),
                "compliant": JSONValue(summary.compliant),
                "entries": [
                    "installed": JSONValue(summary.installedEntries),
                    "applying": JSONValue(summary.applyingEntries),
                ],
            ],
        ]
    }

    private func json(of node: NodeStatus) -> JSONValue {
        var members: [String: JSONValue] = [
            "node": JSONValue(node.node), "group": JSONValue(node.group),
            "phase": .string(node.phase.rawValue),
            "compliant": .bool(node.isCompliant), "verified": .bool(node.report != nil),
            "person": person(node)?.json ?? .null,
        ]
        switch node.testimony {
        case .none: members["why"] = .null
        case .rejected(let why): members["why"] = .string(why)
        case .verified(let report, let id):
            members["report"] = JSONValue(id)
            members["sequence"] = JSONValue(report.sequence)
            members["time"] = JSONValue(report.time)
            members["age"] = .number(Self.age(of: report, now).seconds)
            members["agent"] = .string(report.agent)
            members["commit"] = JSONValue(report.commit)
            members["declared"] = report.baseline.declared?.json ?? .null
            members["admitted"] = report.baseline.admitted?.json ?? .null
            members["entries"] =
                node.entries.map {
                    ["installed": JSONValue($0.installed), "applying": JSONValue($0.applying)]
                } ?? .null
            members["reasons"] = .array(report.reasons.map(\.json))
            members["findings"] = .array(report.findings.map(\.json))
            if report.findingsOmitted > 0 {
                members["findingsOmitted"] = JSONValue(report.findingsOmitted)
            }
        }
        return .object(members)
    }
}

extension HistoryAudit {
    /// `introduction`, `pinned`, `authentic`, `verified`, `tip`, `last`, `approved`, `pending`, and
    /// where it is not authentic, `failure`, `unproven`.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "introduction": JSONValue(introduction), "pinned": .bool(isPinned),
            "authentic": .bool(isAuthentic),
            "verified": JSONValue(verified), "tip": JSONValue(tip), "last": JSONValue(last),
            "approved": JSONValue(ground), "pending": pending?.json ?? .null,
        ]
        if let failure {
            members["failure"] = [
                "commit": JSONValue(failure.commit), "code": .string(failure.code.rawValue),
                "message": .string(failure.message),
            ]
            members["unproven"] = JSONValue(unproven)
        }
        return .object(members)
    }
}
