import FleetCore
import FleetTesting

/// What one canary says, as a test writes it.
struct Canary {
    var name: String
    var group = "canary"
    var testimony: CanaryEvidence.Testimony
    var isHeld = false
    var labels: [String: String] = [:]
    /// What it has called failed in what was ever believed of it.
    var failed: Set<Declaration> = []
    /// For which declarations' failures it counts although it has left the group; nil for a member.
    var departedFrom: Set<Declaration>?
    /// When the reader last saw something new of it.
    var lastNews = TimeSpan(seconds: 1_000_000)

    init(_ name: String, _ testimony: CanaryEvidence.Testimony) {
        self.name = name
        self.testimony = testimony
    }

    init(_ name: String, _ report: Report) { self.init(name, .report(report, id: .number(0xabc))) }

    /// One that has `declaration` and has been well on it for some seconds.
    static func healthy(_ name: String, on declaration: Declaration, for seconds: Int64 = 14_400) -> Canary {
        Canary(name, .sample(node: name, admitted: declaration, proven: [declaration: seconds]))
    }

    /// One on which `declaration` failed, finally.
    static func failed(_ name: String, on declaration: Declaration) -> Canary {
        Canary(name, .sample(node: name, admitted: nil, failed: [declaration], phase: .failed))
    }

    func held() -> Canary {
        var copy = self
        copy.isHeld = true
        return copy
    }

    /// Of which nothing new was seen since the reader had watched for `seconds`.
    func silent(since seconds: Int64) -> Canary {
        var copy = self
        copy.lastNews = TimeSpan(seconds: seconds)
        return copy
    }

    func labelled(_ labels: [String: String]) -> Canary {
        var copy = self
        copy.labels = labels
        return copy
    }

    func remembered(failing declarations: Declaration...) -> Canary {
        var copy = self
        copy.failed = Set(declarations)
        return copy
    }

    func departed(from declarations: Declaration...) -> Canary {
        var copy = self
        copy.departedFrom = Set(declarations)
        return copy
    }

    func member(of group: String) -> Canary {
        var copy = self
        copy.group = group
        return copy
    }
}

extension Evidence {
    /// The evidence of `canaries`, read after 1,000,000 seconds of watching; declarations were first seen
    /// after 900,000.
    static func sample(
        _ canaries: [Canary], firstSeen: [Declaration: Int64] = [:],
        entries: [Declaration: [String]] = [:], heartbeat: String = "24h"
    ) -> Evidence {
        let groups = Dictionary(grouping: canaries, by: \.group)
        return Evidence(
            groups: Dictionary(
                uniqueKeysWithValues: groups.map { group, canaries in
                    (
                        .of(group),
                        canaries.map {
                            CanaryEvidence(
                                node: .of($0.name), isHeld: $0.isHeld, testimony: $0.testimony,
                                lastNews: $0.lastNews, failed: $0.failed, labels: $0.labels,
                                departedFrom: $0.departedFrom)
                        }
                    )
                }),
            watching: TimeSpan(seconds: 1_000_000),
            firstSeen: firstSeen.mapValues { TimeSpan(seconds: $0) }, heartbeat: .of(heartbeat),
            entries: entries.mapValues { Set($0.map { .of($0) }) })
    }
}

extension GateRule {
    static func sample(
        after: [String] = ["canary"], healthy: String = "100%", soak: String = "4h", failures: String = "0",
        silence: SilenceRule = .hold, allowsUncovered: Bool = false, diversity: Diversity? = nil
    ) -> GateRule {
        GateRule(
            after: after.map { .of($0) }, healthy: .of(healthy), soak: .of(soak), failures: .of(failures),
            silence: silence, allowsUncovered: allowsUncovered, diversity: diversity)
    }
}
