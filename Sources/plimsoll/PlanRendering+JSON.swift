internal import FleetCore
internal import FleetRepository

extension PlanRendering {
    /// `plimsoll/merge/v1`:
    /// - `schema`, `base`, `head`, `pending` (whether anything changes), `valid`; `errors` and `warnings` as
    ///   of `plimsoll/validation/v1`;
    /// - `baselines`, a list: `name`, `effect` (`declares`, `resumes`, `keeps`, `removed`), `digest` and
    ///   `withdrawnBy` (a commit that withdrew these packages before, or null) of what is declared,
    ///   `declaration` and `withdraws` of what is resumed, `changes` (`name`, `from`, `to`, `older`,
    ///   `severity`, `advisories`), `besides` (keys), where it is urgent `urgent` (`until`, `reason`);
    /// - `groups`, a list: `name`, `nodes`, `held`, `moves`, `baseline`, `gate`, `waves` (nodes that each
    ///   step adds), `settings` (`key`, `from`, `to`), `loosened` (`key`, `message`), and where reports were
    ///   read `present` (`admitted`: `digest`, `commit`, `nodes`; `unknown`);
    /// - `nodes`, a list: `node`, `change` (`added`, `removed`, `moved`, `rekeyed`, `held`, `released`,
    ///   `changed`), and what it needs of `from`, `to`, `reason`, `keys`;
    /// - `trust`, a list: `added`, `subject`; `fleet`, a list of `key`, `from`, `to`.
    var json: JSONValue {
        [
            "schema": "plimsoll/merge/v1", "base": JSONValue(plan.base), "head": JSONValue(plan.head),
            "pending": .bool(!plan.isEmpty), "valid": .bool(plan.validation.problems.isEmpty),
            "errors": .array(plan.validation.problems.map(\.json)),
            "warnings": .array(plan.validation.warnings.map(\.json)),
            "baselines": .array(plan.baselines.map(Self.json)), "groups": .array(plan.groups.map(Self.json)),
            "nodes": .array(plan.nodes.map(Self.json)),
            "trust": .array(
                plan.trust.map { ["added": .bool($0.isAdded), "subject": .string($0.subject)] }),
            "fleet": .array(plan.fleet.map(Self.json)),
        ]
    }

    private static func json(_ baseline: MergePlan.BaselinePlan) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": JSONValue(baseline.name), "besides": .array(baseline.besides.map(JSONValue.string)),
            "changes": .array(baseline.changes.map { json($0, baseline.order) }),
        ]
        if let urgent = baseline.urgent {
            members["urgent"] = [
                "until": .string(urgent.until.description), "reason": .string(urgent.reason),
            ]
        }
        switch baseline.effect {
        case .declares(let digest, let withdrawnBy):
            members["effect"] = "declares"
            members["digest"] = JSONValue(digest)
            members["withdrawnBy"] = JSONValue(withdrawnBy)
        case .resumes(let declaration, let withdrawn):
            members["effect"] = "resumes"
            members["declaration"] = declaration.json
            members["withdraws"] = .array(withdrawn.map(\.json))
        case .keeps: members["effect"] = "keeps"
        case .removed: members["effect"] = "removed"
        }
        return .object(members)
    }

    private static func json(_ change: EntryChange, _ order: VersionOrder) -> JSONValue {
        let entry = change.to ?? change.from
        return [
            "name": JSONValue(change.key), "from": JSONValue(change.from?.requirement.shortForm),
            "to": JSONValue(change.to?.requirement.shortForm), "older": .bool(change.isDowngrade(in: order)),
            "severity": JSONValue(entry?.severity?.rawValue),
            "advisories": .array((entry?.advisories ?? []).map(JSONValue.string)),
        ]
    }

    private static func json(_ group: MergePlan.GroupPlan) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": JSONValue(group.name), "nodes": JSONValue(group.nodes),
            "held": JSONValue(group.heldNodes),
            "moves": .bool(group.moves), "baseline": JSONValue(group.group.baseline),
            "gate": .string(group.group.gate.words), "waves": .array(group.waveSizes.map { JSONValue($0) }),
            "settings": .array(group.settings.map(json)),
            "loosened": .array(
                group.loosened.map { ["key": .string($0.key), "message": .string($0.sentence)] }),
        ]
        if let present = group.present {
            let counts = present.admitted.sorted { $0.key.commit < $1.key.commit }
            let admitted: [JSONValue] = counts.map {
                [
                    "digest": JSONValue($0.key.digest), "commit": JSONValue($0.key.commit),
                    "nodes": JSONValue($0.value),
                ]
            }
            members["present"] = ["admitted": .array(admitted), "unknown": JSONValue(present.unknown)]
        }
        return .object(members)
    }

    private static func json(_ change: MergePlan.SettingChange) -> JSONValue {
        ["key": .string(change.key), "from": JSONValue(change.from), "to": JSONValue(change.to)]
    }

    private static func json(_ change: MergePlan.NodeChange) -> JSONValue {
        var members: [String: JSONValue] = ["node": JSONValue(change.node)]
        switch change.kind {
        case .added(let group):
            members["change"] = "added"
            members["to"] = JSONValue(group)
        case .removed(let group):
            members["change"] = "removed"
            members["from"] = JSONValue(group)
        case .moved(let from, let to):
            members["change"] = "moved"
            members["from"] = JSONValue(from)
            members["to"] = JSONValue(to)
        case .rekeyed: members["change"] = "rekeyed"
        case .held(let reason):
            members["change"] = "held"
            members["reason"] = .string(reason)
        case .released: members["change"] = "released"
        case .changed(let keys):
            members["change"] = "changed"
            members["keys"] = .array(keys.map(JSONValue.string))
        }
        return .object(members)
    }
}

extension Requirement {
    /// The version, or `absent` or `purged`, as the file has it.
    fileprivate var shortForm: String {
        switch self {
        case .absent: "absent"
        case .purged: "purged"
        case .version(let version, presence: _, sha256: _): version.description
        }
    }
}
