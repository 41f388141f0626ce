import FleetCore
import FleetTesting
import Testing

/// What a rollout needs a person for, and what a budget does to it.
struct RolloutNeedTests {
    private static let declared = Declaration("B", by: 2)
    private static let now = Instant.at(0)

    private static func testimony(
        _ node: String, admitted: Bool = false, proven: Int64? = nil, phase: Phase = .waiting,
        reasons: [Reason.Code] = [], failed: Bool = false
    ) -> CanaryEvidence.Testimony {
        var report = Report.sample(
            node: node, admitted: admitted ? declared : nil, proven: proven.map { [declared: $0] } ?? [:],
            failed: failed ? [declared] : [], phase: phase, reasons: reasons)
        report.baseline.declared = declared
        report.time = now.wall
        return .report(report, id: .number(0xabc))
    }

    private func rollout(
        _ canaries: [Canary], budget: Budget? = nil, places: [LabelValue: BudgetPlaces] = [:],
        outdated: Set<NodeName> = []
    ) -> GroupRollout {
        let nodes = Evidence.sample(canaries).groups.values.flatMap(\.self).sorted { $0.node < $1.node }
        let sample = Membership.sample("A B", budget: budget)
        let facts = GroupRolloutFacts(
            membership: sample, declared: Self.declared, since: nil, soak: .of("4h"), holds: [],
            nodes: nodes, places: places, outdated: outdated)
        return GroupRollout(facts, evidence: .sample([]), before: [:], now: Self.now)
    }

    private func waiting(_ names: [String], at site: String?) -> [Canary] {
        names.map { Canary($0, Self.testimony($0)).labelled(site.map { ["site": $0] } ?? [:]) }
    }

    @Test(
        arguments: [
            (testimony("a", failed: true), "failed", true),
            (testimony("a", admitted: true, phase: .degraded), "degraded", false),
            (testimony("a", phase: .untrusted, reasons: [.untrusted]), "untrusted", true),
            (testimony("a", phase: .held, reasons: [.groupHold, .untrusted]), "untrusted", true),
            (testimony("a", phase: .unreadable, reasons: [.unreadable]), "unreadable", true),
            (testimony("a", phase: .unreadable, reasons: [.newerAgentNeeded]), "unreadable", true),
            (testimony("a", phase: .notEnrolled), "not enrolled", true),
            (testimony("a", phase: .stateLost), "state lost", true),
            (testimony("a", reasons: [.identityConflict]), "identity conflict", false),
            (testimony("a", admitted: true, reasons: [.heldByHand]), "no evidence", true),
            (testimony("a", reasons: [.heldByHand]), "no evidence", false),
            (testimony("a", admitted: true, reasons: [.excepted]), "no evidence", true),
            (testimony("a", phase: .blocked, reasons: [.noSpace]), "blocked", false),
            (.none, "never reported", false), (.rejected("it is not signed"), "not believed", false),
            (.fork(.number(9)), "on another history", false),
            (testimony("a"), nil, false), (testimony("a", admitted: true, proven: 14_400), nil, false),
        ] as [(CanaryEvidence.Testimony, String?, Bool)])
    func whoDoesNotGetFurtherSaysWhatAPersonDoes(
        testimony: CanaryEvidence.Testimony, state: String?, isOnlyWay: Bool
    ) {
        let rollout = rollout([Canary("a", testimony)])
        #expect(rollout.needs.first?.step.state == state)
        #expect(rollout.needsPerson == isOnlyWay)
        #expect(rollout.needs.allSatisfy { $0.nodes == [.of("a")] && !$0.step.step.isEmpty })
    }

    @Test(arguments: [Reason.Code.checkFailedBefore, .rebootRequired, .checkFailed])
    func aSoakThatDoesNotRunPromisesNoTime(code: Reason.Code) {
        let canary = Canary("a", Self.testimony("a", admitted: true, phase: .blocked, reasons: [code]))
        let rollout = rollout([canary])
        #expect(rollout.events.allSatisfy { $0.at == nil }, "\(rollout.events)")
        guard case .open(let why) = rollout.estimate else {
            Issue.record("it promises \(rollout.estimate)")
            return
        }
        #expect(why.hasPrefix("a (") || why.hasPrefix("nothing of it"), "\(why)")
    }

    @Test func whatHasFailedFinallyEndsNothingAndTheOthersGoOn() {
        let failed = Canary("b", Self.testimony("b", phase: .rolledBack, failed: true))
        let going = rollout([Canary("a", Self.testimony("a", admitted: true, proven: 10_800)), failed])
        #expect(going.needsPerson && going.movesByItself)
        #expect(going.estimate == .notBefore(Self.now.wall + TimeSpan(seconds: 3_600)))
        #expect(going.needs.first?.words.hasPrefix("b (failed): revert the commit") == true)
        let ended = rollout([Canary("a", Self.testimony("a", admitted: true, proven: 14_400)), failed])
        #expect(ended.needsPerson && !ended.movesByItself)
        // Somebody has changed 'retry' since: its next cycle tries again.
        let again = rollout([failed], outdated: [.of("b")])
        #expect(!again.needsPerson && again.needs.isEmpty)
    }

    private static let budget = Budget(unavailable: 2, per: "site")
    private static let berlin = LedgerName(group: .of("stores"), label: "site", value: .of("berlin-3"))

    private func places(_ holders: (String, Claimant.State)...) -> [LabelValue: BudgetPlaces] {
        [
            Self.berlin.value: BudgetPlaces(
                ledger: Self.berlin, limit: 2,
                holders: holders.map {
                    BudgetPlaces.Holder(
                        node: .of($0.0), state: $0.1, since: Timestamp(seconds: Self.now.wall.seconds - 300))
                })
        ]
    }

    @Test func aFullBudgetIsTheNextEventAndPutsTheEndOff() {
        let five = waiting(["a", "b", "c", "d", "e"], at: "berlin-3")
        let rollout = rollout(
            five, budget: Self.budget, places: places(("x", .inChange), ("y", .failed)))
        #expect(
            rollout.events.map(\.text) == [
                "site 'berlin-3': 2 of 2 in change or failed (x for 5m, y failed for 5m); 5 more wait there "
                    + "for a report that gives a place back"
            ])
        #expect(
            rollout.budget?.turns
                == "after 3 turns at site 'berlin-3' (5 wait, 2 at once): each ends with the nodes' own reports"
        )
        #expect(!rollout.needsPerson)
    }

    @Test func whereThereIsRoomSomeMayMoveAndTheRestTakeTurns() {
        let all = waiting(["a", "b", "c"], at: "berlin-3") + waiting(["d"], at: "bonn")
        let rollout = rollout(all, budget: Self.budget, places: places(("c", .inChange)))
        // One of two places is free at Berlin, c has the other, and Bonn is free.
        #expect(rollout.events.map(\.text) == ["3 nodes may move in the next cycle"])
        #expect(rollout.budget?.turns?.hasPrefix("after 1 turn at site 'berlin-3' (2 wait") == true)
        let free = self.rollout(waiting(["a"], at: "bonn"), budget: Self.budget)
        #expect(free.budget?.turns == nil)
    }

    @Test func whereAllPlacesHaveFailedOnlyAPersonHelps() {
        let rollout = rollout(
            waiting(["a"], at: "berlin-3"), budget: Self.budget,
            places: places(("x", .failed), ("y", .failed)))
        #expect(rollout.needsPerson && !rollout.movesByItself)
        let words = rollout.needs.first?.words ?? ""
        #expect(
            words.hasPrefix("x, y (failed, with all places of site 'berlin-3'): 1 wait there"), "\(words)")
        #expect(words.contains("plimsoll claims --end NODE"))
    }

    @Test func whoLacksTheLabelNeverMoves() {
        let rollout = rollout(waiting(["a"], at: nil), budget: Self.budget)
        #expect(rollout.needsPerson && !rollout.movesByItself)
        #expect(rollout.needs.first?.words.contains("give it the label in its file") == true)
    }
}
