/// Why bytes are no report.
package struct ReportError: Error, Hashable, Sendable {
    /// The field that is wrong, such as `baseline.declared`, or empty for the whole.
    package let field: String
    package let message: String
}

extension Report {
    /// Reads `report.json`.
    ///
    /// Strict in what the gate reads, lenient in the rest: fields that are not known are ignored, words that
    /// are not known become `unknown`, and what is only for people may be missing.
    ///
    /// - Throws: ``ReportError`` naming the field.
    package init(parsing bytes: [UInt8]) throws(ReportError) {
        guard bytes.count <= Report.largestSize else {
            throw ReportError(field: "", message: "larger than \(Report.largestSize) bytes")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw ReportError(field: "", message: "no JSON at byte \(error.offset): \(error.message)")
        }
        try self.init(json: json)
    }

    package init(json: JSONValue) throws(ReportError) {
        let fields = ReportFields(json: json)
        guard json["schema"]?.string == Report.schema else {
            throw ReportError(field: "schema", message: "expected \(Report.schema)")
        }
        let sequence = try fields.required("sequence", "a number from 1 on") { $0.integer }
        guard let sequence = Int(exactly: sequence), (1...Report.largestSequence).contains(sequence) else {
            throw ReportError(field: "sequence", message: "expected a number from 1 on")
        }
        self.init(
            fleet: try fields.value("fleet"), node: try fields.value("node"),
            group: try fields.value("group"),
            agent: json["agent"]?.string ?? "", sequence: sequence,
            previous: try fields.valueOrNull("previous"),
            time: json["time"]?.string.flatMap(Timestamp.init) ?? Timestamp(seconds: 0),
            bootID: json["bootID"]?.string ?? "", commit: try fields.value("commit"),
            baseline: try BaselineStatement(json: json["baseline"]),
            phase: json["phase"]?.string.flatMap(Phase.init(rawValue:)) ?? .unknown,
            reasons: (json["reasons"]?.array ?? []).map(Reason.init(json:)),
            proven: try fields.list("proven", Proof.init(json:)),
            failed: try fields.list("failed", Failure.init(json:)),
            packages: try PackageStatement(json: json["packages"]),
            checks: (json["checks"]?.array ?? []).compactMap(CheckResult.init(json:)),
            transaction: json["transaction"].flatMap(TransactionStatement.init(json:)),
            findings: (json["findings"]?.array ?? []).compactMap(Finding.init(json:)),
            reboot: RebootStatement(
                isRequired: json["reboot"]?["required"]?.bool ?? false,
                reason: json["reboot"]?["reason"]?.string),
            system: SystemStatement(json: json["system"]))
        reboot.count = Int(clamping: json["reboot"]?["count"]?.integer ?? 0)
        checksOmitted = Int(clamping: json["checksOmitted"]?.integer ?? 0)
        findingsOmitted = Int(clamping: json["findingsOmitted"]?.integer ?? 0)
        retries = max(0, Int(clamping: json["retries"]?.integer ?? 0))
    }
}

/// Access to fields with errors that name them.
private struct ReportFields {
    let json: JSONValue

    func required<Value>(
        _ field: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(ReportError) -> Value {
        guard let value = json[field].flatMap(convert) else {
            throw ReportError(field: field, message: "expected \(expected)")
        }
        return value
    }

    func value<Value: TextValue>(_ field: String) throws(ReportError) -> Value {
        try required(field, Value.expected) { $0.string.flatMap { Value($0) } }
    }

    func valueOrNull<Value: TextValue>(_ field: String) throws(ReportError) -> Value? {
        guard let member = json[field], !member.isNull else { return nil }
        return try value(field) as Value
    }

    func list<Element>(_ field: String, _ convert: (JSONValue) -> Element?) throws(ReportError) -> [Element] {
        guard let elements = json[field]?.array else {
            throw ReportError(field: field, message: "expected a list")
        }
        var converted: [Element] = []
        for element in elements {
            guard let element = convert(element) else {
                throw ReportError(
                    field: field, message: "an element lacks its digest, its commit or its number")
            }
            converted.append(element)
        }
        return converted
    }
}

extension BaselineStatement {
    fileprivate init(json: JSONValue?) throws(ReportError) {
        guard let name = json?["name"]?.string.flatMap(BaselineName.init) else {
            throw ReportError(field: "baseline.name", message: "expected \(BaselineName.expected)")
        }
        self.init(
            name: name, declared: try Self.declaration(json, "declared"),
            admitted: try Self.declaration(json, "admitted"))
    }

    private static func declaration(_ json: JSONValue?, _ field: String) throws(ReportError) -> Declaration? {
        guard let member = json?[field], !member.isNull else { return nil }
        guard let declaration = Declaration(json: member) else {
            throw ReportError(field: "baseline.\(field)", message: "expected a digest and a commit, or null")
        }
        return declaration
    }
}

extension Proof {
    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json), let seconds = json["healthyFor"]?.integer,
            seconds >= 0
        else { return nil }
        self.init(declaration: declaration, healthyFor: TimeSpan(seconds: seconds))
    }
}

extension Failure {
    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json), let isFinal = json["final"]?.bool else { return nil }
        self.init(
            declaration: declaration, attempts: Int(clamping: json["attempts"]?.integer ?? 0),
            isFinal: isFinal,
            reason: json["reason"]?.string ?? "")
    }
}

extension PackageStatement {
    fileprivate init(json: JSONValue?) throws(ReportError) {
        var counts: [EntryState: Int] = [:]
        for (word, count) in json?["counts"]?.object ?? [:] {
            // Bounded, so that hostile numbers cannot overflow where several words become `unknown`.
            counts[EntryState(rawValue: word) ?? .unknown, default: 0] += Int(
                clamping: min(max(count.integer ?? 0, 0), 1 << 20))
        }
        guard let names = json?["notApplicable"]?.array else {
            throw ReportError(field: "packages.notApplicable", message: "expected a list")
        }
        self.init(
            counts: counts, findings: (json?["entries"]?.array ?? []).compactMap(EntryFinding.init(json:)),
            notApplicable: names.compactMap { $0.string.flatMap { EntryKey($0) } },
            omitted: Int(clamping: json?["omitted"]?.integer ?? 0),
            notApplicableOmitted: Int(clamping: json?["notApplicableOmitted"]?.integer ?? 0))
    }
}

extension EntryFinding {
    fileprivate init?(json: JSONValue) {
        guard let key = json["name"]?.string.flatMap({ EntryKey($0) }) else { return nil }
        self.init(
            key: key, state: json["state"]?.string.flatMap(EntryState.init(rawValue:)) ?? .unknown,
            wanted: json["wanted"]?.string ?? "", found: json["found"]?.string ?? "")
    }
}

extension CheckResult {
    package init?(json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.init(
            name: name, outcome: json["result"]?.string.flatMap(Outcome.init(rawValue:)) ?? .failed,
            message: json["message"]?.string ?? "", isRequired: json["required"]?.bool ?? true)
    }
}

extension TransactionStatement {
    package init?(json: JSONValue) {
        guard let started = json["started"]?.string.flatMap(Timestamp.init) else { return nil }
        self.init(
            started: started, duration: TimeSpan(seconds: json["duration"]?.integer ?? 0),
            result: json["result"]?.string.flatMap(Result.init(rawValue:)) ?? .unknown,
            changes: (json["changes"]?.array ?? []).compactMap(PackageChange.init(json:)),
            omitted: Int(clamping: json["omitted"]?.integer ?? 0), log: json["log"]?.string)
    }
}

extension Finding {
    package init?(json: JSONValue) {
        guard let code = json["code"]?.string, let message = json["message"]?.string else { return nil }
        self.init(code: code, package: json["package"]?.string, path: json["path"]?.string, message: message)
    }
}

extension SystemStatement {
    fileprivate init(json: JSONValue?) {
        self.init(
            facts: SystemFacts(
                id: json?["distribution"]?.string ?? "", version: json?["version"]?.string ?? "",
                kernel: json?["kernel"]?.string ?? ""),
            architectures: (json?["architectures"]?.array ?? []).compactMap {
                $0.string.flatMap { Architecture($0) }
            })
    }
}
