internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// `plimsoll-agent status`: what this node remembers and has reported last, and why it does not do more.
/// Reads, takes no lock, asks nobody.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what this node is held to, why, and what it reported last.",
        discussion: """
            Everything is from this node's own state and clone; no remote is asked. The rule, its \
            conditions, the evidence and what is missing are those of the next cycle, were nothing new to \
            be fetched; 'plimsoll why NODE' recomputes the same from the fleet repository and the reports.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON (plimsoll/node/v1).")
    var json = false

    func run() async throws {
        let node = try Node(configurationAt: common.path)
        let memory =
            try ending(with: .failure) { () throws(StoreError) in try node.store.load() } ?? NodeState()
        let report = memory.report.id.flatMap { OwnReport.read($0, clone: node.clonePath) }
        let nextKey = Self.nextKey(of: node)
        let now = node.clocks()
        let why = await node.explanation(of: memory, at: now).map {
            ExplanationRendering($0, now: now.wall)
        }
        if json {
            Terminal.write(
                String(
                    decoding: Self.json(node.name, memory, report, nextKey, why).documentBytes, as: UTF8.self)
            )
            return
        }
        for line in Self.lines(node.name, memory, report, nextKey) { Terminal.print(line) }
        guard let why else {
            guard let followed = memory.followed else { return }
            Terminal.print("")
            Terminal.print(
                "no decision can be told: at \(followed.short) the fleet has no file of this node, or the "
                    + "clone or the packages here cannot be read; the above was reported before")
            return
        }
        for line in [""] + why.lines(colour: Terminal.hasColour) { Terminal.print(line) }
    }

    /// The key that waits to take the place of the node's own; nil where none does, or only root may look.
    private static func nextKey(of node: Node) -> SSHPublicKey? {
        (try? NodeKeyring.next(beside: node.ownKeyPath))?.publicKey
    }

    private static func lines(
        _ node: NodeName, _ memory: NodeState, _ report: Report?, _ nextKey: SSHPublicKey?
    ) -> [String] {
        var fields: [(String, String)] = [
            ("node", node.description), ("phase", report?.phase.rawValue ?? "has not reported yet"),
            ("group", report?.group.description ?? "-"), ("followed", memory.followed?.description ?? "-"),
        ]
        if memory.mark != memory.followed { fields.append(("mark", memory.mark?.description ?? "-")) }
        fields.append(("declared", report?.baseline.declared?.description ?? "-"))
        fields.append(
            ("admitted", memory.admitted.map { "\($0.declaration), \($0.progress.rawValue)" } ?? "-"))
        if let previous = memory.previous { fields.append(("previous", previous.declaration.description)) }
        for reason in report?.reasons ?? [] { fields.append(("because", reason.message)) }
        for proof in memory.proven {
            fields.append(("proven", "\(proof.declaration), well for \(proof.healthyFor.rough)"))
        }
        for record in memory.failed {
            let state = record.failure.isFinal ? "finally" : "attempt \(record.failure.attempts)"
            fields.append(("failed", "\(record.failure.declaration), \(state): \(record.failure.reason)"))
        }
        for finding in report?.findings ?? [] { fields.append(("finding", finding.message)) }
        if let omitted = report?.findingsOmitted, omitted > 0 {
            fields.append(("finding", "and \(omitted) more"))
        }
        if let intent = memory.intent {
            fields.append(("intent", "\(intent.kind.rawValue) \(intent.declaration)"))
        }
        let pushed =
            memory.report.isPushed
            ? "sent" : memory.report.isKept ? "stays here, as the fleet wants it" : "waits to be sent"
        fields.append(
            ("report", memory.report.sequence == 0 ? "none" : "number \(memory.report.sequence), \(pushed)"))
        if let nextKey {
            fields.append(("next key", "\(nextKey.fingerprint), until the fleet lists it"))
        }
        let width = fields.map(\.0.count).max() ?? 0
        return fields.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }
    }

    private static func json(
        _ node: NodeName, _ memory: NodeState, _ report: Report?, _ nextKey: SSHPublicKey?,
        _ why: ExplanationRendering?
    ) -> JSONValue {
        [
            "schema": "plimsoll/node/v1", "node": JSONValue(node), "mark": JSONValue(memory.mark),
            "followed": JSONValue(memory.followed), "admitted": memory.admitted?.json ?? .null,
            "previous": memory.previous?.json ?? .null, "proven": .array(memory.proven.map(\.json)),
            "failed": .array(memory.failed.map(\.failure.json)), "intent": memory.intent?.json ?? .null,
            "pushed": .bool(memory.report.isPushed), "kept": .bool(memory.report.isKept),
            "nextKey": nextKey.map { .string($0.description) } ?? .null, "report": report?.json ?? .null,
            "decision": why.map { .object($0.json) } ?? .null,
        ]
    }
}

/// The node's own last report, as it lies in the clone.
private enum OwnReport {
    static func read(_ id: CommitID, clone: String) -> Report? {
        guard let repository = try? GitRepository(open: clone),
            let file = try? repository.file(at: "report.json", in: id, limitBytes: Report.largestSize)
        else { return nil }
        return try? Report(parsing: file.bytes)
    }
}
