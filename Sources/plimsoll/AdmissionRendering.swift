internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// What became of recomputing admissions, as `plimsoll verify --receipts` shows it.
struct AdmissionRendering {
    private let admissions: [AdmissionAudit]

    init(_ admissions: [AdmissionAudit]) { self.admissions = admissions }

    /// What does not follow, what cannot be told, and what is believed on a node's own word alone.
    func lines(colour: Bool) -> [String] {
        admissions.flatMap { admission in
            let contradiction = Colour.red.applied(to: "does not follow", if: colour)
            let gap = Colour.yellow.applied(to: "cannot be told", if: colour)
            let findings = admission.verdict.findings.map { finding in
                "\(finding.code.isContradiction ? contradiction : gap): \(Self.name(admission)): "
                    + Table.Cell(finding.message).text
            }
            let silent = admission.verdict.leftOutAsSilent.map(\.description).joined(separator: ", ")
            guard !silent.isEmpty else { return findings }
            return findings + [
                "on the node's own word: \(Self.name(admission)): left out as silent: \(silent)"
            ]
        }
    }

    private static func name(_ admission: AdmissionAudit) -> String {
        "\(admission.node) admitted \(admission.declaration) (report \(admission.report.short))"
    }

    var summary: String {
        let results = Dictionary(grouping: admissions, by: \.verdict.conclusion).mapValues(\.count)
        return "admissions: \(results[.follows] ?? 0) of "
            + "\(VerificationRendering.count(admissions.count, "admission")) "
            + "\(results[.follows] == 1 ? "follows" : "follow") from the evidence, "
            + "\(results[.doesNotFollow] ?? 0) \(results[.doesNotFollow] == 1 ? "does" : "do") not, "
            + "\(results[.cannotBeTold] ?? 0) cannot be told"
    }

    var json: JSONValue { .array(admissions.map(Self.json)) }

    private static func json(_ admission: AdmissionAudit) -> JSONValue {
        [
            "node": JSONValue(admission.node), "remote": .string(admission.remote),
            "report": JSONValue(admission.report), "sequence": JSONValue(admission.sequence),
            "group": JSONValue(admission.group), "baseline": JSONValue(admission.baseline),
            "declaration": admission.declaration.json, "commit": JSONValue(admission.commit),
            "basis": JSONValue(admission.basis?.rawValue), "rollback": .bool(admission.isRollback),
            "result": .string(admission.verdict.conclusion.rawValue),
            "findings": .array(
                admission.verdict.findings.map {
                    ["code": .string($0.code.rawValue), "message": .string($0.message)]
                }),
            "leftOutAsSilent": .array(admission.verdict.leftOutAsSilent.map { JSONValue($0) }),
        ]
    }
}
