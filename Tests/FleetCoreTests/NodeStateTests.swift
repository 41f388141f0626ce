import FleetCore
import FleetTesting
import Testing

/// `state.json` and `receipt.json`: written, read, and understood by the release before and after.
struct NodeStateTests {
    @Test func `the same memory has the same bytes, in whatever order it was made`() {
        // Two commits that begin alike, as people see them.
        let failed = [1, 2].map { Declaration("A", by: $0) }
        let bytes = [failed, failed.reversed()].map { declarations in
            var state = NodeState()
            var seen: Set<Declaration> = []
            for declaration in declarations { seen.insert(declaration) }
            state.peers = [
                PeerMemory(
                    node: .of("canary-1"), key: "k", sequence: 1, id: nil, lastNews: .zero, failed: seen)
            ]
            return state.json.documentBytes
        }
        #expect(bytes[0] == bytes[1])
    }

    private static let membership = Membership.sample("A B - C A D")
    private static let a = Declaration("A", by: 1)
    private static let d = Declaration("D", by: 6)

    static let receipt = Receipt(
        fleet: .of("acme"), node: .of("atm-1"), group: .of("stores"), baseline: .of("base"), declaration: d,
        previous: a, commit: .number(6), basis: .gate, isRollback: true,
        rule: GateRule.sample(
            after: ["canary", "lab"], healthy: "90%", failures: "2", silence: .leave(after: .of("72h")),
            allowsUncovered: true),
        witnesses: GateRule.sample().answer(
            for: d,
            on: .sample([
                .healthy("canary-1", on: d), Canary.failed("canary-2", on: d).held(),
                Canary("canary-3", .none), Canary("canary-4", .fork(.number(9))),
            ]), applied: []
        ).witnesses, time: .of("2026-11-22T12:00:00Z"))

    private static let full: NodeState = {
        var state = NodeState()
        state.mark = .number(6)
        state.followed = .number(5)
        state.introduction = .number(1)
        state.ground = .number(5)
        state.settled = .number(4)
        state.stacks = [.of("base"): membership.stack]
        state.previous = .sample(a, in: membership)
        state.admitted = Admission(
            baseline: .of("base"), declaration: d,
            form: CanonicalForm(.sample(["nginx": "0.270", "src:openssl": "3", "telnetd": "purged"])),
            readAt: .number(6), receipt: receipt, progress: .begun, badChecks: ["service nginx"])
        let change = PackageChange(id: .of("nginx:amd64"), from: nil, to: .of("2"))
        state.changes.record([change], for: d)
        state.proven = [Proof(declaration: a, healthyFor: TimeSpan(milliseconds: 1_234))]
        let checks = CheckResult.Outcome.allCases.map { CheckResult(name: "c", outcome: $0, message: "m") }
        state.failed = [
            FailureRecord(
                failure: Failure(declaration: d, attempts: 2, isFinal: false, reason: "x"),
                retry: RetryToken(group: "1", node: nil), checksBefore: checks)
        ]
        state.wellness = Wellness(
            declaration: a, healthyFor: TimeSpan(milliseconds: 5), isProven: true, bootID: "boot-1",
            sinceBoot: TimeSpan(milliseconds: 99))
        state.intent = Intent(
            kind: .undo, declaration: d, attempt: 2,
            request: ChangeRequest(
                pins: [Pin(key: .of("src:openssl"), version: .of("3"))],
                targets: [.of("nginx:amd64"): .of("1")], removals: [.of("new:i386"): true],
                sha256: [.of("nginx:amd64"): .letter("x")],
                sources: [SourceList(name: .of("debian-12"), content: "Types: deb\n")], isReturn: true),
            planned: [change], automatic: [.of("nginx:amd64")], checksBefore: checks,
            started: .of("2026-11-22T12:00:00Z"), reason: "a check")
        state.intent?.interruptions = 2
        state.intent?.attemptsAllowed = 5
        state.intent?.retry = RetryToken(group: "again", node: nil)
        state.intent?.checks = [
            Check(.service("nginx")), Check(.command(["/bin/true", "a b"]), timeout: .of("3s")),
            Check(.http(url: "http://127.0.0.1/", status: 204)),
        ]
        if let intent = state.intent {
            state.unsettled = UnsettledTransaction(intent: intent, bootID: "boot-1")
        }
        state.wellKernels = ["6.1.0-21-amd64"]
        state.kernelReturn = KernelReturn(left: "6.1.0-22-amd64")
        state.kernelReturn?.chosen = "6.1.0-21-amd64"
        state.kernelReturn?.isSet = true
        state.kernelReturn?.before = "0"
        state.kernelReturn?.obstacle = "no boot loader"
        state.kernelReturn?.hasBooted = true
        state.restarts = PendingRestarts(
            services: [OutdatedService(unit: "a.service", packages: [.of("libx")])], restarted: ["b.service"])
        state.reboots = [
            RebootRecord(
                declaration: d, retry: RetryToken(group: nil, node: "1"), count: 2, bootID: "boot-1",
                askedAt: TimeSpan(milliseconds: 6))
        ]
        state.transaction = TransactionStatement(
            started: .of("2026-11-22T12:00:00Z"), duration: .of("3s"), result: .failed, changes: [change],
            log: "dpkg")
        state.backOff = BackOff(
            declaration: d, tries: 3, until: TimeSpan(milliseconds: 7),
            reason: Reason(.packagesLocked, "locked"))
        state.report.sequence = 12
        state.report.id = .number(0xc)
        state.report.dueKey = .letter("k")
        state.report.proven = state.proven
        state.report.at = TimeSpan(milliseconds: 77)
        state.report.isPushed = false
        state.peers = [
            PeerMemory(
                node: .of("canary-1"), key: "ssh-ed25519 AAAA", sequence: 3, id: .number(3),
                lastNews: TimeSpan(milliseconds: 8)),
            PeerMemory(node: .of("canary-2"), key: "k", sequence: 0, id: nil, lastNews: .zero),
        ]
        state.unwell = d
        state.watchedAt = TimeSpan(milliseconds: 77)
        state.firstSeen = [d: TimeSpan(milliseconds: 3), a: .zero]
        state.running = RunningTime(
            bootID: "boot-1", sinceBoot: TimeSpan(milliseconds: 4), total: TimeSpan(milliseconds: 5))
        state.identityConflict = true
        addRest(to: &state)
        return state
    }()

    private static func addRest(to state: inout NodeState) {
        state.attended = .of("2026-11-22T12:00:00Z")
        state.retries = 2
        state.durations.record(ChangeDurations.Measured(changes: 3, duration: TimeSpan(milliseconds: 4_000)))
        state.prefetchBackOff = BackOff(
            declaration: d, tries: 1, until: TimeSpan(milliseconds: 9),
            reason: Reason(.sourceUnreachable, "away"))
        state.claim = ClaimMemory(sequence: 12)
        state.report.sent = 11
        state.report.key = "ssh-ed25519 AAAA"
        state.report.saysConflict = true
        state.peers[0].failed = [a]
        state.stoppedUpdaters = [StoppedUpdater(unit: "apt-daily.timer", wasActive: true)]
        state.findings = MachineFindings(
            found: [
                Finding(code: "pendingRestart", package: "libx", path: "b.service", message: "runs old code")
            ],
            keys: [
                SourceKey(
                    path: "/etc/apt/k.gpg", id: "0123456789ABCDEF", expires: .of("2027-01-01T00:00:00Z"))
            ],
            keysMark: "m")
        state.news = BranchNews(at: TimeSpan(milliseconds: 70), isTooOld: true)
    }

    @Test func `what is written is read again`() throws {
        for state in [NodeState(), Self.full] {
            #expect(try NodeState(json: JSONValue(parsing: state.json.documentBytes)) == state)
        }
    }

    @Test func `fields of a newer agent are kept`() throws {
        var members = try #require(Self.full.json.object)
        members["waves"] = ["seen": [.number(1), .decimal("2.50")]]
        let state = try NodeState(json: .object(members))
        #expect(state.json == .object(members))
        #expect(try NodeState(json: state.json) == state)
    }

    @Test(arguments: [
        "mark", "followed", "introduction", "admitted", "previous", "wellness", "intent", "transaction",
        "backOff", "peers", "firstSeen", "identityConflict", "changes", "proven", "failed", "stacks",
        "unsettled", "restarts", "reboots", "wellKernels", "kernelReturn", "ground",
        "settled",
    ])
    func `a field that the release before did not write may be missing`(_ field: String) throws {
        var members = try #require(Self.full.json.object)
        members[field] = nil
        _ = try NodeState(json: .object(members))
    }

    @Test(
        arguments: [
            ("format", .number(2)), ("format", nil), ("mark", "abc"), ("admitted", [:]), ("admitted", "x"),
            ("intent", ["kind": "dance"]), ("proven", [[:]]), ("failed", ["x"]),
            ("stacks", ["base": ["layers": [[:]]]]),
            ("stacks", ["No Name": [:]]), ("peers", [[:]]), ("firstSeen", [[:]]), ("wellness", [:]),
            ("running", [:]),
            ("report", [:]), ("changes", [[:]]),
        ] as [(String, JSONValue)])
    func `a damaged state is an alarm, never a first start`(_ field: String, _ value: JSONValue) throws {
        var members = try #require(Self.full.json.object)
        members[field] = value
        let json = JSONValue.object(members)
        let error = #expect(throws: StateError.self) { try NodeState(json: json) }
        #expect(error?.field.hasPrefix(field) ?? false)
    }

    @Test func `a change that is not understood is an alarm: undoing without it would be wrong`() throws {
        var members = try #require(Self.full.json.object)
        members["changes"] = [["declaration": Self.d.json, "changes": [["name": "nginx"]]]]
        let json = JSONValue.object(members)
        #expect(throws: StateError.self) { try NodeState(json: json) }
        members = try #require(Self.full.json.object)
        var intent = try #require(members["intent"]?.object)
        intent["planned"] = [["name": "nginx"]]
        members["intent"] = .object(intent)
        let other = JSONValue.object(members)
        #expect(throws: StateError.self) { try NodeState(json: other) }
    }

    @Test func `a receipt that is written is read again`() throws {
        let json = try JSONValue(parsing: Self.receipt.documentBytes)
        #expect(Receipt(json: json) == Self.receipt)
        var rollback = Self.receipt
        rollback.rule = nil
        rollback.previous = nil
        rollback.basis = .proven
        rollback.isRollback = false
        rollback.witnesses = []
        #expect(Receipt(json: rollback.json) == rollback)
    }

    @Test(arguments: ["schema", "node", "declaration", "commit", "basis"])
    func `a receipt without this is none`(_ field: String) throws {
        var members = try #require(Self.receipt.json.object)
        members[field] = nil
        #expect(Receipt(json: .object(members)) == nil)
    }

    @Test func `from a receipt's evidence and rule the decision is computed again`() throws {
        let rule = GateRule.sample()
        let report = Report.sample(admitted: Self.d, proven: [Self.d: 14_400])
        let evidence = Evidence.sample([Canary("canary-1", report)])
        let answer = rule.answer(for: Self.d, on: evidence, applied: [])
        var receipt = Self.receipt
        receipt.rule = rule
        receipt.witnesses = answer.witnesses
        let read = try #require(Receipt(json: JSONValue(parsing: receipt.documentBytes)))
        #expect(read.rule?.answer(for: read.declaration, on: evidence, applied: []) == answer)
        #expect(read.witnesses == answer.witnesses)
    }
}
