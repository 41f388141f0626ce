internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// A node's recomputed decision, for people and for programs.
///
/// `plimsoll/why/v1`:
/// - `schema`, `node`, `group`, `baseline`;
/// - `commit`, at which it is recomputed: the one that the node follows; `tip`, the last authentic one;
/// - what ``ExplanationRendering/json`` says: `declared`, `admitted`, `next`, `rule`, `reasons`,
///   `conditions`, `evidence`, `waves`, `missing`, `budget`;
/// - `report`, what the node says itself: null where nothing is to be believed, and then `why` (null where it
///   has never reported); else `id`, `sequence`, `time`, `phase`, `reasons`, `agrees`;
/// - `person`, what a person does about it now (`state`, `step`, `onlyWay`), or null.
struct WhyRendering {
    private let found: NodeExplanation
    private let now: Timestamp

    init(_ found: NodeExplanation, now: Timestamp) {
        self.found = found
        self.now = now
    }

    func lines(colour: Bool) -> [String] {
        let explanation = found.explanation
        let place = found.commit == found.tip ? "the branch's tip" : "the tip is \(found.tip.short)"
        var head = Table(["", ""])
        head.add(["node", Table.Cell("\(explanation.node), in \(explanation.group)", .bold)])
        head.add([
            "declared", Table.Cell(Self.words(explanation.declared) + ", of \(explanation.baseline)"),
        ])
        head.add(["admitted", Table.Cell(admitted)])
        head.add(["judged at", Table.Cell("\(found.commit.short), \(place)")])
        let body = ExplanationRendering(explanation, now: now).lines(colour: colour)
        return head.lines(colour: colour).dropFirst() + [""] + body + [""] + own + person
    }

    /// What a person does now.
    private var person: [String] {
        guard let step = found.person(now: now) else { return [] }
        return ["", "what a person does now", "- \(step.state): \(step.step)"]
    }

    private static func words(_ declaration: Declaration?) -> String {
        declaration.map(\.description) ?? "nothing"
    }

    private var admitted: String {
        let explanation = found.explanation
        guard found.status.report != nil else { return "not known" }
        guard explanation.next != explanation.admitted, let next = explanation.next else {
            return Self.words(explanation.admitted)
        }
        return "\(Self.words(explanation.admitted)); next \(next)"
    }

    /// What the node itself says.
    private var own: [String] {
        guard let report = found.status.report else {
            guard case .rejected(let why) = found.status.testimony else {
                return ["the node has never reported"]
            }
            return ["the node's report is not believed: \(Table.Cell(why).text)"]
        }
        let age = TimeSpan(seconds: now.seconds - report.time.seconds).rough
        let head = "report number \(report.sequence), \(age) ago, phase \(report.phase.rawValue)"
        var lines: [String] = []
        switch found.agreement {
        case .same, .nothing:
            lines.append("the node itself says the same (\(head))")
            lines += ownWords(report).map { "- in its own words: \(text($0))" }
        case .differs(let recomputed, let reported):
            lines.append("the node itself says otherwise (\(head))")
            lines += recomputed.map { "- not said by it: \(text($0))" }
            lines += reported.map { "- said by it alone: \(text($0))" }
        }
        return lines + found.ownReasons.map { "and besides: \(text($0))" }
    }

    /// Freezes and windows that it tells in other words: its machine may not know their zone, or its clock.
    private func ownWords(_ report: Report) -> [Reason] {
        report.reasons.filter { reason in
            [.freeze, .window, .windowTooShort].contains(reason.code)
                && !found.explanation.reasons.contains {
                    $0.code == reason.code && $0.message == reason.message
                }
        }
    }

    private func text(_ reason: Reason) -> String {
        Table.Cell("\(reason.message) (\(reason.code.rawValue))").text
    }

    var json: JSONValue {
        let explanation = found.explanation
        var members = ExplanationRendering(explanation, now: now).json
        members["schema"] = "plimsoll/why/v1"
        members["node"] = JSONValue(explanation.node)
        members["group"] = JSONValue(explanation.group)
        members["baseline"] = JSONValue(explanation.baseline)
        members["commit"] = JSONValue(found.commit)
        members["tip"] = JSONValue(found.tip)
        members["person"] = found.person(now: now)?.json ?? .null
        switch found.status.testimony {
        case .none:
            members["report"] = .null
            members["why"] = .null
        case .rejected(let why):
            members["report"] = .null
            members["why"] = .string(why)
        case .verified(let report, let id):
            members["report"] = [
                "id": JSONValue(id), "sequence": JSONValue(report.sequence), "time": JSONValue(report.time),
                "phase": .string(report.phase.rawValue), "reasons": .array(report.reasons.map(\.json)),
                "agrees": .bool(found.agreement == .same),
            ]
        }
        return .object(members)
    }
}
