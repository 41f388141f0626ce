internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// What a merge would do, for people.
struct PlanRendering {
    let plan: MergePlan

    init(_ plan: MergePlan) { self.plan = plan }

    /// One subject of the plan: a title, and what there is to say of it.
    struct Section {
        let title: String
        var lines: [Line] = []

        /// A line, and whether a reviewer should look twice.
        struct Line {
            let text: String
            var isWarning = false
        }

        mutating func say(_ text: String) { lines.append(Line(text: text)) }
        mutating func warn(_ text: String) { lines.append(Line(text: text, isWarning: true)) }
    }

    func lines(colour: Bool) -> [String] {
        var lines = [heading, ""]
        for section in sections {
            lines.append(Colour.bold.applied(to: Table.Cell(section.title).text, if: colour))
            for line in section.lines {
                let text = Table.Cell(line.text).text
                lines.append(
                    line.isWarning
                        ? "  \(Colour.yellow.applied(to: "warning:", if: colour)) \(text)" : "  \(text)")
            }
            lines.append("")
        }
        return lines + [summary]
    }

    var markdown: [String] {
        var lines = ["**\(heading)**", ""]
        for section in sections {
            lines += ["#### \(Self.escaped(section.title))", ""]
            lines += section.lines.map { "- \($0.isWarning ? "**warning:** " : "")\(Self.escaped($0.text))" }
            lines.append("")
        }
        return lines + [summary]
    }

    /// What other people wrote must not become markup.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in Table.Cell(text).text {
            if #"\`*_{}[]<>#|@"#.contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    private var heading: String { "Merging \(plan.head.short) into \(plan.base.short)" }

    private var summary: String {
        guard plan.validation.problems.isEmpty else {
            return "not valid: the merge would leave \(Self.count(plan.validation.problems.count, "error"))"
        }
        if plan.isEmpty { return "nothing changes for any node" }
        let moved = plan.groups.filter(\.moves).reduce(0) { $0 + $1.nodes }
        return moved > 0
            ? "changes are pending: \(Self.count(moved, "node")) get another declaration"
            : "changes are pending: no node gets another declaration"
    }

    private var sections: [Section] {
        guard plan.validation.problems.isEmpty else {
            var section = Section(title: "errors")
            for problem in plan.validation.problems { section.say(problem.description) }
            return [section]
        }
        var sections = plan.baselines.map(Self.section) + plan.groups.map(Self.section)
        sections += [nodes, trust, fleet, warnings].filter { !$0.lines.isEmpty }
        return sections
    }

    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private var nodes: Section {
        var section = Section(title: "nodes")
        // A merge may enrol thousands.
        for change in plan.nodes.prefix(Self.mostNodes) {
            section.say("\(change.node): \(change.kind.words)")
        }
        let more = plan.nodes.count - Self.mostNodes
        if more > 0 { section.say("and \(more) more changes; '--json' has all") }
        return section
    }

    private static let mostNodes = 40

    private var trust: Section {
        var section = Section(title: "trust")
        for change in plan.trust {
            section.warn(
                change.isAdded
                    ? "\(change.subject) may change the branch from then on"
                    : "\(change.subject) may not change the branch any more")
        }
        return section
    }

    private var fleet: Section {
        var section = Section(title: "fleet")
        for change in plan.fleet { section.say(Self.words(change)) }
        return section
    }

    private var warnings: Section {
        var section = Section(title: "what validate warns of")
        for warning in plan.validation.warnings { section.warn(warning.description) }
        return section
    }

    static func words(_ change: MergePlan.SettingChange) -> String {
        "\(change.key): \(change.from ?? "nothing") → \(change.to ?? "nothing")"
    }
}

extension PlanRendering {
    private static func section(_ baseline: MergePlan.BaselinePlan) -> Section {
        var section: Section
        switch baseline.effect {
        case .declares(let digest, let withdrawnBy):
            section = Section(title: "baseline \(baseline.name): a new declaration, \(digest.short)")
            if let withdrawnBy {
                section.say(
                    "these packages were withdrawn by \(withdrawnBy.short); they pass every gate anew")
            }
        case .resumes(let declaration, let withdrawn):
            section = Section(title: "baseline \(baseline.name): a rollback to \(declaration)")
            let names = withdrawn.map(\.description).joined(separator: ", ")
            if withdrawn.count > 1 {
                section.warn(
                    "takes off \(withdrawn.count) declarations at once (\(names)): more often a stale branch "
                        + "than a wish, so waves, windows and freezes hold as for any other change")
            } else {
                section.say("takes off \(names)")
                section.say(
                    "nodes that have it go back at once: no wave, window, freeze or budget holds them")
            }
        case .keeps: section = Section(title: "baseline \(baseline.name): the same packages")
        case .removed: section = Section(title: "baseline \(baseline.name): removed")
        }
        if let urgent = baseline.urgent {
            section.warn(
                "urgent until \(urgent.until): \(urgent.reason); until then no window holds it, and what "
                    + "groups say in 'urgent' holds instead of their soak and waves; freezes and holds stay")
        }
        for change in baseline.changes { section.lines.append(Self.line(change, baseline.order)) }
        if !baseline.besides.isEmpty {
            section.say("besides, for whoever has it already: \(baseline.besides.joined(separator: ", "))")
        }
        return section
    }

    private static func line(_ change: EntryChange, _ order: VersionOrder) -> Section.Line {
        let notes =
            (change.to ?? change.from).map { [$0.severity?.rawValue].compactMap(\.self) + $0.advisories }
            ?? []
        let note = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
        switch (change.from, change.to) {
        case (nil, let new?): return Section.Line(text: "+ \(change.key): \(new.requirement.words)\(note)")
        case (let old?, nil): return Section.Line(text: "- \(change.key): was \(old.requirement.words)")
        case (let old?, let new?):
            let text = "\(change.key): \(old.requirement.words) → \(new.requirement.words)\(note)"
            return change.isDowngrade(in: order)
                ? Section.Line(text: "\(text), an older version", isWarning: true) : Section.Line(text: text)
        case (nil, nil): return Section.Line(text: "\(change.key)")
        }
    }

    private static func section(_ group: MergePlan.GroupPlan) -> Section {
        let what =
            group.moves ? "\(count(group.nodes, "node")) \(group.nodes == 1 ? "gets" : "get") it" : "settings"
        var section = Section(title: "group \(group.name): \(what)")
        for change in group.settings { section.say(words(change)) }
        for loosening in group.loosened {
            section.warn("\(loosening.key) \(loosening.verb) loosened: \(loosening.sentence)")
        }
        let changed = Set(group.settings.map(\.key))
        if group.moves {
            if !changed.contains("baseline") { section.say("baseline: \(group.group.baseline)") }
            if !changed.contains("gate") { section.say("gate: \(group.group.gate.words)") }
            if let waves = group.group.waves {
                if !changed.contains("waves") { section.say("waves: \(waves.words)") }
                section.say("they add \(group.waveSizes.map(String.init).joined(separator: ", ")) nodes")
            }
            if let urgent = group.group.urgent, !changed.contains("urgent") {
                section.say("while urgent: \(urgent.words)")
            }
            if let budget = group.group.budget, !changed.contains("budget") {
                section.say("budget: \(budget.words)")
            }
            if !changed.contains("window") {
                for window in group.group.windows { section.say("window: \(window.words)") }
            }
            if !changed.contains("freeze") {
                for freeze in group.group.freezes {
                    section.say("freeze: \(freeze.from) to \(freeze.to): \(freeze.reason)")
                }
            }
            if let hold = group.fleetHold { section.warn("the fleet is on hold: \(hold)") }
            if let hold = group.group.hold { section.warn("the group is on hold: \(hold)") }
            if group.heldNodes > 0 { section.say("on hold: \(count(group.heldNodes, "node")) of it") }
        }
        if let present = group.present { section.say("now: \(present.words)") }
        return section
    }
}

extension MergePlan.Present {
    /// How many nodes have what, most first.
    fileprivate var words: String {
        let counts = admitted.sorted { ($1.value, $0.key.commit) < ($0.value, $1.key.commit) }
        let parts = counts.map { "\(PlanRendering.count($0.value, "node")) with \($0.key)" }
        let rest =
            unknown > 0 ? ["\(PlanRendering.count(unknown, "node")) with nothing, as far as is known"] : []
        let all = parts + rest
        return all.isEmpty ? "no node" : all.joined(separator: ", ")
    }
}

extension Requirement {
    /// What it requires, in words.
    fileprivate var words: String {
        switch self {
        case .absent: "absent"
        case .purged: "purged"
        case .version(let version, let presence, let sha256):
            version.description + (presence == .whereInstalled ? " where installed" : "")
                + (sha256.isEmpty ? "" : ", by checksum")
        }
    }
}

extension MergePlan.NodeChange.Kind {
    var words: String {
        switch self {
        case .added(let group): "added to \(group)"
        case .removed(let group): "removed from \(group)"
        case .moved(let from, let to): "moves from \(from) to \(to)"
        case .rekeyed: "has another key"
        case .held(let reason): "put on hold: \(reason)"
        case .released: "no longer on hold"
        case .changed(let keys): "another \(keys.joined(separator: ", "))"
        }
    }
}
