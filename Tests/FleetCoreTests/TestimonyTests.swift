import FleetCore
import FleetTesting
import Testing

/// What becomes of a node's newest report: told, disbelieved, or waited for.
struct TestimonyTests {
    /// A reader that knows one node, and what the remote and its clone have of it.
    private struct Reader {
        var peers = PeerBook([], running: TimeSpan(seconds: 100))
        var place = ChainPlace.onChain
        let node = NodeRecord(name: .of("canary-1"), group: .of("canary"), key: "ssh-ed25519 AAAA")

        /// Shows the reader the report with this number, which stands for the chain up to `tip`.
        mutating func see(
            _ sequence: Int, tip: Int, previous: Int? = nil, failed: [Declaration] = [],
            listed: ListedReport? = nil, isAsked: Bool = true
        ) -> Judgement {
            var report = Report.sample(node: "canary-1", admitted: nil, failed: failed)
            report.sequence = sequence
            report.previous = previous.map { .number($0) }
            let latest = LatestReport(commit: .number(1_000 + tip), report: report, chain: .number(tip))
            let seen = ListedReport(latest: latest.commit, chain: .number(tip))
            return judge(latest, listed: isAsked ? listed ?? seen : nil)
        }

        mutating func judge(_ latest: LatestReport?, listed: ListedReport?) -> Judgement {
            let place = place
            return peers.judge(
                node, listed: listed, kept: latest?.commit,
                reading: { commit throws(ReportRejection) in
                    guard let latest else { throw ReportRejection(commit, .missing, "nothing is there") }
                    return latest
                },
                placing: { _ throws(Never) in place })
        }
    }

    @Test func `a report is told with the tip of its chain, and remembered`() {
        var reader = Reader()
        let judgement = reader.see(3, tip: 30, failed: [Declaration("B", by: 2)])
        guard case .report(let report, id: .number(30)) = judgement.testimony else {
            Issue.record("\(judgement)")
            return
        }
        #expect(report.sequence == 3 && !judgement.isForgotten)
        #expect(
            reader.peers.entries == [
                PeerMemory(
                    node: .of("canary-1"), key: "ssh-ed25519 AAAA", sequence: 3, id: .number(30),
                    lastNews: TimeSpan(seconds: 100), failed: [Declaration("B", by: 2)])
            ])
    }

    @Test(
        arguments: [
            (2, 20, nil, "its number 2 is lower than 3"), (3, 31, nil, "another report with number 3"),
            (4, 40, 29, "does not follow"), (4, 40, nil, "does not follow"),
        ] as [(Int, Int, Int?, String)])
    func `less than what was seen is not believed, and not kept`(
        sequence: Int, tip: Int, previous: Int?, words: String
    ) {
        var reader = Reader()
        _ = reader.see(3, tip: 30)
        let remembered = reader.peers
        let judgement = reader.see(sequence, tip: tip, previous: previous)
        guard case .rejected(let why) = judgement.testimony else {
            Issue.record("\(judgement)")
            return
        }
        #expect(why.contains(words) && judgement.isForgotten)
        #expect(reader.peers == remembered)
    }

    @Test(arguments: [(3, 30, nil), (4, 40, 30), (7, 70, nil)] as [(Int, Int, Int?)])
    func `the same report again, its successor and a later one are believed`(
        sequence: Int, tip: Int, previous: Int?
    ) {
        var reader = Reader()
        _ = reader.see(3, tip: 30)
        let judgement = reader.see(sequence, tip: tip, previous: previous)
        guard case .report = judgement.testimony else {
            Issue.record("\(judgement)")
            return
        }
    }

    @Test func `what the remote lists must agree with what was fetched`() {
        var reader = Reader()
        let chain = ListedReport(latest: .number(1_030), chain: .number(29))
        let disagreement = reader.see(3, tip: 30, listed: chain)
        #expect(
            disagreement.testimony == .rejected("status/canary-1 and latest/canary-1 do not agree")
                && disagreement.isForgotten)
        // It may have changed between the listing and the fetch: that is no reason to drop it.
        let other = reader.see(3, tip: 30, listed: ListedReport(latest: .number(7), chain: .number(30)))
        guard case .rejected(let why) = other.testimony else {
            Issue.record("\(other)")
            return
        }
        #expect(why.contains("could not be fetched") && !other.isForgotten)
        #expect(reader.peers.entries.map(\.sequence) == [0])
    }

    @Test func `a node is known before it has reported, and missed after`() {
        var reader = Reader()
        let nothing = ListedReport(latest: nil, chain: nil)
        #expect(reader.judge(nil, listed: nothing).testimony == .none)
        #expect(reader.judge(nil, listed: nil).testimony == .none)
        #expect(reader.peers.entries.map(\.sequence) == [0])
        _ = reader.see(1, tip: 10)
        let gone = reader.judge(nil, listed: nothing)
        #expect(gone.testimony == .rejected("its report is gone from the remote") && gone.isForgotten)
    }

    @Test func `what was believed last stands while the remote cannot be asked`() {
        var reader = Reader()
        _ = reader.see(3, tip: 30)
        guard case .report = reader.see(3, tip: 30, isAsked: false).testimony else {
            Issue.record("what was believed is lost")
            return
        }
    }

    @Test func `a report with a parent is not the form of a newest report`() {
        var reader = Reader()
        let latest = LatestReport(
            commit: .number(5), report: .sample(node: "canary-1", admitted: nil), chain: .number(4),
            hasParents: true)
        let judgement = reader.judge(
            latest, listed: ListedReport(latest: .number(5), chain: .number(4)))
        #expect(judgement.testimony == .rejected("latest/canary-1 is not the form of a newest report"))
    }

    @Test(arguments: [ChainPlace.ahead, .beside])
    func `a failure is remembered even from a commit that is not on the reader's chain`(place: ChainPlace) {
        var reader = Reader()
        reader.place = place
        let judgement = reader.see(1, tip: 10, failed: [Declaration("B", by: 2)])
        let commit = Report.sample(node: "canary-1", admitted: nil).commit
        #expect(judgement.testimony == (place == .ahead ? .peerAhead(commit) : .fork(commit)))
        #expect(reader.peers.failed(on: reader.node.name) == [Declaration("B", by: 2)])
    }
}
