internal import FleetCore

/// The settings of groups and fleets in the words of their files, to be compared and shown.
extension Group {
    /// The keys whose values differ from those of `old`; all that are set where there was no such group.
    func changes(from old: Group?) -> [MergePlan.SettingChange] {
        let before = Dictionary(uniqueKeysWithValues: (old?.settings ?? []).map { ($0.key, $0.value) })
        return settings.compactMap { key, now in
            let then = before[key] ?? nil
            return now == then ? nil : MergePlan.SettingChange(key: key, from: then, to: now)
        }
    }

    /// Each key that is compared, with its value in words; nil where it says nothing.
    private var settings: [(key: String, value: String?)] {
        [
            ("baseline", baseline.description), ("gate", gate.words), ("waves", waves?.words),
            ("window", Self.list(windows.map(\.words))),
            ("freeze", Self.list(freezes.map { "\($0.from) to \($0.to): \($0.reason)" })),
            ("checks", Self.list(checks.map(\.name))), ("hold", hold), ("retry", retry),
            ("attempts", "\(attempts)"), ("supersede", supersede.rawValue),
            ("budget", budget?.words), ("prefetch", prefetch.rawValue),
            ("urgent", urgent?.words), ("missed", missed.words),
        ]
    }

    private static func list(_ items: [String]) -> String? {
        items.isEmpty ? nil : items.joined(separator: "; ")
    }
}

extension MissedWindows {
    /// nil where nothing is written of it.
    fileprivate var words: String? {
        switch self {
        case .wait: nil
        case .run(after: let count): "run after \(count)"
        }
    }
}

extension UrgentRules {
    /// Such as `soak 15m; waves 10%, 100% (…)`.
    package var words: String {
        let soak = soak.map { "soak \($0)" }
        let waves: String? =
            switch waves {
            case .asUsual: nil
            case .none: "no waves"
            case .these(let waves): "waves \(waves.words)"
            }
        let parts = [soak, waves].compactMap(\.self)
        return parts.isEmpty ? "as usual" : parts.joined(separator: "; ")
    }
}

extension GateSetting {
    /// The rule in one line.
    package var words: String {
        switch self {
        case .none: "none"
        case .rule(let rule):
            rule.json.saying("soak", "\(rule.soak)").saying("silence", rule.silence.words).words
        case .broken(let message): "broken: \(message)"
        }
    }
}

extension SilenceRule {
    /// As people are shown durations: the form in receipts is another one.
    fileprivate var words: String {
        switch self {
        case .hold: "hold"
        case .leave(after: let length): length.description
        }
    }
}

extension JSONValue {
    /// A mapping that says something else at a key.
    fileprivate func saying(_ key: String, _ text: String) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[key] = .string(text)
        return .object(members)
    }
}

extension Waves {
    /// The steps and their thresholds in one line.
    package var words: String {
        let shares = steps.indices.map { "\(pauses.contains($0) ? "a pause, " : "")\(steps[$0])" }
        let members: [String: JSONValue] = [
            "healthy": JSONValue(healthy), "soak": JSONValue(soak), "failures": JSONValue(failures),
            "silence": .string(silence.words),
        ]
        return "\(shares.joined(separator: ", ")) (\(JSONValue.object(members).words))"
    }
}

extension Budget {
    /// Such as `2 unavailable per site`.
    package var words: String { "\(unavailable) unavailable per \(per)" }
}

extension Window {
    /// Such as `sat, sun 01:00-05:00 UTC`.
    package var words: String {
        let weeks = weeks.isEmpty ? "" : " (\(weeks.map(\.rawValue).joined(separator: ", ")) of the month)"
        let days = days.map(\.rawValue).joined(separator: ", ") + weeks
        return "\(days) \(Self.time(start))-\(Self.time(end)) \(zone)"
    }

    private static func time(_ minutes: Int) -> String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

extension Fleet {
    /// The keys of `fleet.yaml` that differ from those of `old` and are no group's.
    func changes(from old: Fleet?) -> [MergePlan.SettingChange] {
        let before = Dictionary(uniqueKeysWithValues: (old?.settings ?? []).map { ($0.key, $0.value) })
        return settings.compactMap { key, now in
            let then = before[key] ?? nil
            return now == then ? nil : MergePlan.SettingChange(key: key, from: then, to: now)
        }
    }

    private var settings: [(key: String, value: String?)] {
        [
            ("fleet", name.description), ("agent", agent.description),
            ("trust.policy", trust.policy.rawValue),
            ("trust.branch", trust.branch?.branch.description), ("trust.threshold", "\(trust.threshold)"),
            ("remotes", remotes.isEmpty ? nil : remotes.joined(separator: ", ")),
            ("status.remote", statusRemote), ("status.heartbeat", heartbeat.description),
            ("freshness", freshness?.description), ("hold", hold),
        ]
    }
}

extension Baseline {
    /// The keys besides `packages` whose values differ between this baseline and `new`.
    func changesBesidesPackages(to new: Baseline) -> [String] {
        var keys: [String] = []
        if description != new.description { keys.append("description") }
        if system != new.system { keys.append("for") }
        if sources != new.sources { keys.append("sources") }
        if newer != new.newer { keys.append("newer: \(new.newer.rawValue)") }
        if checks != new.checks { keys.append("checks") }
        if reboot != new.reboot { keys.append("reboot: \(new.reboot.rawValue)") }
        if restart != new.restart { keys.append("restart") }
        if urgent != new.urgent {
            keys.append(new.urgent.map { "urgent until \($0.until)" } ?? "urgent: null")
        }
        if irreversible != new.irreversible {
            keys.append("irreversible: \(new.irreversible.rawValue)")
        }
        if unlisted != new.unlisted { keys.append("unlisted: \(new.unlisted.rawValue)") }
        if updaters != new.updaters { keys.append("updaters: \(new.updaters.rawValue)") }
        if kernels != new.kernels {
            keys.append(new.kernels.map { "kernels: \($0)" } ?? "kernels: all")
        }
        if debconf != new.debconf { keys.append("debconf") }
        let notes = entries.map { [$0.severity?.rawValue ?? ""] + $0.advisories }
        if notes != new.entries.map({ [$0.severity?.rawValue ?? ""] + $0.advisories }),
            changes(to: new).isEmpty
        {
            keys.append("severity or advisories")
        }
        return keys
    }
}

extension Proceed {
    /// What it lets begin.
    var words: String { "up to step \(step) of \(declaration)" }
}
