package import FleetCore

/// Writes a baseline as the file that decodes to it.
package enum BaselineWriter {
    /// The text of `baselines/<name>.yaml`, with its keys in the order in which people read them and defaults
    /// left out.
    ///
    /// - Parameter comment: lines for the head of the file.
    package static func text(of baseline: Baseline, comment: [String] = []) -> String {
        var lines = comment.map { $0.isEmpty ? "#" : "# \($0)" }
        lines.append("apiVersion: \(MappingReader.apiVersion)")
        if let description = baseline.description {
            lines.append("description: \(YAMLText.scalar(description))")
        }
        lines.append("manager: \(baseline.manager.rawValue)")
        if let system = baseline.system {
            let version = system.version.map { ", version: \(YAMLText.quoted($0))" } ?? ""
            lines.append("for: {id: \(YAMLText.scalar(system.id))\(version)}")
        }
        if let sources = baseline.sources {
            lines.append(
                "sources: [\(sources.map { YAMLText.scalar($0.description) }.joined(separator: ", "))]")
        }
        if !baseline.entries.isEmpty { lines.append("packages:") }
        lines += baseline.entries.flatMap(Self.lines)
        if baseline.newer != .keep { lines.append("newer: \(baseline.newer.rawValue)") }
        if !baseline.checks.isEmpty { lines.append("checks:") }
        lines += baseline.checks.flatMap(Self.lines)
        if baseline.reboot != .whenRequired { lines.append("reboot: \(baseline.reboot.rawValue)") }
        if !baseline.restart.isEmpty {
            let units = baseline.restart.map { YAMLText.scalar($0.description) }
            lines.append("restart: [\(units.joined(separator: ", "))]")
        }
        if let urgent = baseline.urgent {
            lines.append("urgent: {until: \(urgent.until), reason: \(YAMLText.quoted(urgent.reason))}")
        }
        if baseline.irreversible != .refuse {
            lines.append("irreversible: \(baseline.irreversible.rawValue)")
        }
        if baseline.unlisted != .ignore { lines.append("unlisted: \(baseline.unlisted.rawValue)") }
        if baseline.updaters != .report { lines.append("updaters: \(baseline.updaters.rawValue)") }
        if let kernels = baseline.kernels { lines.append("kernels: \(kernels)") }
        lines += Self.lines(of: baseline.debconf)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(of answers: [DebconfAnswer]) -> [String] {
        var lines = answers.isEmpty ? [] : ["debconf:"]
        var owner: PackageName?
        for answer in answers {
            if answer.owner != owner { lines.append("  \(YAMLText.scalar(answer.owner.description)):") }
            owner = answer.owner
            lines.append(
                "    \(YAMLText.scalar(answer.question)): "
                    + "{type: \(answer.kind.rawValue), value: \(YAMLText.quoted(answer.value))}")
        }
        return lines
    }

    private static func lines(of entry: Entry) -> [String] {
        let key = YAMLText.scalar(entry.key.description)
        var fields: [String] = []
        let written: String
        switch entry.requirement {
        case .absent: written = "absent"
        case .purged: written = "purged"
        case .version(let version, let presence, let sha256):
            written = YAMLText.scalar(version.description)
            if presence != entry.key.defaultPresence { fields.append("install: false") }
            if !sha256.isEmpty {
                fields.append("sha256:")
                fields += sha256.sorted { $0.key < $1.key }
                    .map { "  \(YAMLText.scalar($0.key.description)): \(YAMLText.scalar($0.value.hex))" }
            }
        }
        if let severity = entry.severity { fields.append("severity: \(severity.rawValue)") }
        if !entry.advisories.isEmpty {
            fields.append("advisories: [\(entry.advisories.map(YAMLText.scalar).joined(separator: ", "))]")
        }
        guard !fields.isEmpty else { return ["  \(key): \(written)"] }
        return ["  \(key):", "    version: \(written)"] + fields.map { "    \($0)" }
    }

    private static func lines(of check: Check) -> [String] {
        var lines: [String]
        switch check.probe {
        case .service(let unit): lines = ["  - service: \(YAMLText.scalar(unit))"]
        case .command(let arguments):
            lines = ["  - command: [\(arguments.map(YAMLText.scalar).joined(separator: ", "))]"]
        case .http(let url, let status):
            lines = ["  - http: \(YAMLText.quoted(url))"]
            if status != 200 { lines.append("    status: \(status)") }
        }
        if check.timeout != Check.defaultTimeout { lines.append("    timeout: \(check.timeout)") }
        if check.retries != Check.defaultRetries { lines.append("    retries: \(check.retries)") }
        if check.settle != Check.defaultSettle { lines.append("    settle: \(check.settle)") }
        if !check.isRequired { lines.append("    required: false") }
        return lines
    }
}
