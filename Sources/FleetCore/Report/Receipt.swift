/// The evidence that opened a gate: `receipt.json`, schema `plimsoll/receipt/v1`.
///
/// With the fleet repository and the reports that it names anyone can recompute the decision.
package struct Receipt: Hashable, Sendable {
    package var fleet: FleetName
    package var node: NodeName
    package var group: GroupName
    package var baseline: BaselineName
    /// What was admitted.
    package var declaration: Declaration
    /// What was admitted before.
    package var previous: Declaration?
    /// The followed commit at that time: it holds the gate and the list of nodes.
    package var commit: CommitID
    package var basis: Basis
    /// Whether it was admitted because the branch went back (rule 5): without wave, window, freeze and
    /// budget.
    package var isRollback: Bool
    /// The rule that was asked; nil without a gate.
    package var rule: GateRule?
    package var witnesses: [GateAnswer.Witness]
    /// What the waves before the node showed; nil where none was asked.
    package var wave: Wave?
    /// Why it was urgent, so that windows were passed over and the group's rules for that held; nil where it
    /// was not.
    package var urgent: Urgency?
    /// For people.
    package var time: Timestamp

    package static let schema = "plimsoll/receipt/v1"

    package init(
        fleet: FleetName, node: NodeName, group: GroupName, baseline: BaselineName, declaration: Declaration,
        previous: Declaration?, commit: CommitID, basis: Basis, isRollback: Bool, rule: GateRule?,
        witnesses: [GateAnswer.Witness], wave: Wave? = nil, urgent: Urgency? = nil, time: Timestamp
    ) {
        self.urgent = urgent
        self.wave = wave
        self.fleet = fleet
        self.node = node
        self.group = group
        self.baseline = baseline
        self.declaration = declaration
        self.previous = previous
        self.commit = commit
        self.basis = basis
        self.isRollback = isRollback
        self.rule = rule
        self.witnesses = witnesses
        self.time = time
    }

    /// Why the declaration could be admitted.
    package enum Basis: String, Sendable, CaseIterable {
        /// The group has no gate.
        case noGate
        /// The gate was open.
        case gate
        /// It was proven on this very node before.
        case proven
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "schema": .string(Receipt.schema), "fleet": JSONValue(fleet), "node": JSONValue(node),
            "group": JSONValue(group), "baseline": JSONValue(baseline), "declaration": declaration.json,
            "previous": previous?.json ?? nil, "commit": JSONValue(commit), "basis": .string(basis.rawValue),
            "rollback": .bool(isRollback), "gate": rule?.json ?? nil,
            "evidence": .array(witnesses.map(\.json)), "time": JSONValue(time),
        ]
        if let wave { members["waves"] = wave.json }
        if let urgent { members["urgent"] = urgent.json }
        return .object(members)
    }

    /// The bytes of `receipt.json`.
    package var documentBytes: [UInt8] { json.documentBytes }
}

extension Urgency {
    var json: JSONValue { ["until": .string(until.description), "reason": .string(reason)] }

    init?(json: JSONValue?) {
        guard let until = json?["until"]?.string.flatMap({ CalendarDay($0) }),
            let reason = json?["reason"]?.string
        else { return nil }
        self.init(until: until, reason: reason)
    }
}

extension GateRule {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "after": .array(after.map { JSONValue($0) }), "healthy": JSONValue(healthy),
            "soak": .string(soak.signedText), "failures": JSONValue(failures), "silence": silence.json,
            "uncovered": .string(allowsUncovered ? "allow" : "wait"),
        ]
        if let diversity { members["diversity"] = diversity.json }
        return .object(members)
    }

    package init?(json: JSONValue?) {
        guard let json, let healthy = json["healthy"]?.string.flatMap({ Quota($0) }),
            let soak = json["soak"]?.string.flatMap({ TimeSpan($0) }),
            let failures = json["failures"]?.string.flatMap({ Quota($0) }), let after = json["after"]?.array
        else { return nil }
        var diversity: Diversity?
        if let written = json["diversity"], !written.isNull {
            // A rule without a part of it would be another rule.
            guard let read = Diversity(json: written) else { return nil }
            diversity = read
        }
        self.init(
            after: after.compactMap { $0.string.flatMap { GroupName($0) } }, healthy: healthy, soak: soak,
            failures: failures,
            silence: SilenceRule(json: json["silence"]),
            allowsUncovered: json["uncovered"]?.string == "allow", diversity: diversity)
    }
}

extension GateAnswer.Witness {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "group": JSONValue(group), "node": JSONValue(node), "standing": .string(standing.rawValue),
            "report": JSONValue(report),
        ]
        if isHeld { members["held"] = true }
        if hasLeft { members["left"] = true }
        if let sequence { members["sequence"] = JSONValue(sequence) }
        if let healthyFor { members["healthyFor"] = .number(healthyFor.seconds) }
        return .object(members)
    }

    package init?(json: JSONValue) {
        guard let group = json["group"]?.string.flatMap({ GroupName($0) }),
            let node = json["node"]?.string.flatMap({ NodeName($0) }),
            let standing = json["standing"]?.string.flatMap(Standing.init(rawValue:))
        else { return nil }
        self.init(
            group: group, node: node, standing: standing, isHeld: json["held"]?.bool ?? false,
            hasLeft: json["left"]?.bool ?? false,
            report: json["report"]?.string.flatMap { CommitID($0) },
            sequence: json["sequence"]?.integer.map { Int(clamping: $0) },
            healthyFor: json["healthyFor"]?.integer.map(TimeSpan.init(seconds:)))
    }
}

extension Receipt {
    /// - Returns: nil unless `json` is a receipt of this schema.
    package init?(json: JSONValue) {
        guard json["schema"]?.string == Receipt.schema,
            let fleet = json["fleet"]?.string.flatMap({ FleetName($0) }),
            let node = json["node"]?.string.flatMap({ NodeName($0) }),
            let group = json["group"]?.string.flatMap({ GroupName($0) }),
            let baseline = json["baseline"]?.string.flatMap({ BaselineName($0) }),
            let declaration = Declaration(json: json["declaration"]),
            let commit = json["commit"]?.string.flatMap({ CommitID($0) }),
            let basis = json["basis"]?.string.flatMap(Basis.init(rawValue:))
        else { return nil }
        self.init(
            fleet: fleet, node: node, group: group, baseline: baseline, declaration: declaration,
            previous: Declaration(json: json["previous"]), commit: commit, basis: basis,
            isRollback: json["rollback"]?.bool ?? false, rule: GateRule(json: json["gate"]),
            witnesses: (json["evidence"]?.array ?? []).compactMap(GateAnswer.Witness.init(json:)),
            wave: Wave(json: json["waves"]), urgent: Urgency(json: json["urgent"]),
            time: json["time"]?.string.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0))
    }
}
