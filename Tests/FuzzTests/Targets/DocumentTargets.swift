@testable import FleetCore
@testable import FleetRepository

/// JSON, and the documents that are written in it.
extension FuzzTarget {
    static let documents: [FuzzTarget] = [json, report, receipt, claim, state, chainTip]

    private static let json = FuzzTarget(
        bytes: "json", words: ["true", "false", "null", "\\u", "\\ud83d\\ude00", "e+", "[[", "{\"\":", "}"]
    ) { bytes in
        guard let value = try? JSONValue(parsing: bytes) else { return }
        _ = value.words
        for form in [value.canonicalBytes, value.documentBytes] {
            try demand((try? JSONValue(parsing: form)) == value, "what is written is read as the same value")
        }
        let again = try? JSONValue(parsing: value.canonicalBytes).canonicalBytes
        try demand(again == value.canonicalBytes, "the canonical form of a canonical form is itself")
    }

    private static let names = [
        "schema", "fleet", "node", "group", "agent", "sequence", "previous", "time", "bootID", "commit",
        "baseline", "declared", "admitted", "digest", "phase", "reasons", "code", "count", "message", "until",
        "proven", "healthyFor", "failed", "attempts", "final", "reason", "packages", "counts", "entries",
        "notApplicable", "checks", "result", "transaction", "started", "duration", "changes", "findings",
        "reboot", "required", "system", "omitted", "9223372036854775807", "-9223372036854775808",
    ]
    .map { "\"\($0)\"" }

    private static let report = FuzzTarget(
        bytes: "report", longest: 8_192, words: names + ["\"plimsoll/report/v1\""]
    ) { bytes in
        guard let report = try? Report(parsing: bytes) else { return }
        guard let again = try? Report(parsing: report.documentBytes) else {
            throw BrokenProperty(description: "what is written of a report is a report")
        }
        try demand(again.documentBytes == report.documentBytes, "a written report is stable")
        // What gates go by survives.
        try demand(again.proven == report.proven, "proofs are kept")
        try demand(again.failed.map(\.declaration) == report.failed.map(\.declaration), "failures are kept")
        try demand(again.baseline == report.baseline, "the declarations are kept")
        try demand(
            (again.sequence, again.previous, again.commit) == (
                report.sequence, report.previous, report.commit
            ), "the place in the chain is kept")
        _ = PersonStep(report)
    }

    private static let receipt = FuzzTarget(
        bytes: "receipt", longest: 8_192,
        words: names + [
            "\"plimsoll/receipt/v1\"", "\"gate\"", "\"evidence\"", "\"waves\"", "\"steps\"", "\"pauses\"",
            "\"soak\"", "\"silence\"", "\"diversity\"", "\"standing\"", "\"healthy\"", "\"basis\"",
            "\"urgent\"",
        ]
    ) { bytes in
        guard let json = try? JSONValue(parsing: bytes), let receipt = Receipt(json: json) else { return }
        let again = (try? JSONValue(parsing: receipt.documentBytes)).flatMap { Receipt(json: $0) }
        try demand(again == receipt, "what is written of a receipt is read as the same one")
    }

    private static let claim = FuzzTarget(
        bytes: "claim",
        words: names + ["\"plimsoll/claim/v1\"", "\"label\"", "\"value\"", "\"kind\"", "\"end\""]
    ) { bytes in
        guard let claim = Claim(parsing: bytes) else { return }
        try demand(Claim(parsing: claim.documentBytes) == claim, "what is written of a claim is read as it")
    }

    private static let state = FuzzTarget(
        bytes: "state", longest: 16_384,
        words: names + [
            "\"format\"", "\"mark\"", "\"stacks\"", "\"layers\"", "\"intent\"", "\"form\"", "\"request\"",
            "\"peers\"", "\"wellness\"", "\"unsettled\"", "\"reboots\"", "\"backOff\"", "\"firstSeen\"",
        ]
    ) { bytes in
        guard let json = try? JSONValue(parsing: bytes), let state = try? NodeState(json: json) else {
            return
        }
        let written = state.json
        guard let again = try? NodeState(json: written) else {
            throw BrokenProperty(description: "what is written of a state is a state")
        }
        try demand(again.json == written, "a written state is stable")
    }

    private static let chainTip = FuzzTarget(
        text: "latest-message", longest: 1_024, words: ["Plimsoll-Chain: "]
    ) {
        text in
        guard let tip = ReportCommit.chainTip(in: text) else { return }
        try demand(text.contains("Plimsoll-Chain: \(tip)"), "the tip stands in the message")
    }
}
