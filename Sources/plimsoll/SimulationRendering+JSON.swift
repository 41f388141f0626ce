internal import FleetCore
internal import FleetSimulator

extension SimulationRendering {
    /// `plimsoll/simulation/v1`, as docs/simulate.md describes it: with all that it takes to run the same
    /// again.
    var json: JSONValue {
        [
            "schema": "plimsoll/simulation/v1",
            "fleet": JSONValue(plan.fleet),
            "commit": JSONValue(plan.head),
            "base": JSONValue(plan.base),
            "parameters": parameters,
            "groups": .array(summary.groups.map(json)),
            "hit": json(summary.hits),
            "changed": json(summary.changed),
            "lastNode": json(summary.last),
            "finished": JSONValue(summary.finished),
        ]
    }

    private var parameters: JSONValue {
        let scenario = plan.scenario
        return [
            "seed": .decimal("\(seed)"),
            "runs": JSONValue(summary.runs.count),
            "breaks": .array(scenario.breaks.map { JSONValue($0) }),
            "dark": JSONValue(scenario.dark),
            "darkSince": .number(scenario.darkSince.seconds),
            "fallDark": JSONValue(scenario.darkening),
            "interval": .number(scenario.interval.seconds),
            "change": .number(scenario.change.seconds),
            "span": .number(scenario.span.seconds),
            "start": plan.hasCalendar ? JSONValue(scenario.start) : .null,
            "liftPauses": .bool(scenario.passesPauses),
            "per": JSONValue(scenario.countedLabel),
        ]
    }

    private func json(_ group: GroupSummary) -> JSONValue {
        [
            "group": JSONValue(group.group),
            "nodes": JSONValue(group.nodes),
            "dark": json(group.dark),
            "hit": json(group.hits),
            "changed": json(group.changed),
            "firstNode": json(group.first),
            "lastNode": json(group.last),
            "finished": JSONValue(group.finished),
            "stops": .array(
                group.stops.map { stop, runs in
                    [
                        "code": .string(stop.code.rawValue), "step": stop.step.map { JSONValue($0) } ?? .null,
                        "runs": JSONValue(runs),
                    ]
                }),
            "progress": .array(progress(of: group)),
            "absences": .array(
                group.absences.map {
                    [
                        "value": .string($0.value), "most": json($0.most),
                        "longest": json($0.longest),
                    ]
                }),
        ]
    }

    /// The curve of a group: at so many seconds since the merge, which share has what was merged.
    private func progress(of group: GroupSummary) -> [JSONValue] {
        let last = summary.runs.flatMap(\.groups).compactMap(\.last).max() ?? 0
        guard last > 0 else { return [] }
        return (0...Int64(60)).map { point in
            let second = last * point / 60
            let share = group.progress(at: second)
            return [
                "time": .number(second), "median": .number(share.median), "low": .number(share.low),
                "high": .number(share.high),
            ]
        }
    }

    private func json(_ spread: Spread?) -> JSONValue {
        guard let spread else { return .null }
        return [
            "median": .number(spread.median), "low": .number(spread.low), "high": .number(spread.high),
            "worst": .number(spread.worst),
        ]
    }
}
