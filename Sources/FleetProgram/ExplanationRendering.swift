package import FleetCore

/// An explanation, for people and for programs: the operator's `why` and the agent's `status` show the same.
package struct ExplanationRendering: Sendable {
    private let explanation: Explanation
    private let now: Timestamp

    package init(_ explanation: Explanation, now: Timestamp) {
        self.explanation = explanation
        self.now = now
    }

    /// The rule, the conditions with their marks, the evidence and what is missing.
    ///
    /// A mark is a word, so that nobody needs colour to read it.
    package func lines(colour: Bool) -> [String] {
        var lines = ["rule \(explanation.rule.rawValue): \(explanation.rule.words)", ""]
        var conditions = Table(["RULE", "MET", "CONDITION"])
        for condition in explanation.conditions {
            conditions.add([
                Table.Cell("\(condition.rule.rawValue)"), condition.mark.cell, Table.Cell(condition.text),
            ])
        }
        lines += conditions.lines(colour: colour)
        // Those that are not healthy first: they are what the reader looks for.
        let all = explanation.witnesses + explanation.waveWitnesses
        let witnesses = all.filter { $0.standing != .healthy } + all.filter { $0.standing == .healthy }
        if !witnesses.isEmpty {
            var evidence = Table(["EVIDENCE", "GROUP", "STANDING", "WELL FOR", "REPORT"])
            for witness in witnesses.prefix(Self.witnessLimit) { evidence.add(witness.row) }
            lines += [""] + evidence.lines(colour: colour)
            if witnesses.count > Self.witnessLimit {
                lines.append("and \(witnesses.count - Self.witnessLimit) more")
            }
        }
        if !explanation.missing.isEmpty {
            lines += ["", "what is missing"] + explanation.missing.map { "- \(text(of: $0))" }
        }
        return lines
    }

    /// More nodes than this are shown as JSON alone.
    private static let witnessLimit = 40

    private func text(of missing: Explanation.Missing) -> String {
        let text = Table.Cell(missing.text).text
        return missing.notBefore.map { "\(text), \(When($0, now: now).words)" } ?? text
    }

    /// `declared`, `admitted`, `next` (what the decision admits), `rule` (`number`, `words`), `reasons`,
    /// `conditions` (`rule`, `mark`: `met`, `notMet` or `unknown`, `text`), `evidence` and `waves` as in
    /// receipts, `missing` (`text`, `notBefore` or null), `budget`: who has the places that the node counts
    /// against (`label`, `value`, `unavailable`, `claims` as in ``BudgetPlaces/json``), or null.
    package var json: [String: JSONValue] {
        [
            "declared": explanation.declared?.json ?? .null, "admitted": explanation.admitted?.json ?? .null,
            "next": explanation.next?.json ?? .null,
            "rule": [
                "number": JSONValue(explanation.rule.rawValue), "words": .string(explanation.rule.words),
            ],
            "reasons": .array(explanation.reasons.map(\.json)),
            "conditions": .array(
                explanation.conditions.map {
                    [
                        "rule": JSONValue($0.rule.rawValue), "mark": .string($0.mark.rawValue),
                        "text": .string($0.text),
                    ]
                }),
            "evidence": .array(explanation.witnesses.map(\.json)),
            "waves": .array(explanation.waveWitnesses.map(\.json)),
            "missing": .array(
                explanation.missing.map {
                    ["text": .string($0.text), "notBefore": $0.notBefore.map { JSONValue($0) } ?? .null]
                }),
            "budget": explanation.places.map {
                [
                    "label": .string($0.ledger.label), "value": JSONValue($0.ledger.value),
                    "unavailable": JSONValue($0.limit), "claims": $0.json,
                ]
            } ?? .null,
        ]
    }
}

extension Explanation.Mark {
    fileprivate var cell: Table.Cell {
        switch self {
        case .met: Table.Cell("yes", .green)
        case .notMet: Table.Cell("no", .red)
        case .unknown: Table.Cell("?", .yellow)
        }
    }
}

extension GateAnswer.Witness {
    private var remark: String { (isHeld ? ", on hold" : "") + (hasLeft ? ", left the group" : "") }

    fileprivate var row: [Table.Cell] {
        let colour: Colour? =
            switch standing {
            case .healthy: .green
            case .failed, .rejected, .fork: .red
            case .silent, .unfit: .yellow
            case .soaking, .behind, .peerAhead: nil
            }
        let report = [sequence.map { "number \($0)" }, self.report.map { "\($0.short)" }].compactMap(\.self)
        return [
            Table.Cell(node.description), Table.Cell(group.description),
            Table.Cell([standing.rawValue, remark].joined(), colour),
            Table.Cell(healthyFor.map(\.rough) ?? "-"),
            Table.Cell(report.isEmpty ? "-" : report.joined(separator: ", ")),
        ]
    }
}

/// A moment as people say it.
package struct When: Sendable {
    private let moment: Timestamp
    private let now: Timestamp

    package init(_ moment: Timestamp, now: Timestamp) {
        self.moment = moment
        self.now = now
    }

    /// Such as `not before 2026-11-30T17:00:00Z (in 1h 20m)`; `any moment` where it has come.
    package var words: String {
        moment > now ? "not before \(moment) (\(span))" : "any moment"
    }

    /// Such as `in 1h 20m`; `now` where it has come.
    package var span: String {
        moment > now ? "in \(TimeSpan(seconds: moment.seconds - now.seconds).rough)" : "now"
    }
}
