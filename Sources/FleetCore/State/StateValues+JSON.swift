extension DeclarationStack {
    package var json: JSONValue {
        [
            "layers": .array(
                layers.map { ["declaration": $0.declaration.json, "coveredAt": JSONValue($0.coveredAt)] }),
            "withdrawals": .array(
                withdrawals.map {
                    [
                        "declaration": $0.declaration.json, "commit": JSONValue($0.commit),
                        "count": JSONValue($0.count), "coveredAt": JSONValue($0.coveredAt),
                    ]
                }),
        ]
    }

    package init?(json: JSONValue) {
        var layers: [Layer] = []
        for member in json["layers"]?.array ?? [] {
            guard let declaration = Declaration(json: member["declaration"]) else { return nil }
            layers.append(
                Layer(
                    declaration: declaration, coveredAt: member["coveredAt"]?.string.flatMap { CommitID($0) })
            )
        }
        var withdrawals: [Withdrawal] = []
        for member in json["withdrawals"]?.array ?? [] {
            guard let declaration = Declaration(json: member["declaration"]),
                let commit = member["commit"]?.string.flatMap({ CommitID($0) }),
                let count = member["count"]?.integer,
                let coveredAt = member["coveredAt"]?.string.flatMap({ CommitID($0) })
            else { return nil }
            withdrawals.append(
                Withdrawal(
                    declaration: declaration, commit: commit, count: Int(clamping: count),
                    coveredAt: coveredAt))
        }
        self.init(layers: layers, withdrawals: withdrawals)
    }
}

extension Admission {
    package var json: JSONValue {
        [
            "baseline": JSONValue(baseline), "declaration": declaration.json, "form": form.json,
            "readAt": JSONValue(readAt), "receipt": receipt.json, "progress": .string(progress.rawValue),
            "badChecks": .array(badChecks.map(JSONValue.string)),
        ]
    }

    package init?(json: JSONValue) {
        guard let baseline = json["baseline"]?.string.flatMap({ BaselineName($0) }),
            let declaration = Declaration(json: json["declaration"]),
            let form = json["form"].flatMap(CanonicalForm.init(json:)),
            let readAt = json["readAt"]?.string.flatMap({ CommitID($0) }),
            let receipt = json["receipt"].flatMap(Receipt.init(json:)),
            let progress = json["progress"]?.string.flatMap(Progress.init(rawValue:))
        else { return nil }
        self.init(
            baseline: baseline, declaration: declaration, form: form, readAt: readAt, receipt: receipt,
            progress: progress, badChecks: (json["badChecks"]?.array ?? []).compactMap(\.string))
    }
}

extension ChangeLog.Chapter {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "declaration": declaration.json, "changes": .array(changes.map(\.json)),
        ]
        if isOpen { members["open"] = .bool(true) }
        return .object(members)
    }

    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json["declaration"]),
            let changes = json["changes"]?.array?.whole(PackageChange.init(json:))
        else { return nil }
        self.init(declaration: declaration, changes: changes, isOpen: json["open"]?.bool ?? false)
    }
}

extension Proof {
    /// As kept in the state: in milliseconds, where reports have whole seconds.
    var stateJSON: JSONValue {
        ["declaration": declaration.json, "healthyFor": JSONValue(milliseconds: healthyFor)]
    }

    init?(stateJSON json: JSONValue) {
        guard let declaration = Declaration(json: json["declaration"]),
            let span = json["healthyFor"]?.milliseconds
        else { return nil }
        self.init(declaration: declaration, healthyFor: span)
    }
}

extension FailureRecord {
    package var json: JSONValue {
        [
            "failure": failure.json, "retry": retry.json,
            "checksBefore": .array(checksBefore.map(\.json)),
        ]
    }

    package init?(json: JSONValue) {
        guard let failure = json["failure"].flatMap(Failure.init(json:)) else { return nil }
        self.init(
            failure: failure,
            retry: RetryToken(json: json["retry"]),
            checksBefore: (json["checksBefore"]?.array ?? []).compactMap(CheckResult.init(json:)))
    }
}

extension RetryToken {
    var json: JSONValue {
        var members: [String: JSONValue] = ["group": JSONValue(group), "node": JSONValue(node)]
        if retries > 0 { members["retries"] = JSONValue(retries) }
        return .object(members)
    }

    init(json: JSONValue?) {
        self.init(group: json?["group"]?.string, node: json?["node"]?.string)
        retries = Int(clamping: json?["retries"]?.integer ?? 0)
    }
}

extension Wellness {
    package var json: JSONValue {
        [
            "declaration": declaration.json, "healthyFor": JSONValue(milliseconds: healthyFor),
            "proven": .bool(isProven), "bootID": .string(bootID),
            "sinceBoot": JSONValue(milliseconds: sinceBoot),
        ]
    }

    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json["declaration"]),
            let healthyFor = json["healthyFor"]?.milliseconds, let isProven = json["proven"]?.bool,
            let bootID = json["bootID"]?.string, let sinceBoot = json["sinceBoot"]?.milliseconds
        else { return nil }
        self.init(
            declaration: declaration, healthyFor: healthyFor, isProven: isProven, bootID: bootID,
            sinceBoot: sinceBoot)
    }
}

extension BackOff {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "declaration": declaration.json, "tries": JSONValue(tries),
            "until": JSONValue(milliseconds: until), "reason": reason.json,
        ]
        if let commit { members["commit"] = JSONValue(commit) }
        return .object(members)
    }

    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json["declaration"]), let tries = json["tries"]?.integer,
            let until = json["until"]?.milliseconds, let reason = json["reason"]
        else { return nil }
        self.init(
            declaration: declaration, tries: Int(clamping: tries), until: until, reason: Reason(json: reason))
        commit = json["commit"]?.string.flatMap { CommitID($0) }
    }
}

extension ClaimMemory {
    package var json: JSONValue { ["sequence": JSONValue(sequence)] }

    package init?(json: JSONValue) {
        guard let sequence = json["sequence"]?.integer else { return nil }
        self.init(sequence: Int(clamping: min(max(sequence, 0), Int64(Report.largestSequence))))
    }
}

extension ReportMemory {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "sequence": JSONValue(sequence), "sent": JSONValue(sent), "id": JSONValue(id),
            "dueKey": JSONValue(dueKey),
            "proven": .array(proven.map(\.stateJSON)), "at": JSONValue(milliseconds: at),
            "pushed": .bool(isPushed), "saysConflict": .bool(saysConflict),
        ]
        if let key { members["key"] = .string(key) }
        if isKept { members["kept"] = true }
        if let place { members["place"] = JSONValue(place) }
        return .object(members)
    }

    package init?(json: JSONValue) {
        guard let sequence = json["sequence"]?.integer, let at = json["at"]?.milliseconds else { return nil }
        self.init()
        self.sequence = Int(clamping: min(max(sequence, 0), Int64(Report.largestSequence)))
        sent = Int(clamping: json["sent"]?.integer ?? 0)
        id = json["id"]?.string.flatMap { CommitID($0) }
        key = json["key"]?.string
        dueKey = json["dueKey"]?.string.flatMap { Digest($0) }
        proven = (json["proven"]?.array ?? []).compactMap(Proof.init(stateJSON:))
        self.at = at
        isPushed = json["pushed"]?.bool ?? false
        isKept = json["kept"]?.bool ?? false
        place = json["place"]?.string.flatMap { Digest($0) }
        saysConflict = json["saysConflict"]?.bool ?? false
    }
}

extension PeerMemory {
    package var json: JSONValue {
        [
            "node": JSONValue(node), "key": .string(key), "sequence": JSONValue(sequence),
            "id": JSONValue(id),
            "lastNews": JSONValue(milliseconds: lastNews),
            "failed": .array(
                failed.sorted { ($0.commit, $0.digest) < ($1.commit, $1.digest) }.map(\.json)),
        ]
    }

    package init?(json: JSONValue) {
        guard let node = json["node"]?.string.flatMap({ NodeName($0) }), let key = json["key"]?.string,
            let sequence = json["sequence"]?.integer, let lastNews = json["lastNews"]?.milliseconds
        else { return nil }
        self.init(
            node: node, key: key, sequence: Int(clamping: sequence),
            id: json["id"]?.string.flatMap { CommitID($0) }, lastNews: lastNews,
            failed: Set((json["failed"]?.array ?? []).compactMap { Declaration(json: $0) }))
    }
}

extension RunningTime {
    package var json: JSONValue {
        [
            "bootID": .string(bootID), "sinceBoot": JSONValue(milliseconds: sinceBoot),
            "total": JSONValue(milliseconds: total),
        ]
    }

    package init?(json: JSONValue) {
        guard let bootID = json["bootID"]?.string, let sinceBoot = json["sinceBoot"]?.milliseconds,
            let total = json["total"]?.milliseconds
        else { return nil }
        self.init(bootID: bootID, sinceBoot: sinceBoot, total: total)
    }
}

extension [JSONValue] {
    /// The elements converted, if all of them can be: of what going back needs, none may be lost in silence.
    func whole<Value>(_ convert: (JSONValue) -> Value?) -> [Value]? {
        let values = compactMap(convert)
        return values.count == count ? values : nil
    }
}

extension BranchNews {
    var json: JSONValue {
        var members: [String: JSONValue] = ["at": JSONValue(milliseconds: at)]
        if isTooOld { members["tooOld"] = .bool(true) }
        return .object(members)
    }

    init?(json: JSONValue) {
        guard let at = json["at"]?.milliseconds else { return nil }
        self.init(at: at, isTooOld: json["tooOld"]?.bool ?? false)
    }
}
