import FleetCore
import FleetTesting
import Testing

/// What a report means for a budget.
struct AvailabilityTests {
    static let b = Declaration("B", by: 2)
    static let a = Declaration("A", by: 1)

    /// Every phase by itself. A new one must be put here.
    @Test(arguments: Phase.allCases)
    func `each phase says whether the node is in change or failed`(phase: Phase) {
        let expected: Availability =
            switch phase {
            case .converging, .stalled, .rebootRequired: .inChange
            case .failed, .rolledBack, .degraded, .stateLost, .unknown: .failed
            case .converged, .waiting, .blocked, .held, .untrusted, .unreadable, .notEnrolled: .available
            }
        #expect(Report.sample(admitted: Self.b, phase: phase).availability == expected)
    }

    /// Every reason under a phase that says nothing: a hold is the more pressing word.
    @Test(arguments: Reason.Code.allCases)
    func `each reason says it, too, whatever the phase`(code: Reason.Code) {
        let expected: Availability =
            switch code {
            case .interrupted, .rebootRequired, .rebooting, .rebootsExhausted, .restartPending: .inChange
            case .checkFailed, .declarationFailed, .attemptFailed, .rolledBack, .packagesBroken,
                .packagesUnreadable, .stateLost:
                .failed
            default: .available
            }
        #expect(Report.sample(admitted: Self.b, phase: .held, reasons: [code]).availability == expected)
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let expected: Availability
        let change: @Sendable (inout Report) -> Void

        init(
            _ description: String, _ expected: Availability,
            _ change: @escaping @Sendable (inout Report) -> Void
        ) {
            testDescription = description
            self.expected = expected
            self.change = change
        }
    }

    private static func transaction(_ result: TransactionStatement.Result) -> TransactionStatement {
        TransactionStatement(
            started: Timestamp(seconds: 0), duration: .zero, result: result, changes: [], log: nil)
    }

    static let cases = [
        Case("a reboot is required", .inChange) { $0.reboot.isRequired = true },
        Case("an entry waits for a reboot", .inChange) { $0.packages.counts = [.pendingReboot: 1] },
        Case("an entry waits for a restart", .inChange) { $0.packages.counts = [.pendingRestart: 1] },
        Case("a package is broken", .failed) { $0.packages.counts = [.installed: 9, .broken: 1] },
        Case("an older package is drift", .available) { $0.packages.counts = [.older: 1] },
        Case("on hold after a failure of what is declared", .failed) {
            $0.baseline.declared = b
            $0.failed = [Failure(declaration: b, attempts: 1, isFinal: true, reason: "")]
        },
        Case("a failure that is not final", .available) {
            $0.baseline.declared = b
            $0.failed = [Failure(declaration: b, attempts: 1, isFinal: false, reason: "")]
        },
        Case("a failure of what the branch has left behind", .available) {
            $0.baseline.declared = a
            $0.failed = [Failure(declaration: b, attempts: 1, isFinal: true, reason: "")]
        },
        Case("a change has begun", .inChange) { $0.transaction = transaction(.begun) },
        Case("an attempt left things half done", .failed) { $0.transaction = transaction(.failed) },
        Case("a result of a newer agent", .failed) { $0.transaction = transaction(.unknown) },
        Case("an attempt was undone", .available) { $0.transaction = transaction(.undone) },
        Case("a change succeeded", .available) { $0.transaction = transaction(.succeeded) },
        Case("mended by hand after a failed repair", .available) {
            $0.transaction = transaction(.failed)
            $0.phase = .converged
        },
        Case("failed outweighs in change", .failed) {
            $0.reboot.isRequired = true
            $0.phase = .degraded
        },
    ]

    @Test(arguments: cases)
    func `what else a report says`(_ one: Case) {
        var report = Report.sample(admitted: Self.b, phase: .waiting)
        one.change(&report)
        #expect(report.availability == one.expected)
    }
}

/// Who counts against a budget, and who may claim.
struct BudgetTests {
    static let b = Declaration("B", by: 2)
    static let ledger = LedgerName(group: .of("stores"), label: "site", value: .of("berlin-3"))

    static func claim(_ node: String, of declaration: Declaration = b, sequence: Int = 6) -> Claim {
        Claim(
            fleet: .of("acme"), ledger: ledger, node: .of(node), declaration: declaration,
            commit: .number(2), sequence: sequence, time: .of("2026-11-22T12:00:00Z"))
    }

    /// The sample of a report has number 7.
    static func report(_ phase: Phase = .converged) -> Claimant.Testimony {
        .report(.sample(node: "atm-2", group: "stores", admitted: b, phase: phase))
    }

    static let ending = Claimant.Ending(by: "ada", reason: "broken", time: .of("2026-11-22T12:00:00Z"))

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let claimant: Claimant
        let state: Claimant.State

        init(_ description: String, _ claimant: Claimant, _ state: Claimant.State) {
            testDescription = description
            self.claimant = claimant
            self.state = state
        }
    }

    static let states = [
        Case("well since", Claimant(claim: claim("atm-2"), testimony: report()), .ended),
        Case("well before", Claimant(claim: claim("atm-2", sequence: 7), testimony: report()), .inChange),
        Case(
            "an older report", Claimant(claim: claim("atm-2", sequence: 8), testimony: report()), .inChange),
        Case("it begins", Claimant(claim: claim("atm-2"), testimony: report(.converging)), .inChange),
        Case("it did not begin", Claimant(claim: claim("atm-2"), testimony: report(.waiting)), .ended),
        Case("it failed", Claimant(claim: claim("atm-2"), testimony: report(.rolledBack)), .failed),
        Case(
            "well for weeks, then degraded",
            Claimant(claim: claim("atm-2", sequence: 1), testimony: report(.degraded)), .failed),
        Case("never reported", Claimant(claim: claim("atm-2"), testimony: .none), .silent),
        Case("not believed", Claimant(claim: claim("atm-2"), testimony: .rejected("unsigned")), .silent),
        Case(
            "replaced since, and the new machine is well",
            Claimant(claim: claim("atm-2", sequence: 99), isOfEarlierKey: true, testimony: report()), .ended),
        Case(
            "replaced since, and the new machine is not heard",
            Claimant(claim: claim("atm-2"), isOfEarlierKey: true, testimony: .none), .silent),
        Case(
            "failed, and ended by a person",
            Claimant(claim: claim("atm-2"), ending: ending, testimony: report(.failed)), .ended),
        Case(
            "silent, and ended by a person",
            Claimant(claim: claim("atm-2"), ending: ending, testimony: .none), .ended),
    ]

    @Test(arguments: states)
    func `what has become of a claim`(_ one: Case) {
        #expect(one.claimant.state == one.state)
        #expect(one.claimant.isUnavailable == (one.state != .ended))
    }

    private func answer(
        _ claimants: [Claimant], unavailable: Int = 2, sequence: Int = 4
    ) -> BudgetAnswer {
        Budget(unavailable: unavailable, per: "site").answer(
            to: .of("atm-1"), for: Self.b, lastReport: sequence, in: Self.ledger, claimants: claimants)
    }

    @Test func `others count, the node itself does not`() {
        let open = Claimant(claim: Self.claim("atm-2"), testimony: .none)
        let other = Claimant(claim: Self.claim("atm-3"), testimony: Self.report(.failed))
        let ended = Claimant(claim: Self.claim("atm-4"), testimony: Self.report())
        let own = Claimant(
            claim: Self.claim("atm-1", of: Declaration("A", by: 1)), testimony: Self.report())
        #expect(answer([]) == .open)
        #expect(answer([open, ended, own]) == .open)
        guard case .full(let reason) = answer([open, other, ended, own]) else {
            Issue.record("a third was let in")
            return
        }
        #expect(reason.code == .budget && reason.count == 2)
        #expect(
            reason.message
                == "at site 'berlin-3' of 'stores' 2 of at most 2 are in change or failed: "
                + "atm-2 silent, atm-3 failed")
    }

    /// Three that were well have failed since, where two may: none of them could take what mends it if the
    /// others kept it from that.
    @Test func `a node that counts already takes nothing from the budget`() {
        let others = [2, 3].map {
            Claimant(claim: Self.claim("atm-\($0)"), testimony: Self.report(.degraded))
        }
        func own(_ testimony: Claimant.Testimony, ending: Claimant.Ending? = nil) -> Claimant {
            Claimant(
                claim: Self.claim("atm-1", of: Declaration("A", by: 1)), ending: ending, testimony: testimony)
        }
        #expect(answer(others + [own(Self.report(.degraded))]) == .open)
        #expect(answer(others + [own(Self.report(.converging))]) == .open)
        let free = [
            own(Self.report()), own(.none), own(.rejected("unsigned")),
            own(Self.report(.degraded), ending: Self.ending),
        ]
        for claimant in free {
            guard case .full = answer(others + [claimant]) else {
                Issue.record("a third was let in: \(claimant)")
                continue
            }
        }
    }

    @Test func `a node has what it claimed for this declaration and has not reported since`() {
        let others = (2...9).map { Claimant(claim: Self.claim("atm-\($0)"), testimony: .none) }
        let own = Claimant(claim: Self.claim("atm-1", sequence: 4), testimony: Self.report())
        #expect(answer(others + [own]) == .held(sequence: 4))
        // It has reported since: others may take the claim for ended.
        #expect(answer([own], sequence: 5) == .open)
        // For another declaration.
        let earlier = Claimant(
            claim: Self.claim("atm-1", of: Declaration("A", by: 1), sequence: 4), testimony: Self.report())
        #expect(answer([earlier]) == .open)
        // A person has ended it, or it is by a key that the node had before.
        let ended = Claimant(
            claim: Self.claim("atm-1", sequence: 4), ending: Self.ending, testimony: Self.report())
        #expect(answer([ended]) == .open)
        let foreign = Claimant(
            claim: Self.claim("atm-1", sequence: 4), isOfEarlierKey: true, testimony: Self.report())
        #expect(answer([foreign]) == .open)
    }

    /// Nodes claim one after the other, by the rule alone, and end as they like: there are never more than the
    /// budget allows, and each who is let in is let in with a reason to be.
    @Test(arguments: 0..<200)
    func `never more than the budget, whatever happens`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = 1 + random.below(4)
        var claimants: [NodeName: Claimant] = [:]
        let phases: [Phase] = [.converged, .waiting, .converging, .failed, .rebootRequired, .held]
        for step in 1...60 {
            let name = NodeName.of("atm-\(1 + random.below(8))")
            if random.once(in: 2) {
                let budget = Budget(unavailable: limit, per: "site")
                let answer = budget.answer(
                    to: name, for: Self.b, lastReport: step, in: Self.ledger,
                    claimants: Array(claimants.values))
                guard case .open = answer else { continue }
                claimants[name] = Claimant(
                    claim: Self.claim(name.description, sequence: step), testimony: .none)
            } else if let known = claimants[name], known.isUnavailable {
                var report = Report.sample(admitted: Self.b, phase: random.one(of: phases))
                report.sequence = step
                claimants[name] = Claimant(claim: known.claim, testimony: .report(report))
            }
            #expect(claimants.values.count(where: \.isUnavailable) <= limit)
        }
    }

    @Test func `a claim reads as it was written`() throws {
        var claim = Self.claim("atm-1")
        #expect(Claim(parsing: claim.documentBytes) == claim)
        claim.kind = .end
        claim.reason = "a technician comes on Monday"
        #expect(Claim(parsing: claim.documentBytes) == claim)
        #expect(
            String(decoding: Self.claim("atm-1").documentBytes, as: UTF8.self) == """
                {
                  "commit": "0000000000000000000000000000000000000002",
                  "declaration": {
                    "commit": "0000000000000000000000000000000000000002",
                    "digest": "\(Digest.letter("B"))"
                  },
                  "fleet": "acme",
                  "group": "stores",
                  "kind": "claim",
                  "label": "site",
                  "node": "atm-1",
                  "schema": "plimsoll/claim/v1",
                  "sequence": 6,
                  "time": "2026-11-22T12:00:00Z",
                  "value": "berlin-3"
                }

                """)
    }

    @Test(arguments: [
        "schema", "kind", "fleet", "group", "label", "value", "node", "declaration", "commit", "sequence",
    ])
    func `without what decides it is no claim`(field: String) throws {
        var members = try #require(Self.claim("atm-1").json.object)
        members[field] = nil
        #expect(Claim(json: .object(members)) == nil)
        members[field] = .string("Not A Name")
        #expect(field == "label" || Claim(json: .object(members)) == nil)
        members[field] = .number(-1)
        #expect(Claim(json: .object(members)) == nil)
    }

    @Test func `the state keeps a claim, and an older state has none`() throws {
        var state = NodeState()
        #expect(state.json["claim"] == nil)
        state.claim = ClaimMemory(sequence: 12)
        #expect(try NodeState(json: state.json).claim == ClaimMemory(sequence: 12))
        #expect(try NodeState(json: NodeState().json).claim == nil)
        #expect(throws: StateError.self) {
            var members = try #require(state.json.object)
            members["claim"] = "12"
            _ = try NodeState(json: .object(members))
        }
    }
}
