import FleetCore
import FleetTesting
import Testing

/// `plimsoll verify --receipts` on what real agents wrote, and on what somebody with a node's key makes of
/// it.
struct OperatorReceiptTests {
    private let fleet: LocalFleet
    private let canaries: [LocalNode]
    private let stores: [LocalNode]

    /// A canary and two stores that have till 1.1-1, by the gate.
    init() async throws {
        fleet = try await LocalFleet()
        canaries = try fleet.enrol(1, in: "canary")
        stores = try fleet.enrol(2, in: "stores")
        try await fleet.converge(canaries + stores)
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries + stores)
    }

    private func verify(_ arguments: String...) throws -> CommandResult {
        try run(
            [
                BuiltProgram.path("plimsoll"), "verify", "--receipts", "--repository", fleet.clone,
                "--introduction", fleet.introduction,
            ] + arguments, environment: Git.environment)
    }

    @Test func whatAgentsDidFollows() async throws {
        // A bad patch, its undoing, a revert by proof, and the way forward again.
        try fleet.declare("till: 2.0-1")
        for canary in canaries { #expect(try canary.reconcile().phase == .rolledBack) }
        for store in stores { #expect(try store.reconcile().phase == .waiting) }
        try fleet.revert()
        try await fleet.converge(canaries + stores)
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(canaries + stores)
        try fleet.revert()
        try await fleet.converge(canaries + stores)
        // From here on in waves.
        let waves = "waves: {steps: [1, 100%], healthy: 100%, soak: 1s}"
        try fleet.write(LocalFleet.group("gate: \(LocalFleet.gate)", waves), to: "groups/stores/group.yaml")
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(canaries + stores)

        let result = try verify()
        #expect(result.exitCode == 0, "\(result.text)\(result.errorText)")
        let json = try JSONValue(parsing: try verify("--json").output)
        let admissions = try #require(json["admissions"]?.array)
        #expect(admissions.count >= 14, "\(result.text)")
        #expect(admissions.allSatisfy { $0["result"]?.string == "follows" })
        let bases = Set(admissions.compactMap { $0["basis"]?.string })
        #expect(bases == ["gate", "noGate", "proven"])
        #expect(admissions.contains { $0["rollback"]?.bool == true })
        #expect(
            result.text.contains(
                "admissions: \(admissions.count) of \(admissions.count) admissions follow from the evidence, "
                    + "0 do not, 0 cannot be told"))
    }

    @Test func whatAnyoneWritesIntoAReceiptIsNamed() throws {
        let store = stores[0]
        let latest = try #require(CommitID(try fleet.serverGit("rev-parse", "latest/canary-1")))
        let other = try #require(CommitID(try fleet.serverGit("rev-parse", "status/stores-2")))
        let canary = try #require(GroupName("canary"))
        let forgeries: [(words: String, change: (inout Receipt) -> Void)] = [
            ("'canary-1' of 'canary', which was to be looked at, is left out", { $0.witnesses = [] }),
            ("is another one at commit", { $0.rule = $0.rule?.milder }),
            ("says that 'stores' has no gate; at commit", { $0.basis = .noGate }),
            ("is of 'stores-2'", { $0.witnesses = $0.witnesses.map { $0.naming(other) } }),
            (
                "which has another one with that number",
                { $0.witnesses = $0.witnesses.map { $0.naming(latest) } }
            ),
            ("is not in the fleet's authentic history", { $0.commit = other }),
            ("lists the node in group 'stores', not in 'canary'", { $0.group = canary }),
            ("had not gone back from", { $0.isRollback = true }),
            ("nobody declared", { $0.declaration = Declaration(digest: Digest(of: [1]), commit: $0.commit) }),
            ("which it calls admitted", { $0.declaration = $0.previous ?? $0.declaration }),
        ]
        let tip = try fleet.serverGit("rev-parse", "status/\(store.name)")
        for forgery in forgeries {
            try forge(store, onto: tip, forgery.change)
            let result = try verify()
            #expect(result.exitCode == 77, "\(forgery.words)")
            #expect(result.text.contains(forgery.words), "\(result.text)")
            #expect(result.lines.last == "authentic, and not every admission follows")
        }
    }

    /// Writes a node's next report, signed with its own key, with another receipt.
    private func forge(_ node: LocalNode, onto tip: String, _ change: (inout Receipt) -> Void) throws {
        func show(_ file: String) throws -> [UInt8] {
            try runSuccessfully(
                ["git", "show", "\(tip):\(file)"], in: fleet.server, environment: Git.environment
            ).output
        }
        var report = try Report(parsing: try show("report.json"))
        report.sequence += 1
        report.previous = CommitID(tip)
        var receipt = try #require(Receipt(json: try JSONValue(parsing: try show("receipt.json"))))
        change(&receipt)
        var entries = ""
        for (name, bytes) in [("receipt", receipt.documentBytes), ("report", report.documentBytes)] {
            let blob = try runSuccessfully(
                ["git", "hash-object", "-w", "--stdin"], in: fleet.server, environment: Git.environment,
                input: bytes)
            entries += "100644 blob \(blob.text)\t\(name).json\n"
        }
        let tree = try runSuccessfully(
            ["git", "mktree"], in: fleet.server, environment: Git.environment, input: Array(entries.utf8)
        ).text
        let sign = ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(node.state)/node_ed25519"]
        func commit(_ arguments: [String]) throws -> String {
            try runSuccessfully(
                ["git"] + sign + ["commit-tree", "-S", tree] + arguments, in: fleet.server,
                environment: Git.environment
            ).text
        }
        let id = try commit(["-p", tip, "-m", "report"])
        let latest = try commit(["-m", "report\n\nPlimsoll-Chain: \(id)"])
        try fleet.serverGit("update-ref", "refs/heads/status/\(node.name)", id)
        try fleet.serverGit("update-ref", "refs/heads/latest/\(node.name)", latest)
    }
}

extension GateRule {
    /// The same with a soak of nothing.
    fileprivate var milder: GateRule {
        GateRule(after: after, healthy: healthy, soak: .zero, failures: failures)
    }
}

extension GateAnswer.Witness {
    /// The same with another report.
    fileprivate func naming(_ report: CommitID) -> GateAnswer.Witness {
        GateAnswer.Witness(
            group: group, node: node, standing: standing, isHeld: isHeld, report: report, sequence: sequence,
            healthyFor: healthyFor)
    }
}
