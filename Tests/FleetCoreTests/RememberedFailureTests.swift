import FleetCore
import FleetTesting
import Testing

/// What a canary once said of a failure stays said: the server may hide its report, not the failure.
struct RememberedFailureTests {
    private static let b = Declaration("B", by: 2)

    @Test(arguments: [
        CanaryEvidence.Testimony.none, .rejected("its report is gone from the remote"),
        .peerAhead(.number(7)), .fork(.number(7)),
    ])
    func `a failure that was heard closes the gate whatever the server shows now`(
        testimony: CanaryEvidence.Testimony
    ) {
        let canaries = (1...9).map { Canary.healthy("canary-\($0)", on: Self.b) }
        let evidence = Evidence.sample(canaries + [Canary("canary-10", testimony)])
        let rule = GateRule(
            after: [.of("canary")], healthy: .percent(90), soak: TimeSpan(seconds: 60), failures: .count(0),
            silence: .hold, allowsUncovered: true)
        // Nine of ten are enough, unless the tenth has failed.
        #expect(rule.answer(for: Self.b, on: evidence, applied: []).verdict == .open)
        let remembering = Evidence(
            groups: evidence.groups.mapValues { group in
                group.map {
                    CanaryEvidence(
                        node: $0.node, isHeld: $0.isHeld, testimony: $0.testimony, lastNews: $0.lastNews,
                        failed: $0.node == .of("canary-10") ? [Self.b] : [])
                }
            }, watching: evidence.watching, firstSeen: evidence.firstSeen, heartbeat: evidence.heartbeat,
            entries: evidence.entries)
        #expect(rule.answer(for: Self.b, on: remembering, applied: []).verdict == .closed)
    }

    @Test func `a report tells what has failed: finally, or by degrading its node`() {
        let a = Declaration("A", by: 1)
        var report = Report.sample(node: "canary-1", admitted: a, failed: [Self.b], phase: .converged)
        #expect(report.declarationsFailed == [Self.b])
        report.phase = .degraded
        #expect(report.declarationsFailed == [a, Self.b])
    }

    @Test func `what is remembered of a peer outlives the state file`() {
        let peer = PeerMemory(
            node: .of("canary-1"), key: "ssh-ed25519 AAAA", sequence: 3, id: .number(9), lastNews: .zero,
            failed: [Self.b])
        #expect(PeerMemory(json: peer.json) == peer)
        // As the release before wrote it.
        guard case .object(var members) = peer.json else { return }
        members["failed"] = nil
        #expect(PeerMemory(json: .object(members))?.failed == [])
    }
}
