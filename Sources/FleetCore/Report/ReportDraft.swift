/// A report before it has a number: everything that the node has to say, and whether it is due.
package struct ReportDraft: Hashable, Sendable {
    package let report: Report
    /// What makes a report due when it changes: phase, declarations, states of packages, results of checks,
    /// the *codes* of reasons, the reboot state. Not times, durations, messages, or which nodes a reason is
    /// about; nor what a stalled package manager is doing.
    package let dueKey: Digest

    /// - Parameter report: its `sequence` and `previous` are set when it is written.
    package init(_ report: Report) {
        self.report = report
        dueKey = Self.dueKey(of: report)
    }

    private static func dueKey(of report: Report) -> Digest {
        var key: [String: JSONValue] = [
            "group": JSONValue(report.group), "agent": .string(report.agent),
            "phase": .string(report.phase.rawValue),
            "baseline": report.baseline.json,
            "reasons": .array(Set(report.reasons.map(\.code.rawValue)).sorted().map(JSONValue.string)),
            "proven": .array(report.proven.map(\.declaration.json)),
            "failed": .array(
                report.failed.map {
                    [
                        "declaration": $0.declaration.json, "attempts": JSONValue($0.attempts),
                        "final": .bool($0.isFinal),
                    ]
                }),
            "packages": .array(
                report.packages.findings.map {
                    ["name": JSONValue($0.key), "state": .string($0.state.rawValue)]
                }),
            "counts": report.packages.json["counts"] ?? .null,
            "notApplicable": .array(report.packages.notApplicable.map { JSONValue($0) }),
            "checks": .array(
                report.checks.map { ["name": .string($0.name), "result": .string($0.outcome.rawValue)] }),
            "findings": .array(
                report.findings.filter { $0.code != Finding.process }.map { finding in
                    [
                        "code": .string(finding.code), "package": JSONValue(finding.package),
                        "path": JSONValue(finding.path),
                    ]
                }),
            "transaction": .string(
                report.transaction.map { "\($0.started) \($0.result.rawValue) \($0.changes.count)" } ?? ""),
            "reboot": .bool(report.reboot.isRequired),
        ]
        if report.retries > 0 { key["retries"] = JSONValue(report.retries) }
        // Each reboot is announced, also the second one for the same reason.
        if report.reboot.count > 0 { key["reboots"] = JSONValue(report.reboot.count) }
        return Digest(of: JSONValue.object(key).canonicalBytes)
    }

    /// Whether the report is due: something above has changed, a soak that looks at this group lies between
    /// what was published and what was reached, or the heartbeat is due.
    package func isDue(
        after published: ReportMemory, soaks: [TimeSpan], heartbeat: TimeSpan, running: TimeSpan
    ) -> Bool {
        guard published.sequence > 0, published.dueKey == dueKey else { return true }
        if running - published.at >= heartbeat { return true }
        return report.proven.contains { proof in
            let known = published.proven.first { $0.declaration == proof.declaration }?.healthyFor ?? .zero
            return soaks.contains { known.seconds < $0.seconds && $0.seconds <= proof.healthyFor.seconds }
        }
    }
}
