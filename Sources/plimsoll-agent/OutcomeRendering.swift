internal import FleetCore
internal import FleetProgram
internal import FleetReconciler

/// A cycle's outcome, for people and for programs (`plimsoll/cycle/v1`).
struct OutcomeRendering {
    private let outcome: CycleOutcome
    private let node: NodeName

    init(_ outcome: CycleOutcome, node: NodeName) {
        self.outcome = outcome
        self.node = node
    }

    func print(json: Bool) {
        if json {
            Terminal.write(String(decoding: self.json.documentBytes, as: UTF8.self))
            return
        }
        for line in lines { Terminal.print(line) }
    }

    private var lines: [String] {
        var lines = ["\(node): \(outcome.phase.rawValue)"]
        if let admitted = outcome.decision.admitted { lines.append("  admitted  \(admitted.declaration)") }
        if case .member(let membership) = outcome.desired.standing, let declared = membership.stack.declared,
            declared != outcome.decision.admitted?.declaration
        {
            lines.append("  declared  \(declared)")
        }
        lines += outcome.reasons.map { "  because   \($0.message)" }
        if case .queued(_, let why) = outcome.report { lines.append("  report    waits: \(why)") }
        return lines
    }

    private var json: JSONValue {
        var members: [String: JSONValue] = [
            "schema": "plimsoll/cycle/v1", "node": JSONValue(node), "phase": .string(outcome.phase.rawValue),
            "commit": JSONValue(outcome.followed), "mark": JSONValue(outcome.mark),
            "admitted": outcome.decision.admitted?.declaration.json ?? .null,
            "reasons": .array(outcome.reasons.map(\.json)), "checks": .array(outcome.checks.map(\.json)),
            "report": outcome.report.json,
        ]
        if case .member(let membership) = outcome.desired.standing {
            members["group"] = JSONValue(membership.group.name)
            members["declared"] = membership.stack.declared?.json ?? .null
        }
        if let assessment = outcome.decision.assessment {
            members["packages"] =
                PackageStatement(
                    counts: assessment.counts, findings: assessment.findings,
                    notApplicable: assessment.notApplicable
                ).json
        }
        return .object(members)
    }
}

extension ReportOutcome {
    fileprivate var json: JSONValue {
        switch self {
        case .notDue: ["state": "notDue"]
        case .nobody: ["state": "nobody"]
        case .kept(let id): ["state": "kept", "id": JSONValue(id)]
        case .sent(let id): ["state": "sent", "id": JSONValue(id)]
        case .queued(let id, let why): ["state": "queued", "id": JSONValue(id), "message": .string(why)]
        }
    }
}
