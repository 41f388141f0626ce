extension Receipt {
    /// The evidence of the waves that moved before the node: `waves` of a receipt.
    package struct Wave: Hashable, Sendable {
        /// The node's own step, from 1.
        package var step: Int
        /// The waves as the followed commit had them.
        package var rule: Waves
        /// How the witnesses of the steps before it stood; their order says which step each belongs to.
        package var witnesses: [GateAnswer.Witness]

        package init(step: Int, rule: Waves, witnesses: [GateAnswer.Witness]) {
            self.step = step
            self.rule = rule
            self.witnesses = witnesses
        }

        init?(_ answer: WaveRule.Answer, of group: Group) {
            guard let rule = group.waves else { return nil }
            self.init(step: answer.wave + 1, rule: rule, witnesses: answer.witnesses)
        }

        package var json: JSONValue {
            var members: [String: JSONValue] = [
                "step": JSONValue(step), "steps": .array(rule.steps.map { JSONValue($0) }),
                "healthy": JSONValue(rule.healthy), "soak": .string(rule.soak.signedText),
                "failures": JSONValue(rule.failures), "silence": rule.silence.json,
                "evidence": .array(witnesses.map(\.json)),
            ]
            if !rule.pauses.isEmpty {
                members["pauses"] = .array(rule.pauses.sorted().map { JSONValue($0 + 1) })
            }
            return .object(members)
        }

        package init?(json: JSONValue?) {
            guard let json, let step = json["step"]?.integer,
                let healthy = json["healthy"]?.string.flatMap({ Quota($0) }),
                let soak = json["soak"]?.string.flatMap({ TimeSpan($0) }),
                let failures = json["failures"]?.string.flatMap({ Quota($0) })
            else { return nil }
            // Anybody may have written it: the least number has none before it.
            let pauses = (json["pauses"]?.array ?? []).compactMap(\.integer)
                .map { Int(clamping: max($0, .min + 1)) - 1 }
            self.init(
                step: Int(clamping: step),
                rule: Waves(
                    steps: (json["steps"]?.array ?? []).compactMap { $0.string.flatMap { Quota($0) } },
                    pauses: Set(pauses), healthy: healthy, soak: soak, failures: failures,
                    silence: SilenceRule(json: json["silence"])),
                witnesses: (json["evidence"]?.array ?? []).compactMap(GateAnswer.Witness.init(json:)))
        }
    }
}

extension SilenceRule {
    package var json: JSONValue {
        switch self {
        case .hold: "hold"
        case .leave(after: let length): .string(length.signedText)
        }
    }

    /// - Parameter json: a duration; anything else holds.
    init(json: JSONValue?) {
        self = json?.string.flatMap { TimeSpan($0) }.map(SilenceRule.leave(after:)) ?? .hold
    }
}
