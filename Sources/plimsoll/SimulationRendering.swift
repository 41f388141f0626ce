internal import FleetCore
internal import FleetProgram
internal import FleetSimulator

/// The outcome of a simulation for people.
struct SimulationRendering {
    let plan: RolloutPlan
    let summary: RehearsalSummary
    let seed: UInt64

    private var scenario: RehearsalScenario { plan.scenario }
    private var runs: Int { summary.runs.count }

    func print() {
        for line in lines(colour: Terminal.hasColour) { Terminal.print(line) }
    }

    func lines(colour: Bool) -> [String] {
        var lines = head + [""] + table.lines(colour: colour) + [""]
        for group in summary.groups { lines += stops(of: group) }
        lines.append(
            "whole fleet: \(words(summary.hits)) hit, \(words(summary.changed)) changed; finished in "
                + "\(share(summary.finished)) of the runs"
                + (summary.last.map { ", after \(time($0.median)) (\(times($0)))" } ?? ""))
        if summary.groups.contains(where: { !$0.absences.isEmpty }) {
            lines += [""] + absences.lines(colour: colour)
        }
        return lines
    }

    // MARK: What was simulated

    private var head: [String] {
        let what =
            plan.base.map { "what \($0.short)..\(plan.head.short) brings" }
            ?? "a next declaration on top of \(plan.head.short)"
        let rules = scenario.breaks.map(\.description).joined(separator: ", ")
        let breaks = rules.isEmpty ? "0%" : rules
        var conditions = [
            "\(breaks) break", "\(scenario.dark) of the links dark since \(scenario.darkSince)",
            "\(scenario.darkening) fall dark", "cycles every \(scenario.interval)",
            "\(scenario.change) for a change",
        ]
        if plan.hasCalendar { conditions.append("merged at \(scenario.start)") }
        if scenario.passesPauses { conditions.append("pauses lifted") }
        return [
            "\(plan.fleet): \(what)",
            "\(runs) \(runs == 1 ? "run" : "runs") from seed \(seed); " + conditions.joined(separator: ", "),
        ]
    }

    private var table: Table {
        var table = Table([
            "GROUP", "NODES", "HIT", "5–95 %", "WORST", "CHANGED", "5–95 %", "WORST", "FIRST NODE",
            "LAST NODE", "5–95 %", "WORST", "FINISHED",
        ])
        for group in summary.groups {
            let isGood = group.finished == runs
            let isBad = group.finished == 0
            table.add([
                Table.Cell("\(group.group)"), Table.Cell("\(group.nodes)"),
                Table.Cell("\(group.hits.median)", group.hits.worst > 0 ? .red : nil),
                Table.Cell("\(group.hits.low)–\(group.hits.high)"), Table.Cell("\(group.hits.worst)"),
                Table.Cell("\(group.changed.median)"),
                Table.Cell("\(group.changed.low)–\(group.changed.high)"),
                Table.Cell("\(group.changed.worst)"),
                Table.Cell(group.first.map { time($0.median) } ?? "-"),
                Table.Cell(group.last.map { time($0.median) } ?? "-"),
                Table.Cell(group.last.map { times($0) } ?? "-"),
                Table.Cell(group.last.map { time($0.worst) } ?? "-"),
                Table.Cell(share(group.finished), isGood ? .green : isBad ? .red : .yellow),
            ])
        }
        return table
    }

    /// What stopped a group, a line for each thing.
    private func stops(of group: GroupSummary) -> [String] {
        group.stops.map { stop, count in
            "\(group.group): stopped in \(share(count)) of the runs: \(words(stop, of: group.group))"
        }
    }

    private var absences: Table {
        var table = Table([
            "GROUP", "VALUE", "AT WORK AT ONCE", "5–95 %", "WORST",
            "LONGEST WITHOUT A BREAK", "WORST",
        ])
        for group in summary.groups {
            for absence in group.absences {
                table.add([
                    Table.Cell("\(group.group)"), Table.Cell(absence.value),
                    Table.Cell("\(absence.most.median)"),
                    Table.Cell("\(absence.most.low)–\(absence.most.high)"),
                    Table.Cell("\(absence.most.worst)"), Table.Cell(time(absence.longest.median)),
                    Table.Cell(time(absence.longest.worst)),
                ])
            }
        }
        return table
    }

    // MARK: Words

    private func words(_ spread: Spread) -> String {
        "\(spread.median) (\(spread.low)–\(spread.high), worst \(spread.worst))"
    }

    private func time(_ seconds: Int64) -> String { TimeSpan(seconds: seconds).rough }

    private func times(_ spread: Spread) -> String { "\(time(spread.low))–\(time(spread.high))" }

    private func share(_ count: Int) -> String { "\((count * 100 + runs / 2) / runs)%" }

    /// What stopped a rollout, in a sentence.
    private func words(_ stop: GroupCourse.Stop, of name: GroupName) -> String {
        let group = scenario.after.groups.first { $0.name == name }
        var after = ""
        if case .rule(let rule)? = group?.gate {
            after = rule.after.map(\.description).joined(separator: ", ")
        }
        let step = stop.step.map { "step \($0) of the waves" } ?? "the waves"
        switch stop.code {
        case .canaryFailed: return "the gate is closed, too many failed in \(after)"
        case .canarySilent: return "the gate waits for silent nodes of \(after)"
        case .canaryUnfit: return "the gate waits for nodes of \(after) that cannot vouch"
        case .canarySoaking, .canaryBehind, .tooFewHealthy: return "the gate still waits for \(after)"
        case .waveFailed: return "\(step) is closed, too many failed before it"
        case .wavePause: return "\(step) waits for a person"
        case .wave: return "\(step) waits for those before it"
        case .window: return "no window was open again"
        case .freeze: return "a freeze was on"
        case .budget: return "the budget left no room"
        case .remoteAway: return "their links are dark"
        default: return stop.code.rawValue
        }
    }
}
