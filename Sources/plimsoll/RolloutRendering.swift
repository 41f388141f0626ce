internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// The rollouts of a fleet, for people and for programs.
///
/// `plimsoll/rollout/v1`:
/// - `schema`, `fleet`, `commit`, `time`, `done`, `needsPerson`, `history` as in `plimsoll/status/v1`;
/// - `groups`, a list in the order of baselines and gates: `group`, `baseline`, `declared`, `since` (null
///   where it is not known), `done`, `needsPerson`, `counts` per standing, `holds` and `refusals` as reasons
///   in reports; `needs`, a list: `nodes`, and `state`, `step`, `onlyWay` as in ``PersonStep/json``; `budget`
///   (`unavailable`, `per`, `values`: `value`, `waiting`, `turns`, `claims` as ``BudgetPlaces/json`` has
///   them; null without one, or where nobody waits);
///   `gate`: `verdict` (`none`, `broken`, `open`, `waiting`, `closed`), `reasons`, `evidence`; `steps`, a
///   list: `share` (null without waves), `counts`, `nodes` (`node`, `standing`, `settles` or null,
///   `person` or null); `next`, a list: `text`, `at` or null; `end`, of those that need no person: `state`
///   (`done`, `notBefore`, `open`), `at`, `why`, and `turns`, where a budget makes nodes wait for reports of
///   others;
/// - `unreadable`, a list: `group`, `why`.
struct RolloutRendering {
    private let rollouts: FleetRollouts
    private let now: Timestamp

    init(_ rollouts: FleetRollouts, now: Timestamp) {
        self.rollouts = rollouts
        self.now = now
    }

    func lines(columns: Int, colour: Bool) -> [String] {
        var lines = ["fleet '\(rollouts.fleet)' at \(rollouts.commit.short)"]
        guard !rollouts.keepsReports else {
            let why = "\(RepositoryOptions.reportsStay), so how far a rollout has come cannot be told."
            return lines + ["", why]
        }
        for (name, groups) in rollouts.baselines {
            lines += ["", Colour.bold.applied(to: name.description, if: colour)]
            for group in groups {
                lines += GroupRolloutText(group, now: now).lines(columns: columns, colour: colour)
            }
        }
        if !rollouts.unreadable.isEmpty { lines.append("") }
        lines += rollouts.unreadable.map { "'\($0.group)' cannot be told: \(Table.Cell($0.why).text)" }
        let standings = Set(
            rollouts.baselines.flatMap(\.groups).filter { !$0.isDone }.flatMap(\.counts.keys))
        let legend = ProgressStanding.allCases.filter(standings.contains)
        if !legend.isEmpty {
            lines += ["", legend.map { "\($0.sign) \($0.rawValue)" }.joined(separator: "  ")]
        }
        return lines
    }

    /// What makes two looks differ: not the time, nor what only the time changes.
    var key: JSONValue {
        .array(
            rollouts.baselines.flatMap(\.groups).map { group in
                [
                    "group": JSONValue(group.group), "declared": group.declared.json,
                    "gate": .string(group.gate.verdict),
                    "reasons": .array((group.holds + group.refusals).map { .string($0.message) }),
                    "needs": .array(group.needs.map { .string($0.words) }),
                    "budget": .array((group.budget?.full ?? []).map { .string($0.places.summary) }),
                    "steps": .array(
                        group.steps.map { step in
                            .array(
                                step.nodes.map { .string("\($0.node) \($0.standing.rawValue)") })
                        }),
                ]
            } + rollouts.unreadable.map { .string("\($0.group) \($0.why)") })
    }

    var json: JSONValue {
        [
            "schema": "plimsoll/rollout/v1", "fleet": JSONValue(rollouts.fleet),
            "commit": JSONValue(rollouts.commit), "time": JSONValue(now), "done": .bool(rollouts.isDone),
            "keepsReports": .bool(rollouts.keepsReports),
            "needsPerson": .bool(rollouts.needsPerson), "history": rollouts.history.json,
            "groups": .array(rollouts.baselines.flatMap(\.groups).map(\.json)),
            "unreadable": .array(
                rollouts.unreadable.map { ["group": JSONValue($0.group), "why": .string($0.why)] }),
        ]
    }
}

extension GroupRollout.Gate {
    fileprivate var verdict: String {
        switch self {
        case .none: "none"
        case .broken: "broken"
        case .answer(let answer, _): answer.verdict.rawValue
        }
    }

    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = ["verdict": .string(verdict), "reasons": [], "evidence": []]
        switch self {
        case .none: break
        case .broken(let message): members["reasons"] = [Reason(.gateBroken, message).json]
        case .answer(let answer, _):
            members["reasons"] = .array(answer.reasons.map(\.json))
            members["evidence"] = .array(answer.witnesses.map(\.json))
        }
        return .object(members)
    }
}

extension GroupRollout {
    fileprivate var json: JSONValue {
        [
            "group": JSONValue(group), "baseline": JSONValue(baseline), "declared": declared.json,
            "since": since.map { JSONValue($0) } ?? .null, "done": .bool(isDone),
            "needsPerson": .bool(needsPerson), "needs": .array(needs.map(\.json)),
            "budget": budget?.json ?? .null,
            "counts": Self.json(counts), "gate": gate.json, "holds": .array(holds.map(\.json)),
            "refusals": .array(refusals.map(\.json)), "steps": .array(steps.map(Self.json)),
            "next": .array(
                events.map { ["text": .string($0.text), "at": $0.at.map { JSONValue($0) } ?? .null] }),
            "end": end,
        ]
    }

    private var end: JSONValue {
        guard let turns = budget?.turns, case .object(var members) = estimate.json else {
            return estimate.json
        }
        members["turns"] = .string(turns)
        return .object(members)
    }

    private static func json(_ step: Step) -> JSONValue {
        [
            "share": step.title.isEmpty ? .null : .string(step.title), "counts": json(step.nodes.counts),
            "nodes": .array(
                step.nodes.map {
                    [
                        "node": JSONValue($0.node), "standing": .string($0.standing.rawValue),
                        "settles": $0.settles.map { JSONValue($0) } ?? .null,
                        "person": $0.person?.json ?? .null,
                    ]
                }),
        ]
    }

    private static func json(_ counts: [ProgressStanding: Int]) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, JSONValue($0.value)) }))
    }
}

extension RolloutEstimate {
    fileprivate var json: JSONValue {
        switch self {
        case .done: ["state": "done"]
        case .notBefore(let moment): ["state": "notBefore", "at": JSONValue(moment)]
        case .open(let why): ["state": "open", "why": .string(why)]
        }
    }
}

extension RolloutNeed {
    fileprivate var json: JSONValue {
        guard case .object(var members) = step.json else { return step.json }
        members["nodes"] = .array(nodes.map { JSONValue($0) })
        return .object(members)
    }
}

extension BudgetOutlook {
    fileprivate var json: JSONValue {
        [
            "unavailable": JSONValue(budget.unavailable), "per": .string(budget.per),
            "values": .array(
                values.map { value in
                    [
                        "value": JSONValue(value.places.ledger.value), "waiting": JSONValue(value.waiting),
                        "turns": JSONValue(value.turns), "claims": value.places.json,
                    ]
                }),
        ]
    }
}

extension FleetRollouts {
    /// Why a watch ends before every node is healthy.
    var stop: String {
        let needs = baselines.flatMap(\.groups).flatMap(\.needs).filter(\.step.isOnlyWay).map(\.words)
        let groups = unreadable.map {
            "'\($0.group)' cannot be told (\($0.why)): mend what 'plimsoll validate' names, and merge that"
        }
        return "the rollout cannot end without a person; " + (needs + groups).joined(separator: "; ")
    }
}
