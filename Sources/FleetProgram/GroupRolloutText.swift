package import FleetCore

/// A group's rollout as people read it.
package struct GroupRolloutText: Sendable {
    private let rollout: GroupRollout
    private let now: Timestamp

    package init(_ rollout: GroupRollout, now: Timestamp) {
        self.rollout = rollout
        self.now = now
    }

    package func lines(columns: Int, colour: Bool) -> [String] {
        let count = rollout.steps.reduce(0) { $0 + $1.nodes.count }
        let nodes = "\(count) node\(count == 1 ? "" : "s")"
        let age = rollout.since.map {
            ", declared \(TimeSpan(seconds: now.seconds - $0.seconds).rough) ago"
        }
        let head = "  \(rollout.group)  \(rollout.declared)\(age ?? "")"
        guard !rollout.isDone else {
            let words = "\(count == 1 ? "its node is" : "all \(nodes) are") healthy"
            // The words come last and count most: where there is no room for all, the rest is left out.
            let heads = [head, "  \(rollout.group)  \(rollout.declared)", "  \(rollout.group)"]
            let lines = heads.map { "\($0): \(words)" }
            return [lines.first { $0.count <= columns } ?? fit(lines[2], columns)]
        }
        let texts = fields(count: nodes).flatMap { wrap("    \($0)  ", $1, columns) }
        return [fit(head, columns)] + bars(columns: columns, colour: colour) + texts
    }

    /// One bar for each wave that adds somebody.
    private func bars(columns: Int, colour: Bool) -> [String] {
        let steps = rollout.steps.filter { !$0.nodes.isEmpty }
        let titles = steps.map { $0.title.isEmpty ? "all" : $0.title }
        let widest = max(titles.map(\.count).max() ?? 0, Self.fieldWidth)
        return zip(steps, titles).map { step, title in
            let bar = RolloutBar(step.nodes.counts)
            let words = "  \(bar.words)"
            let label = "    " + title + String(repeating: " ", count: widest - title.count) + "  "
            let room = columns - label.count - words.count - "[]".count
            // Where there is no room for both, the words say it.
            guard room >= Self.narrowest else { return fit(label + bar.words, columns) }
            return label + bar.text(width: min(room, Self.widest), colour: colour) + words
        }
    }

    private static let fieldWidth = 4
    private static let narrowest = 8
    private static let widest = 60

    private func fields(count: String) -> [(String, String)] {
        var fields: [(String, String)] = [("gate", gate)]
        if let urgency = rollout.urgency {
            fields.append(
                ("hurry", "urgent until \(urgency.until): \(urgency.reason); no window holds it"))
        }
        fields += rollout.holds.map { ("hold", $0.message) }
        for event in rollout.events {
            fields.append(("next", event.text + (event.at.map { ", \(When($0, now: now).span)" } ?? "")))
        }
        for need in rollout.needs.prefix(Self.mostNeeds) { fields.append(("need", need.words)) }
        let more = rollout.needs.count - Self.mostNeeds
        if more > 0 { fields.append(("need", "and \(more) more, which '--json' has")) }
        fields.append(("end ", end(of: count)))
        return fields
    }

    private static let mostNeeds = 4

    private var gate: String {
        switch rollout.gate {
        case .none: return "none"
        case .broken(let message): return "broken: \(message)"
        case .answer(let answer, _):
            let reasons = answer.reasons.map(\.message)
            return answer.verdict.rawValue
                + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; "))
        }
    }

    private func end(of count: String) -> String {
        guard rollout.needsPerson else { return rest(of: count) }
        guard rollout.movesByItself else { return "not without a person, see 'need'" }
        return "not without a person, see 'need'; the others \(rest(of: count))"
    }

    /// When those that get on by themselves will be healthy.
    private func rest(of count: String) -> String {
        // How long a place is taken nobody knows: a report gives it back.
        let turns = rollout.budget?.turns
        return switch rollout.estimate {
        case .done: "\(count) are healthy"
        case .notBefore(let moment) where moment > now:
            When(moment, now: now).words + (turns.map { ", and \($0)" } ?? "")
        case .notBefore: turns ?? "with the next reports, if all goes well"
        case .open(let why): "nobody can tell: \(why)"
        }
    }

    /// A field over as many lines as it needs, within reason: what a person has to do is said at its end.
    private func wrap(_ label: String, _ text: String, _ columns: Int) -> [String] {
        var lines: [String] = []
        for word in Table.Cell(text).text.split(separator: " ") {
            if let last = lines.last, label.count + last.count + 1 + word.count <= columns {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        if lines.count > Self.longestField { lines[Self.longestField - 1] += " …" }
        let indent = String(repeating: " ", count: label.count)
        return lines.prefix(Self.longestField).enumerated().map { index, line in
            fit((index == 0 ? label : indent) + line, columns)
        }
    }

    private static let longestField = 6

    /// What other machines say must not drive the terminal, nor wrap on it.
    private func fit(_ line: String, _ columns: Int) -> String {
        let text = Table.Cell(line).text
        return text.count <= columns ? text : text.prefix(max(columns - 1, 1)) + "…"
    }
}
