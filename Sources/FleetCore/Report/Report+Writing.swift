extension Report {
    /// The bytes of `report.json`: keys sorted, two spaces, a newline at the end, at most ``largestSize``.
    ///
    /// What is too long is cut, with a count: first the log, then the longest lists and messages, and only
    /// where nothing else helps what is not applicable, which the gate reads. `proven` and `failed` are never
    /// cut.
    package var documentBytes: [UInt8] {
        var report = self
        var bytes = report.json.documentBytes
        var limit = 256
        while bytes.count > Report.largestSize, limit > 0 {
            report.transaction?.log = nil
            report.cut(to: limit)
            bytes = report.json.documentBytes
            limit /= 2
        }
        while bytes.count > Report.largestSize, !report.packages.notApplicable.isEmpty {
            let cut = (report.packages.notApplicable.count + 1) / 2
            report.packages.notApplicable.removeLast(cut)
            report.packages.notApplicableOmitted += cut
            bytes = report.json.documentBytes
        }
        return bytes
    }

    /// Cuts each list that may be cut to `limit` elements, and the more messages the smaller that is.
    private mutating func cut(to limit: Int) {
        packages.omitted += packages.findings.cut(to: limit)
        if var transaction {
            transaction.omitted += transaction.changes.cut(to: limit)
            self.transaction = transaction
        }
        findingsOmitted += findings.cut(to: limit)
        checksOmitted += checks.cut(to: limit)
        let length = limit * 8
        reasons = reasons.map {
            Reason($0.code, count: $0.count, $0.message.limited(to: length), until: $0.until)
        }
        for index in failed.indices { failed[index].reason = failed[index].reason.limited(to: length) }
    }

    /// The whole report as JSON, uncut.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "schema": .string(Report.schema), "fleet": JSONValue(fleet), "node": JSONValue(node),
            "group": JSONValue(group), "agent": .string(agent), "sequence": JSONValue(sequence),
            "previous": JSONValue(previous), "time": JSONValue(time), "bootID": .string(bootID),
            "commit": JSONValue(commit), "baseline": baseline.json, "phase": .string(phase.rawValue),
            "reasons": .array(reasons.map(\.json)), "proven": .array(proven.map(\.json)),
            "failed": .array(failed.map(\.json)), "packages": packages.json,
            "checks": .array(checks.map(\.json)), "findings": .array(findings.map(\.json)),
            "reboot": reboot.json,
            "system": system.json,
        ]
        if retries > 0 { members["retries"] = JSONValue(retries) }
        if let transaction { members["transaction"] = transaction.json }
        if checksOmitted > 0 { members["checksOmitted"] = JSONValue(checksOmitted) }
        if findingsOmitted > 0 { members["findingsOmitted"] = JSONValue(findingsOmitted) }
        return .object(members)
    }
}

extension Array {
    /// Keeps the first `limit` elements.
    ///
    /// - Returns: how many it dropped.
    fileprivate mutating func cut(to limit: Int) -> Int {
        let omitted = Swift.max(0, count - limit)
        removeLast(omitted)
        return omitted
    }
}

extension BaselineStatement {
    package var json: JSONValue {
        ["name": JSONValue(name), "declared": declared?.json ?? nil, "admitted": admitted?.json ?? nil]
    }
}

extension Proof {
    package var json: JSONValue {
        [
            "digest": JSONValue(declaration.digest), "commit": JSONValue(declaration.commit),
            "healthyFor": .number(healthyFor.seconds),
        ]
    }
}

extension Failure {
    package var json: JSONValue {
        [
            "digest": JSONValue(declaration.digest), "commit": JSONValue(declaration.commit),
            "attempts": JSONValue(attempts), "final": .bool(isFinal), "reason": .string(reason),
        ]
    }
}

extension PackageStatement {
    package var json: JSONValue {
        let counts = self.counts.filter { $0.value > 0 }.map { ($0.key.rawValue, JSONValue($0.value)) }
        var members: [String: JSONValue] = [
            "counts": .object(Dictionary(counts, uniquingKeysWith: { first, _ in first })),
            "entries": .array(findings.map(\.json)),
            "notApplicable": .array(notApplicable.map { JSONValue($0) }),
        ]
        if omitted > 0 { members["omitted"] = JSONValue(omitted) }
        if notApplicableOmitted > 0 { members["notApplicableOmitted"] = JSONValue(notApplicableOmitted) }
        return .object(members)
    }
}

extension EntryFinding {
    package var json: JSONValue {
        [
            "name": JSONValue(key), "state": .string(state.rawValue), "wanted": .string(wanted),
            "found": .string(found),
        ]
    }
}

extension CheckResult {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "result": .string(outcome.rawValue), "message": .string(message),
        ]
        if !isRequired { members["required"] = false }
        return .object(members)
    }
}

extension TransactionStatement {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "started": JSONValue(started), "duration": .number(duration.seconds),
            "result": .string(result.rawValue),
            "changes": .array(changes.map(\.json)),
        ]
        if omitted > 0 { members["omitted"] = JSONValue(omitted) }
        if let log { members["log"] = .string(log) }
        return .object(members)
    }
}

extension PackageChange {
    package var json: JSONValue { ["name": JSONValue(id), "from": JSONValue(from), "to": JSONValue(to)] }

    /// - Returns: nil unless `json` names a package, and versions where it has any.
    package init?(json: JSONValue) {
        guard let id = json["name"]?.string.flatMap(PackageID.init) else { return nil }
        let from = json["from"]?.string.flatMap(PackageVersion.init)
        let to = json["to"]?.string.flatMap(PackageVersion.init)
        guard from != nil || to != nil else { return nil }
        self.init(id: id, from: from, to: to)
    }
}

extension Finding {
    package var json: JSONValue {
        var members: [String: JSONValue] = ["code": .string(code), "message": .string(message)]
        if let package { members["package"] = .string(package) }
        if let path { members["path"] = .string(path) }
        return .object(members)
    }
}

extension RebootStatement {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "required": .bool(isRequired), "reason": JSONValue(reason),
        ]
        if count > 0 { members["count"] = JSONValue(count) }
        return .object(members)
    }
}

extension SystemStatement {
    package var json: JSONValue {
        [
            "distribution": .string(facts.id), "version": .string(facts.version),
            "kernel": .string(facts.kernel),
            "architectures": .array(architectures.map { JSONValue($0) }),
        ]
    }
}
