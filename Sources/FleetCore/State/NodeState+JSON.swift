extension NodeState {
    /// The number of the state's format.
    package static let format: Int64 = 1

    /// The whole state as JSON, with the fields of a newer agent.
    package var json: JSONValue {
        var members = unknown
        members["format"] = .number(NodeState.format)
        members["mark"] = JSONValue(mark)
        members["followed"] = JSONValue(followed)
        members["introduction"] = JSONValue(introduction)
        if let ground { members["ground"] = JSONValue(ground) }
        if let settled { members["settled"] = JSONValue(settled) }
        members["stacks"] = .object(
            Dictionary(stacks.map { ($0.key.description, $0.value.json) }) { first, _ in first })
        members["admitted"] = admitted?.json ?? .null
        members["previous"] = previous?.json ?? .null
        members["changes"] = .array(changes.chapters.map(\.json))
        members["proven"] = .array(proven.map(\.stateJSON))
        members["failed"] = .array(failed.map(\.json))
        members["wellness"] = wellness?.json ?? .null
        if let unwell { members["unwell"] = unwell.json }
        members["intent"] = intent?.json ?? .null
        if let unsettled { members["unsettled"] = unsettled.json }
        if let restarts { members["restarts"] = restarts.json }
        if !reboots.isEmpty { members["reboots"] = .array(reboots.map(\.json)) }
        if !wellKernels.isEmpty { members["wellKernels"] = .array(wellKernels.map(JSONValue.string)) }
        if let kernelReturn { members["kernelReturn"] = kernelReturn.json }
        members["transaction"] = transaction?.json ?? .null
        members["backOff"] = backOff?.json ?? .null
        if let attended { members["attended"] = JSONValue(attended) }
        if retries > 0 { members["retries"] = JSONValue(retries) }
        if !durations.measured.isEmpty { members["durations"] = durations.json }
        if let prefetchBackOff { members["prefetchBackOff"] = prefetchBackOff.json }
        if let claim { members["claim"] = claim.json }
        members["report"] = report.json
        members["peers"] = .array(peers.map(\.json))
        if !stoppedUpdaters.isEmpty { members["stoppedUpdaters"] = .array(stoppedUpdaters.map(\.json)) }
        if let findings { members["findings"] = findings.json }
        members["firstSeen"] = .array(
            firstSeen.sorted {
                ($0.key.commit, $0.key.digest) < ($1.key.commit, $1.key.digest)
            }.map { seen in
                ["declaration": seen.key.json, "at": JSONValue(milliseconds: seen.value)]
            })
        if let watchedAt { members["watchedAt"] = JSONValue(milliseconds: watchedAt) }
        members["running"] = running.json
        if let news { members["news"] = news.json }
        members["identityConflict"] = .bool(identityConflict)
        return .object(members)
    }

    /// Reads a state that this agent, or the release before or after it, has written.
    ///
    /// - Throws: ``StateError`` for anything else: an unreadable state is an alarm, never a first start.
    package init(json: JSONValue) throws(StateError) {
        guard var members = json.object else { throw StateError(field: "", message: "expected an object") }
        guard members["format"]?.integer == NodeState.format else {
            throw StateError(field: "format", message: "expected \(NodeState.format)")
        }
        let fields = StateFields(json: json)
        self.init()
        mark = try fields.optionalText("mark")
        followed = try fields.optionalText("followed")
        introduction = try fields.optionalText("introduction")
        ground = try fields.optionalText("ground")
        settled = try fields.optionalText("settled")
        for (name, value) in members["stacks"]?.object ?? [:] {
            guard let name = BaselineName(name), let stack = DeclarationStack(json: value) else {
                throw StateError(field: "stacks.\(name)", message: "not understood")
            }
            stacks[name] = stack
        }
        admitted = try fields.optional("admitted", Admission.init(json:))
        previous = try fields.optional("previous", Admission.init(json:))
        changes = ChangeLog(chapters: try fields.list("changes", ChangeLog.Chapter.init(json:)))
        proven = try fields.list("proven", Proof.init(stateJSON:))
        failed = try fields.list("failed", FailureRecord.init(json:))
        wellness = try fields.optional("wellness", Wellness.init(json:))
        unwell = try fields.optional("unwell") { Declaration(json: $0) }
        intent = try fields.optional("intent", Intent.init(json:))
        unsettled = try fields.optional("unsettled", UnsettledTransaction.init(json:))
        restarts = try fields.optional("restarts", PendingRestarts.init(json:))
        reboots = try fields.list("reboots", RebootRecord.init(json:))
        wellKernels = (members["wellKernels"]?.array ?? []).compactMap(\.string)
        kernelReturn = try fields.optional("kernelReturn", KernelReturn.init(json:))
        transaction = members["transaction"].flatMap(TransactionStatement.init(json:))
        backOff = try fields.optional("backOff", BackOff.init(json:))
        prefetchBackOff = try fields.optional("prefetchBackOff", BackOff.init(json:))
        attended = members["attended"]?.string.flatMap { Timestamp($0) }
        retries = max(0, Int(clamping: members["retries"]?.integer ?? 0))
        durations = ChangeDurations(json: members["durations"])
        claim = try fields.optional("claim", ClaimMemory.init(json:))
        report = try fields.optional("report", ReportMemory.init(json:)) ?? ReportMemory()
        peers = try fields.list("peers", PeerMemory.init(json:))
        stoppedUpdaters = try fields.list("stoppedUpdaters", StoppedUpdater.init(json:))
        findings = members["findings"].flatMap(MachineFindings.init(json:))
        for seen in members["firstSeen"]?.array ?? [] {
            guard let declaration = Declaration(json: seen["declaration"]), let at = seen["at"]?.integer
            else {
                throw StateError(field: "firstSeen", message: "not understood")
            }
            firstSeen[declaration] = TimeSpan(milliseconds: at)
        }
        watchedAt = try fields.optional("watchedAt") { $0.milliseconds }
        running = try fields.optional("running", RunningTime.init(json:)) ?? RunningTime()
        news = try fields.optional("news", BranchNews.init(json:))
        identityConflict = members["identityConflict"]?.bool ?? false
        for known in NodeState.fields { members[known] = nil }
        unknown = members
    }

    private static let fields = [
        "format", "mark", "followed", "introduction", "ground", "settled", "stacks", "admitted",
        "previous", "changes", "proven", "failed", "wellness", "unwell", "intent", "transaction", "backOff",
        "prefetchBackOff", "claim",
        "durations", "retries", "attended", "report", "peers", "findings", "stoppedUpdaters",
        "firstSeen", "watchedAt", "running", "identityConflict", "news", "unsettled", "restarts", "reboots",
        "wellKernels", "kernelReturn",
    ]
}

/// Why a state cannot be read.
package struct StateError: Error, Hashable, Sendable {
    package let field: String
    package let message: String
}

private struct StateFields {
    let json: JSONValue

    func optional<Value>(_ field: String, _ convert: (JSONValue) -> Value?) throws(StateError) -> Value? {
        guard let member = json[field], !member.isNull else { return nil }
        guard let value = convert(member) else { throw StateError(field: field, message: "not understood") }
        return value
    }

    func optionalText<Value: TextValue>(_ field: String) throws(StateError) -> Value? {
        try optional(field) { $0.string.flatMap { Value($0) } }
    }

    func list<Element>(_ field: String, _ convert: (JSONValue) -> Element?) throws(StateError) -> [Element] {
        var elements: [Element] = []
        for member in json[field]?.array ?? [] {
            guard let element = convert(member) else {
                throw StateError(field: field, message: "not understood")
            }
            elements.append(element)
        }
        return elements
    }
}

extension JSONValue {
    init(milliseconds span: TimeSpan) { self = .number(span.milliseconds) }

    /// A length of time, written in milliseconds.
    var milliseconds: TimeSpan? { integer.map(TimeSpan.init(milliseconds:)) }
}
