import FleetCore
import FleetTesting
import Testing

/// What a reader remembers of other nodes: enough for every gate, and never without bound.
struct PeerBookTests {
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)

    private static func peer(
        _ node: String, key: String = "k", sequence: Int = 5, lastNews: Int64 = 0,
        failed: Set<Declaration> = []
    ) -> PeerMemory {
        PeerMemory(
            node: .of(node), key: key, sequence: sequence, id: .number(sequence),
            lastNews: TimeSpan(seconds: lastNews), failed: failed)
    }

    private static func record(_ node: String, key: String = "k") -> NodeRecord {
        NodeRecord(name: .of(node), group: .of("canary"), key: key)
    }

    /// Shows a book one report of a node.
    private static func hear(
        _ book: inout PeerBook, _ record: NodeRecord, sequence: Int, failed: [Declaration] = [],
        proven: [Declaration: Int64] = [:]
    ) {
        var report = Report.sample(
            node: record.name.description, admitted: proven.keys.first, proven: proven, failed: failed)
        report.sequence = sequence
        let latest = LatestReport(commit: .number(sequence), report: report, chain: .number(90 + sequence))
        _ = book.judge(
            record, listed: ListedReport(latest: latest.commit, chain: latest.chain), kept: latest.commit,
            reading: { _ throws(ReportRejection) in latest }, placing: { _ throws(Never) in .onChain })
    }

    @Test func `a machine that is set up anew under the same name does not wash its failure away`() {
        var book = PeerBook([], running: .zero)
        let old = Self.record("canary-3", key: "old")
        Self.hear(&book, old, sequence: 4, failed: [Self.c])
        let new = Self.record("canary-3", key: "new")
        Self.hear(&book, new, sequence: 5, proven: [Self.c: 99_999])
        #expect(book.failed(on: .of("canary-3")) == [Self.c])
        book.prune(keeping: [new], declarations: [Self.b, Self.c]) { _ in true }
        #expect(book.failed(on: .of("canary-3")) == [Self.c])
    }

    @Test func `the same machine may take it back, as after a retry that went well`() {
        var book = PeerBook([], running: .zero)
        let node = Self.record("canary-3")
        Self.hear(&book, node, sequence: 4, failed: [Self.c])
        #expect(book.failed(on: node.name) == [Self.c])
        Self.hear(&book, node, sequence: 6, proven: [Self.c: 1])
        #expect(book.failed(on: node.name) == [])
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let peers: [PeerMemory]
        var read: [String] = []
        var own: [String] = []
        var isMember = true
        let kept: [String]
    }

    static let cases = [
        Case(testDescription: "canaries stay", peers: [peer("a")], read: ["a"], isMember: false, kept: ["a"]),
        Case(
            testDescription: "canaries that have never reported stay: since when they are silent counts",
            peers: [peer("a", sequence: 0)], read: ["a"], kept: ["a"]),
        Case(testDescription: "the own group may be asked next", peers: [peer("a")], own: ["a"], kept: ["a"]),
        Case(testDescription: "a node that left is dropped", peers: [peer("a")], isMember: false, kept: []),
        Case(
            testDescription: "a node that left stays with a failure that can be asked for",
            peers: [peer("a", failed: [c])], isMember: false, kept: ["a"]),
        Case(
            testDescription: "a failure of what nobody can declare any more is dropped",
            peers: [peer("a", failed: [Declaration("X", by: 9)])], isMember: false, kept: []),
        Case(
            testDescription: "a node that nobody looks at and that never reported is nothing to remember",
            peers: [peer("a", sequence: 0)], kept: []),
        Case(
            testDescription: "of the others those heard of last stay",
            peers: (1...70).map { peer("n-\($0)", lastNews: Int64($0)) },
            kept: (7...70).map { "n-\($0)" }),
        Case(
            testDescription: "an old key counts among the others",
            peers: [peer("a", key: "old")] + (1...64).map { peer("n-\($0)", lastNews: 9) }, read: ["a"],
            kept: (1...64).map { "n-\($0)" }),
    ]

    @Test(arguments: cases)
    func `what no gate can ask for is forgotten`(_ sample: Case) {
        var book = PeerBook(sample.peers, running: .zero)
        book.prune(
            keeping: sample.read.map { Self.record($0) }, besides: Set(sample.own.map { .of($0) }),
            declarations: [Self.b, Self.c]
        ) { _ in sample.isMember }
        #expect(book.entries.map(\.node.description) == sample.kept)
    }

    private static func randomBook(_ generator: inout SeededGenerator) -> [PeerMemory] {
        (0..<generator.below(200)).map { number in
            var failed: Set<Declaration> = []
            for declaration in [b, c, Declaration("X", by: 9)] where generator.once(in: 20) {
                failed.insert(declaration)
            }
            return peer(
                "n-\(generator.below(40))", key: "key-\(number)", sequence: generator.below(3),
                lastNews: Int64(generator.below(1_000_000)), failed: failed)
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `no answer of a gate changes by what is forgotten, and the memory is bounded`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let peers = Self.randomBook(&generator)
        var read: [NodeRecord] = []
        for peer in peers where !read.contains(where: { $0.name == peer.node }) && generator.once(in: 2) {
            read.append(NodeRecord(name: peer.node, group: .of("canary"), key: peer.key))
        }
        let whole = PeerBook(peers, running: TimeSpan(seconds: 1_000_000))
        var pruned = whole
        pruned.prune(keeping: read, declarations: [Self.b, Self.c]) { _ in true }
        let failures = peers.filter { !$0.failed.isDisjoint(with: [Self.b, Self.c]) }.count
        #expect(pruned.entries.count <= read.count + failures + PeerBook.capacity)
        let rule = GateRule.sample(
            healthy: "50%", failures: "\(generator.below(3))",
            silence: generator.one(of: [.hold, .leave(after: TimeSpan(seconds: 259_200))]),
            allowsUncovered: true)
        var reports: [NodeName: Report] = [:]
        for node in read where generator.once(in: 2) {
            reports[node.name] = .sample(
                node: node.name.description, admitted: Self.c, proven: [Self.b: 20_000, Self.c: 20_000])
        }
        func answer(_ book: PeerBook, _ declaration: Declaration) -> GateAnswer {
            let canaries = read.map { node in
                CanaryEvidence(
                    node: node.name, isHeld: false,
                    testimony: reports[node.name].map { .report($0, id: .number(7)) } ?? .none,
                    lastNews: book.lastNews(of: node), failed: book.failed(on: node.name))
            }
            let evidence = Evidence(
                groups: [.of("canary"): canaries], watching: TimeSpan(seconds: 1_000_000),
                firstSeen: [Self.b: TimeSpan(seconds: 900_000), Self.c: TimeSpan(seconds: 900_000)],
                heartbeat: .of("24h"), entries: [:])
            return rule.answer(for: declaration, on: evidence, applied: [])
        }
        for declaration in [Self.b, Self.c] {
            #expect(answer(whole, declaration) == answer(pruned, declaration))
        }
    }
}
