import FleetCore
import FleetTesting
import Testing

/// What a receipt is worth: recomputed from history, or named with what is wrong.
struct ReceiptAuditTests {
    private static let a = ReceiptSample.a
    private static let b = ReceiptSample.b

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        /// The codes of the findings, in their order.
        let codes: [ReceiptVerdict.Code]
        /// A part of the first finding's message.
        let words: String
        let change: @Sendable (inout ReceiptSample) -> Void

        init(
            _ description: String, _ codes: ReceiptVerdict.Code..., saying words: String = "",
            change: @escaping @Sendable (inout ReceiptSample) -> Void
        ) {
            testDescription = description
            self.codes = codes
            self.words = words
            self.change = change
        }
    }

    static let honest = [
        Case("as it was") { _ in },
        Case("no gate") {
            $0.rule = nil
            $0.receipt.basis = .noGate
            $0.receipt.rule = nil
            $0.receipt.witnesses = []
        },
        Case("a canary on hold may lag") {
            $0.canaries = [.sample(["canary-1", "canary-2"], held: ["canary-2"])]
            $0.see("canary-2", .sample(admitted: a), as: .behind)
            $0.say(of: "canary-2", isHeld: true)
        },
        Case("a canary that moved on vouches still") {
            let c = Declaration("C", by: 3)
            $0.see("canary-2", .sample(admitted: c, proven: [b: 14_400]))
            $0.history = "A B C"
            $0.receipt.commit = .number(3)
        },
        Case("90 % suffice") {
            $0.rule = .sample(healthy: "50%")
            $0.receipt.rule = $0.rule
            $0.see("canary-2", .sample(admitted: a), as: .behind)
        },
        Case("a silent one that the rule need not count") {
            $0.rule = .sample(healthy: "50%")
            $0.receipt.rule = $0.rule
            $0.see("canary-2", .sample(admitted: b, proven: [b: 14_400]), as: .silent)
        },
        Case("urgent, by the soak that the group has for that") {
            $0.urgency = Urgency(until: $0.receipt.time.day, reason: "DSA-6015-1")
            $0.whenUrgent = UrgentRules(soak: .of("10m"))
            $0.receipt.urgent = $0.urgency
            $0.receipt.rule = .sample(soak: "10m")
        },
        Case("going back to what was proven here") { $0.goBack() },
        Case("going back by the gate") {
            $0.goBack()
            $0.receipt.basis = .gate
            $0.receipt.rule = .sample()
            for name in ["canary-1", "canary-2"] {
                $0.see(name, .sample(admitted: b, proven: [a: 14_400, b: 9]))
            }
            $0.entries[b] = $0.entries[a]
            $0.bearer.phase = .converging
            $0.bearer.packages.counts = [.newer: 1]
        },
        Case("going back over two, in its turn") {
            $0.goBack("A B C A")
            $0.receipt.commit = .number(4)
            $0.receipt.previous = Declaration("C", by: 3)
            $0.receipt.isRollback = false
        },
    ]

    @Test(arguments: honest)
    func `an admission that was as the rules have it follows`(_ honest: Case) {
        var sample = ReceiptSample()
        honest.change(&sample)
        #expect(sample.verdict.findings == [])
        #expect(sample.verdict.conclusion == .follows)
        #expect(sample.verdict.leftOutAsSilent == [])
    }

    static let wrong: [Case] = [
        Case("urgent, and the commit does not say so", .urgencyUnfounded, saying: "does not") {
            $0.receipt.urgent = Urgency(until: $0.receipt.time.day, reason: "because")
        },
        Case("urgent when that was over", .urgencyUnfounded, saying: "it was urgent until 2001-01-01") {
            $0.receipt.time = .of("2026-11-22T12:00:00Z")
            $0.urgency = Urgency(until: .of("2001-01-01"), reason: "DSA-6015-1")
            $0.receipt.urgent = $0.urgency
        },
        Case("another node's receipt", .receiptOfAnother, saying: "is of 'atm-2' in 'acme', not of 'atm-1'") {
            $0.receipt.node = .of("atm-2")
        },
        Case("a commit beside the chain", .commitBesideChain, saying: "not in the fleet's authentic history")
        {
            $0.place = .beside
        },
        Case("a commit that the node did not have yet", .commitNotYetFollowed, saying: "is newer than") {
            $0.place = .afterBearer
        },
        Case("a commit that nobody can follow", .commitUnreadable, saying: "no key 'wafes'") {
            $0.place = .unreadable("no key 'wafes'")
        },
        Case(
            "another group's gate", .notInGroup, saying: "lists the node in group 'offices', not in 'stores'"
        ) {
            $0.place = .otherGroup(.of("offices"))
        },
        Case("on hold", .onHold, saying: "the fleet was on hold: holiday") { $0.fleetHold = "holiday" },
        Case("another baseline", .otherBaseline, saying: "has the baseline 'base'") {
            $0.receipt.baseline = .of("other")
        },
        Case("a declaration that nobody made", .declarationUnknown, saying: "nobody declared") {
            $0.receipt.commit = .number(1)
            $0.history = "A"
        },
        Case("a withdrawn declaration", .declarationWithdrawn, saying: "had been withdrawn by commit 0000") {
            $0.history = "A B A"
            $0.receipt.commit = .number(3)
        },
        Case("back without a revert", .declarationNotAhead, saying: "does not come after") {
            $0.receipt.previous = b
        },
        Case("no gate where there is one", .gateIgnored, saying: "says that 'stores' has no gate") {
            $0.receipt.basis = .noGate
        },
        Case("a gate where there is none", .gateInvented, saying: "'stores' has no gate") { $0.rule = nil },
        Case(
            "a rule milder than the commit's", .ruleDiffers,
            saying: "healthy 50% in the receipt, 100% at the commit; soak 1s in the receipt, 4h at the commit"
        ) { $0.receipt.rule = .sample(healthy: "50%", soak: "1s") },
        Case("no rule", .ruleDiffers, saying: "names no rule") { $0.receipt.rule = nil },
        Case("a rollback without withdrawal", .rollbackUnfounded, saying: "had not gone back from") {
            $0.receipt.isRollback = true
        },
        Case("a rollback over two", .rollbackUnfounded, saying: "took back 2 declarations at once") {
            $0.goBack("A B C A")
            $0.receipt.commit = .number(4)
            $0.receipt.previous = Declaration("C", by: 3)
        },
        Case("proven without proof", .proofMissing, saying: "no earlier report of the node says") {
            $0.goBack()
            $0.proof = .none
        },
        Case("forward because it was proven", .rollbackUnfounded) {
            $0.receipt.basis = .proven
            $0.proof = .before
        },
        Case("entries that no canary has", .uncovered, saying: "no healthy canary has src:bind9") {
            for name in ["canary-1", "canary-2"] {
                $0.see(name, .sample(admitted: b, proven: [b: 14_400], notApplicable: ["src:bind9"]))
            }
        },
    ]

    static let falseWitnesses: [Case] = [
        Case(
            "one that has left is left out, by an agent that calls itself an old one", .witnessLeftOut,
            saying: "'canary-3', which has left 'canary' since the declaration, is left out"
        ) {
            $0.departed = [.of("canary"): [ReceiptGround.Peer(.of("canary-3"), isHeld: false, hasLeft: true)]]
            $0.bearer.agent = "0.0.9"
        },
        Case(
            "a witness left out", .witnessLeftOut, .gateNotOpen,
            saying: "'canary-2' of 'canary', which was to be looked at, is left out"
        ) { $0.receipt.witnesses.removeAll { $0.node == .of("canary-2") } },
        Case("a witness of another group", .witnessInvented, saying: "'office-1' of 'offices' is no node") {
            $0.receipt.witnesses.append(
                GateAnswer.Witness(
                    group: .of("offices"), node: .of("office-1"), standing: .healthy, isHeld: false,
                    report: .number(1_000), sequence: 7, healthyFor: nil))
        },
        Case("a witness twice", .witnessDoubled, saying: "is counted 2 times") {
            $0.receipt.witnesses.append($0.receipt.witnesses[0])
        },
        Case(
            "a witness said to be on hold", .witnessHold,
            saying: "is on hold in the receipt, and not at commit"
        ) {
            $0.say(of: "canary-2", isHeld: true)
        },
        Case("a report of another node", .reportOfAnother, .gateNotOpen, saying: "is of 'store-2'") {
            $0.reports[$0.reportID(of: "canary-2")] = .ofAnother(.of("store-2"))
        },
        Case("a report to another fleet", .reportNotAuthentic, .gateNotOpen, saying: "to the fleet 'other'") {
            $0.reports[$0.reportID(of: "canary-2")] = .notAuthentic("it is a report to the fleet 'other'")
        },
        Case("a report beside the chain", .reportBesideChain, .gateNotOpen, saying: "another one with that") {
            $0.reports[$0.reportID(of: "canary-2")] = .beside
        },
        Case("a report by another key", .reportByOtherKey, .gateNotOpen, saying: "signed by another key") {
            let id = $0.reportID(of: "canary-2")
            $0.reports[id] = .found(.sample(node: "canary-2", admitted: b), isByListedKey: false)
        },
        Case("no report at all", .reportNotNamed, .gateNotOpen, saying: "which names no report of it") {
            $0.say(of: "canary-2", report: .some(nil))
        },
        Case("another number", .numberDiffers, saying: "has number 7, in the receipt it is 8") {
            $0.say(of: "canary-2", sequence: 8)
        },
        Case(
            "a soak cut short", .standingDiffers, .gateNotOpen, saying: "says soaking: well for 14399 s of 4h"
        ) {
            $0.see("canary-2", .sample(admitted: b, proven: [b: 14_399]))
        },
        Case(
            "a soak made up", .soakDiffers, .standingDiffers, .gateNotOpen,
            saying: "14400 s in the receipt, for 9 s"
        ) {
            $0.see("canary-2", .sample(admitted: b, proven: [b: 9]))
            $0.say(of: "canary-2", healthyFor: 14_400)
        },
        Case("a failure passed over", .standingDiffers, .gateNotOpen, saying: "says failed") {
            $0.see("canary-2", .sample(admitted: b, proven: [b: 14_400], phase: .degraded))
        },
        Case("a gate that was waiting", .gateNotOpen, saying: "1 of 2 required in 'canary' are healthy") {
            $0.see("canary-2", .sample(admitted: a), as: .behind)
        },
        Case("a gate that was closed", .gateNotOpen, saying: "1 of 2 in 'canary' failed") {
            $0.see("canary-2", .sample(admitted: a, failed: [b]), as: .failed)
        },
    ]

    @Test(arguments: wrong + falseWitnesses)
    func `what does not follow is named`(_ wrong: Case) {
        var sample = ReceiptSample()
        wrong.change(&sample)
        let verdict = sample.verdict
        #expect(Array(verdict.findings.map(\.code).prefix(wrong.codes.count)) == wrong.codes)
        #expect(verdict.findings.first?.message.contains(wrong.words) == true, "\(verdict.findings)")
        #expect(verdict.conclusion == .doesNotFollow)
    }

    static let untold = [
        Case("a report that nobody has", .reportMissing) { $0.reports[$0.reportID(of: "canary-2")] = nil },
        Case("a commit before the introduction", .commitBeforeIntroduction) {
            $0.place = .beforeIntroduction
        },
        Case("a newer format", .commitUnavailable) { $0.place = .unavailable("needs agent 9") },
        Case("a proof only in the same report", .proofUnknown) {
            $0.goBack()
            $0.proof = .withIt
        },
        Case("entries that cannot be read", .coverUnknown) { $0.entries = [:] },
        Case("entries that came with the change", .coverUnknown) {
            for name in ["canary-1", "canary-2"] {
                $0.see(name, .sample(admitted: b, proven: [b: 14_400], notApplicable: ["src:bind9"]))
            }
            $0.bearer.phase = .converged
            $0.bearer.transaction = TransactionStatement(
                started: Timestamp(seconds: 1), duration: .zero, result: .succeeded, changes: [], log: nil)
        },
    ]

    @Test(arguments: untold)
    func `what is missing is no verdict`(_ untold: Case) {
        var sample = ReceiptSample()
        untold.change(&sample)
        #expect(sample.verdict.findings.map(\.code) == untold.codes)
        #expect(sample.verdict.conclusion == .cannotBeTold)
    }

    @Test func `who is left out as silent is named, for only the node knows`() {
        var sample = ReceiptSample()
        sample.rule = .sample(silence: .leave(after: .of("72h")))
        sample.receipt.rule = sample.rule
        sample.see("canary-2", .sample(admitted: Self.a), as: .silent)
        #expect(sample.verdict.conclusion == .follows)
        #expect(sample.verdict.leftOutAsSilent == [.of("canary-2")])
        sample.rule = .sample()
        sample.receipt.rule = sample.rule
        #expect(sample.verdict.findings.map(\.code) == [.gateNotOpen])
    }
}
