import FleetCore
import FleetTesting
import Testing

/// Whether the waves let a node move, by the reports of the waves before its own.
struct WaveRuleTests {
    typealias Situation = DecideTests.Situation

    private static let a = DecideTests.a
    private static let b = Declaration("B", by: 2)
    private static let peers = (1...8).map { "atm-\($0)" }
    private static let order = WavePlan(
        digest: b.digest, nodes: peers.map { .of($0) }, steps: [.percent(100)]
    ).order.map(\.description)

    /// Steps of 2, 2 and 4 nodes, of which three quarters must be well for half an hour.
    private static func waves(
        pauses: Set<Int> = [], failures: String = "0", silence: SilenceRule = .hold
    ) -> Waves {
        Waves(
            steps: [.percent(25), .percent(50), .percent(100)], pauses: pauses, healthy: .percent(75),
            soak: .of("30m"), failures: .of(failures), silence: silence)
    }

    /// What the nodes of a wave say.
    enum Says { case healthy, soaking, behind, failed, heldFailed, held, silentBefore }

    private static func evidence(_ steps: [[Says]]) -> Evidence {
        var names = order[...]
        let waves = steps.map { says in
            says.map { says -> CanaryEvidence in
                let name = names.removeFirst()
                let proven: [Declaration: Int64] =
                    switch says {
                    case .healthy: [b: 1_800]
                    case .soaking: [b: 1_799]
                    default: [:]
                    }
                let isFailed = says == .failed || says == .heldFailed
                let report = Report.sample(
                    node: name, admitted: proven.isEmpty ? a : b, proven: proven, failed: isFailed ? [b] : [])
                return CanaryEvidence(
                    node: .of(name), isHeld: says == .held || says == .heldFailed,
                    testimony: .report(report, id: .number(0xabc)),
                    lastNews: TimeSpan(seconds: says == .silentBefore ? 1 : 1_000_000))
            }
        }
        return Evidence(
            groups: [:], watching: TimeSpan(seconds: 1_000_000), firstSeen: [b: TimeSpan(seconds: 900_000)],
            heartbeat: .of("24h"), entries: [:], waves: [b: waves])
    }

    private static func decision(
        of position: Int, waves: Waves = waves(), evidence: Evidence?, proceed: Proceed? = nil
    ) -> Decision {
        let membership = Membership.sample(
            "A B", waves: waves, node: order[position], peers: peers, proceed: proceed)
        var node = Situation(membership, admitted: a, installed: ["nginx 1"])
        if let evidence { node.evidence = evidence }
        return node.decision
    }

    @Test func `the first wave asks nobody`() {
        for position in 0...1 {
            let decision = Self.decision(of: position, evidence: nil)
            #expect(decision.admitted?.declaration == Self.b)
            #expect(decision.lacking == nil)
            #expect(decision.admitted?.receipt.wave?.step == 1)
        }
    }

    @Test func `a later wave says whom it must hear first`() {
        let decision = Self.decision(of: 2, evidence: nil)
        #expect(decision.admitted?.declaration == Self.a)
        #expect(decision.lacking == .waves(Self.b))
        #expect(decision.reasons.map(\.code) == [.wave])
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let position: Int
        let steps: [[Says]]
        var waves = WaveRuleTests.waves()
        var codes: [Reason.Code] = []
    }

    static let cases = [
        Case(testDescription: "well", position: 2, steps: [[.healthy, .healthy]]),
        Case(
            testDescription: "three quarters of two are two", position: 2, steps: [[.healthy, .behind]],
            codes: [.wave]),
        Case(
            testDescription: "a second too early", position: 3, steps: [[.healthy, .soaking]],
            codes: [.wave]),
        Case(
            testDescription: "the third asks both", position: 7,
            steps: [[.healthy, .healthy], [.behind, .behind]], codes: [.wave]),
        Case(
            testDescription: "both are well", position: 7,
            steps: [[.healthy, .healthy], [.healthy, .healthy]]),
        Case(
            testDescription: "a failure in the first stops the third", position: 7,
            steps: [[.healthy, .failed], [.healthy, .healthy]], codes: [.waveFailed]),
        Case(
            testDescription: "failures that are allowed", position: 7,
            steps: [[.healthy, .healthy], [.failed, .healthy]],
            waves: Waves(
                steps: [.percent(25), .percent(50), .percent(100)], healthy: .percent(50), soak: .of("30m"),
                failures: .of("1"), silence: .hold)),
        Case(testDescription: "one on hold leaves the share", position: 2, steps: [[.healthy, .held]]),
        Case(
            testDescription: "one on hold does not leave the failures", position: 2,
            steps: [[.healthy, .heldFailed]], codes: [.waveFailed]),
        Case(testDescription: "a wave wholly on hold is passed", position: 2, steps: [[.held, .held]]),
        Case(
            testDescription: "silence from before leaves the share", position: 2,
            steps: [[.healthy, .silentBefore]], waves: waves(silence: .leave(after: .of("24h")))),
        Case(
            testDescription: "nobody left to vouch opens nothing", position: 2,
            steps: [[.silentBefore, .silentBefore]], waves: waves(silence: .leave(after: .of("24h"))),
            codes: [.wave]),
    ]

    @Test(arguments: cases)
    func `every wave before must have done well`(_ example: Case) {
        let decision = Self.decision(
            of: example.position, waves: example.waves, evidence: Self.evidence(example.steps))
        #expect(decision.reasons.map(\.code) == example.codes)
        #expect(decision.admitted?.declaration == (example.codes.isEmpty ? Self.b : Self.a))
        #expect(decision.lacking == nil)
        guard example.codes.isEmpty else { return }
        let receipt = decision.admitted?.receipt.wave
        #expect(receipt?.witnesses.count == example.steps.joined().count)
        #expect(receipt?.rule == example.waves)
    }

    struct Pause: CustomTestStringConvertible {
        let testDescription: String
        var pauses: Set<Int> = [1]
        var position = 2
        var proceed: Proceed?
        var isOpen = false
    }

    @Test(arguments: [
        Pause(testDescription: "nobody has said a word"),
        Pause(testDescription: "the step before it does not wait", position: 0, isOpen: true),
        Pause(testDescription: "the step after it waits with it", position: 7),
        Pause(
            testDescription: "its step may begin", proceed: Proceed(declaration: b, step: 2), isOpen: true),
        Pause(testDescription: "only the step before may begin", proceed: Proceed(declaration: b, step: 1)),
        Pause(
            testDescription: "of another declaration", proceed: Proceed(declaration: a, step: 3)),
        Pause(
            testDescription: "the digest alone is not the declaration",
            proceed: Proceed(declaration: Declaration("B", by: 4), step: 3)),
        Pause(
            testDescription: "a later pause is left", pauses: [1, 2], position: 7,
            proceed: Proceed(declaration: b, step: 2)),
        Pause(testDescription: "the first step can wait, too", pauses: [0], position: 0),
    ])
    func `a pause waits for a person`(_ example: Pause) {
        let decision = Self.decision(
            of: example.position, waves: Self.waves(pauses: example.pauses),
            evidence: Self.evidence([[.healthy, .healthy], [.healthy, .healthy]]), proceed: example.proceed)
        #expect(decision.reasons.map(\.code) == (example.isOpen ? [] : [.wavePause]))
        #expect(decision.admitted?.declaration == (example.isOpen ? Self.b : Self.a))
    }

    @Test func `what was admitted is given back when a wave fails before the first package changes`() {
        let membership = Membership.sample("A B", waves: Self.waves(), node: Self.order[2], peers: Self.peers)
        var node = Situation(membership, installed: ["nginx 1"])
        node.memory.admitted = .sample(Self.b, in: membership, progress: .provisional)
        node.memory.previous = .sample(Self.a, in: membership)
        node.evidence = Self.evidence([[.healthy, .failed]])
        #expect(node.decision.admitted?.declaration == Self.a)
        node.memory.admitted?.progress = .begun
        #expect(node.decision.admitted?.declaration == Self.b)
    }

    @Test func `a rollback asks no wave, one that takes off several declarations does`() {
        for (history, codes) in [("A B A", []), ("A B C A", [Reason.Code.wave])] {
            let membership = Membership.sample(history, waves: Self.waves(), node: "atm-1", peers: Self.peers)
            let own = membership.wavePlan(for: Self.a)?.wave(of: .of("atm-1")) ?? 0
            let left = Declaration(history == "A B A" ? "B" : "C", by: history == "A B A" ? 2 : 3)
            var node = Situation(membership, installed: ["nginx 1"])
            node.memory.admitted = .sample(left, in: membership)
            node.memory.proven = [Proof(declaration: Self.a, healthyFor: .of("1h"))]
            #expect(node.decision.reasons.map(\.code) == (own == 0 ? [] : codes))
        }
    }

    @Test(arguments: [(false, Reason.Code?.some(.wave)), (true, nil)])
    func `where several declarations go back, an old proof does not stand for having gone back`(
        haveGoneBack: Bool, code: Reason.Code?
    ) throws {
        let order = WavePlan(
            digest: Self.a.digest, nodes: Self.peers.map { .of($0) }, steps: Self.waves().steps)
        let membership = Membership.sample(
            "A B C A", waves: Self.waves(), node: order.order[2].description, peers: Self.peers)
        let c = Declaration("C", by: 3)
        var node = Situation(membership, installed: ["nginx 3"])
        node.memory.admitted = .sample(c, in: membership)
        node.memory.proven = [Proof(declaration: Self.a, healthyFor: .of("1h"))]
        let witnesses = order.wave(0).map { name in
            let report = Report.sample(
                node: name.description, admitted: haveGoneBack ? Self.a : c,
                proven: [Self.a: 3_600, c: 3_600])
            return CanaryEvidence(
                node: name, isHeld: false, testimony: .report(report, id: .number(0xabc)),
                lastNews: TimeSpan(seconds: 1_000_000))
        }
        node.evidence = Evidence(
            groups: [:], watching: TimeSpan(seconds: 1_000_000), firstSeen: [:], heartbeat: .of("24h"),
            entries: [:], waves: [Self.a: [witnesses]])
        #expect(node.decision.admitted?.declaration == (haveGoneBack ? Self.a : c))
        #expect(node.decision.reasons.map(\.code).first { $0 != .newerKept } == code)
    }

    @Test func `a receipt keeps the waves that opened it`() throws {
        let receipt = try #require(
            Self.decision(
                of: 2, waves: Self.waves(pauses: [1]), evidence: Self.evidence([[.healthy, .healthy]]),
                proceed: Proceed(declaration: Self.b, step: 2)
            ).admitted?.receipt)
        #expect(receipt.wave?.step == 2)
        #expect(Receipt(json: try JSONValue(parsing: receipt.documentBytes)) == receipt)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `a receipt of a hostile node reads, whatever its numbers are`(number: Int64) throws {
        let receipt = try #require(
            Self.decision(
                of: 2, waves: Self.waves(pauses: [1]), evidence: Self.evidence([[.healthy, .healthy]]),
                proceed: Proceed(declaration: Self.b, step: 2)
            ).admitted?.receipt)
        var members = try #require(receipt.json.object)
        var waves = try #require(members["waves"]?.object)
        waves["pauses"] = [.number(number)]
        waves["step"] = .number(number)
        members["waves"] = .object(waves)
        let read = try #require(Receipt(json: .object(members)))
        #expect(read != receipt)
        #expect(Receipt(json: read.json) == read)
    }
}
