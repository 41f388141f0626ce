internal import FleetCore
internal import FleetProgram
internal import FleetReconciler

/// What a cycle would do, for people and for programs (`plimsoll/plan/v1`).
struct PreviewRendering {
    private let reasons: [Reason]
    private let admitted: Declaration?
    private let plan: Plan?
    private let obstacle: Reason?
    private let assessment: Assessment?

    init(_ preview: CyclePreview) {
        reasons = preview.decision.reasons
        admitted = preview.decision.admitted?.declaration
        plan = preview.plan
        obstacle = preview.obstacle
        assessment = preview.decision.assessment
    }

    init(assessment: Assessment, plan: Plan?, obstacle: Reason?) {
        reasons = []
        admitted = nil
        self.plan = plan
        self.obstacle = obstacle
        self.assessment = assessment
    }

    func print(json: Bool) {
        if json {
            Terminal.write(String(decoding: self.json.documentBytes, as: UTF8.self))
            return
        }
        for reason in reasons { Terminal.print(reason.message) }
        if let obstacle { Terminal.print("cannot be carried out: \(obstacle.message)") }
        guard let plan, !plan.changes.isEmpty else {
            let words = reasons.isEmpty ? "nothing to change" : "nothing changes now"
            if obstacle == nil { Terminal.print(words) }
            return
        }
        var table = Table(["PACKAGE", "FROM", "TO", "CHANGE"])
        for change in plan.changes {
            table.add([
                .init(change.id.description), .init(change.from?.description ?? "-"),
                .init(change.to?.description ?? "-"), .init(change.kind.rawValue, change.kind.colour),
            ])
        }
        table.print()
        for refusal in plan.refusals {
            Terminal.print("refused: \(refusal.message)")
            if !refusal.line.isEmpty {
                Terminal.print("  if it is meant, add to 'packages':  \(refusal.line)")
            }
        }
    }

    private var json: JSONValue {
        [
            "schema": "plimsoll/plan/v1", "admitted": admitted?.json ?? .null,
            "reasons": .array(reasons.map(\.json)), "obstacle": obstacle?.json ?? .null,
            "changes": .array(plan?.changes.map(\.json) ?? []),
            "refusals": .array(
                plan?.refusals.map {
                    [
                        "code": .string($0.code.rawValue), "package": JSONValue($0.package),
                        "message": .string($0.message), "line": .string($0.line),
                    ]
                } ?? []),
            "packages": assessment.map {
                PackageStatement(counts: $0.counts, findings: $0.findings, notApplicable: $0.notApplicable)
                    .json
            } ?? .null,
        ]
    }
}

extension PackageChange {
    /// What kind of change it is.
    enum Kind: String {
        case install
        case remove
        case upgrade
        case downgrade
        case reinstall
        case change

        var colour: Colour? {
            switch self {
            case .install, .upgrade: .green
            case .downgrade, .change: .yellow
            case .remove: .red
            case .reinstall: nil
            }
        }
    }

    var kind: Kind {
        guard let from else { return .install }
        guard let to else { return .remove }
        switch VersionOrder.debian.compare(from, to) {
        case .older: return .upgrade
        case .newer: return .downgrade
        case .same: return .reinstall
        case nil: return .change
        }
    }
}
