extension Intent {
    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "declaration": declaration.json,
            "attempt": JSONValue(attempt), "request": request.json,
            "planned": .array(planned.map(\.json)), "automatic": .array(automatic.map { JSONValue($0) }),
            "checksBefore": .array(checksBefore.map(\.json)), "started": JSONValue(started),
            "reason": .string(reason), "interruptions": JSONValue(interruptions),
            "checks": .array(checks.map(\.json)), "attemptsAllowed": JSONValue(attemptsAllowed),
            "retry": retry.json,
        ]
    }

    package init?(json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let declaration = Declaration(json: json["declaration"]),
            let request = json["request"].flatMap(ChangeRequest.init(json:)),
            let planned = json["planned"]?.array?.whole(PackageChange.init(json:)),
            let started = json["started"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(
            kind: kind, declaration: declaration, attempt: Int(clamping: json["attempt"]?.integer ?? 1),
            request: request,
            planned: planned,
            automatic: (json["automatic"]?.array ?? []).compactMap { $0.string.flatMap { PackageID($0) } },
            checksBefore: (json["checksBefore"]?.array ?? []).compactMap(CheckResult.init(json:)),
            started: started, reason: json["reason"]?.string ?? "")
        interruptions = Int(clamping: json["interruptions"]?.integer ?? 0)
        guard let checks = (json["checks"]?.array ?? []).whole(Check.init(json:)) else { return nil }
        self.checks = checks
        attemptsAllowed = Int(clamping: json["attemptsAllowed"]?.integer ?? Int64(Group.defaultAttempts))
        retry = RetryToken(json: json["retry"])
    }
}

extension ChangeRequest {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "pins": .array(pins.map { ["name": JSONValue($0.key), "version": JSONValue($0.version)] }),
            "targets": .object(Self.object(targets) { JSONValue($0) }),
            "removals": .object(Self.object(removals) { .bool($0) }),
            "sha256": .object(Self.object(sha256) { JSONValue($0) }),
            "automatic": .array(automatic.sorted().map { JSONValue($0) }),
        ]
        if let sources {
            members["sources"] = .array(
                sources.map { ["name": JSONValue($0.name), "content": .string($0.content)] })
        }
        if isReturn { members["isReturn"] = true }
        if !debconf.isEmpty { members["debconf"] = .array(debconf.map(\.json)) }
        return .object(members)
    }

    private static func object<Value>(
        _ values: [PackageID: Value], _ convert: (Value) -> JSONValue
    ) -> [String: JSONValue] {
        Dictionary(values.map { ($0.key.description, convert($0.value)) }) { first, _ in first }
    }

    package init?(json: JSONValue) {
        var pins: [Pin] = []
        for member in json["pins"]?.array ?? [] {
            guard let key = member["name"]?.string.flatMap({ EntryKey($0) }),
                let version = member["version"]?.string.flatMap({ PackageVersion($0) })
            else { return nil }
            pins.append(Pin(key: key, version: version))
        }
        var lists: [SourceList]?
        if let members = json["sources"]?.array {
            lists = members.compactMap { member in
                guard let name = member["name"]?.string.flatMap({ SourceListName($0) }),
                    let content = member["content"]?.string
                else { return nil }
                return SourceList(name: name, content: content)
            }
        }
        guard let targets = Self.values(json["targets"], { $0.string.flatMap { PackageVersion($0) } }),
            let removals = Self.values(json["removals"], \.bool),
            let sha256 = Self.values(json["sha256"], { $0.string.flatMap { Digest($0) } })
        else { return nil }
        let automatic = (json["automatic"]?.array ?? []).compactMap { $0.string.flatMap { PackageID($0) } }
        self.init(
            pins: pins, targets: targets, removals: removals, sha256: sha256, automatic: Set(automatic),
            sources: lists, isReturn: json["isReturn"]?.bool ?? false)
        guard let answers = (json["debconf"]?.array ?? []).whole(DebconfAnswer.init(json:)) else {
            return nil
        }
        debconf = answers
    }

    private static func values<Value>(
        _ json: JSONValue?, _ convert: (JSONValue) -> Value?
    ) -> [PackageID: Value]? {
        var values: [PackageID: Value] = [:]
        for (name, member) in json?.object ?? [:] {
            guard let id = PackageID(name), let value = convert(member) else { return nil }
            values[id] = value
        }
        return values
    }
}

extension Check {
    package var json: JSONValue {
        var members: [String: JSONValue] = ["timeout": JSONValue(milliseconds: timeout)]
        switch probe {
        case .service(let unit): members["service"] = .string(unit)
        case .command(let arguments): members["command"] = .array(arguments.map(JSONValue.string))
        case .http(let url, let status):
            members["http"] = .string(url)
            members["status"] = JSONValue(status)
        }
        if retries != Self.defaultRetries { members["retries"] = JSONValue(retries) }
        if settle != Self.defaultSettle { members["settle"] = JSONValue(milliseconds: settle) }
        if !isRequired { members["required"] = false }
        return .object(members)
    }

    /// - Returns: nil unless `json` has a timeout and one of `service`, `command`, `http`.
    package init?(json: JSONValue) {
        guard let timeout = json["timeout"]?.milliseconds else { return nil }
        let probe: Probe
        if let unit = json["service"]?.string {
            probe = .service(unit)
        } else if let arguments = json["command"]?.array?.whole(\.string), !arguments.isEmpty {
            probe = .command(arguments)
        } else if let url = json["http"]?.string, let status = json["status"]?.integer {
            probe = .http(url: url, status: Int(clamping: status))
        } else {
            return nil
        }
        self.init(
            probe, timeout: timeout,
            retries: json["retries"]?.integer.map { Int(clamping: $0) } ?? Self.defaultRetries,
            settle: json["settle"]?.milliseconds ?? Self.defaultSettle,
            isRequired: json["required"]?.bool ?? true)
    }
}
