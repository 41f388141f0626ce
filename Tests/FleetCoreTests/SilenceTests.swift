import FleetCore
import FleetTesting
import Testing

/// Whom `silence: 72h` lets leave the share, told as the days of a canary and of the node that looks at it.
struct SilenceTests {
    private static let b = Declaration("B", by: 2)
    private static let rule = GateRule.sample(silence: .leave(after: .of("72h")))

    struct Story: CustomTestStringConvertible {
        let testDescription: String
        /// The hours in which the canary publishes a report; the last one is what the server has from then on.
        let reports: [Int]
        /// When the reader's first cycle is.
        var enrolled = 0
        /// When the reader runs and hears nothing.
        var dark: Range<Int> = 0..<0
        let declared: Int
        /// When the gate is asked; everything before is done as an agent does it.
        let asked: Int
        let leaves: Bool
    }

    private static func daily(_ days: ClosedRange<Int>) -> [Int] { days.map { $0 * 24 } }

    static let stories = [
        Story(
            testDescription: "silent for four days before the declaration", reports: daily(0...5),
            declared: 10 * 24, asked: 10 * 24 + 1, leaves: true),
        Story(
            testDescription: "silent for two days before, which is not long enough", reports: daily(0...8),
            declared: 10 * 24, asked: 20 * 24, leaves: false),
        Story(
            testDescription: "fell silent with the declaration", reports: daily(0...10),
            declared: 10 * 24, asked: 20 * 24, leaves: false),
        Story(
            testDescription: "reports again", reports: daily(0...2) + [10 * 24 + 1], declared: 10 * 24,
            asked: 10 * 24 + 2, leaves: false),
        Story(
            testDescription: "the reader has just been enrolled", reports: daily(0...2),
            enrolled: 10 * 24 - 1,
            declared: 10 * 24, asked: 10 * 24 + 1, leaves: false),
        Story(
            testDescription: "the reader was enrolled after the declaration, and waits for long",
            reports: daily(0...2), enrolled: 10 * 24, declared: 9 * 24, asked: 30 * 24, leaves: false),
        Story(
            testDescription: "the reader was dark, the declaration came, and felled the canary",
            reports: daily(0...3), dark: (3 * 24 + 2)..<(24 * 24), declared: 3 * 24 + 4, asked: 24 * 24 + 1,
            leaves: false),
        Story(
            testDescription: "the reader was dark, and the canary was silent long before",
            reports: daily(0...3), dark: (10 * 24)..<(24 * 24), declared: 12 * 24, asked: 24 * 24 + 1,
            leaves: true),
    ]

    @Test(arguments: stories)
    func `only who was silent before the declaration leaves the share`(_ story: Story) throws {
        var reader = Reader()
        for hour in story.enrolled...story.asked where !story.dark.contains(hour) {
            reader.cycle(
                at: TimeSpan(seconds: Int64(hour - story.enrolled) * 3_600),
                history: hour >= story.declared ? "A B" : "A",
                newest: story.reports.lastIndex { $0 <= hour })
        }
        let answer = Self.rule.answer(for: Self.b, on: reader.evidence, applied: [])
        #expect((answer.verdict == .open) == story.leaves, "\(answer.reasons)")
    }

    /// What an agent does for its gate, with a second canary that is always well.
    private struct Reader {
        var memory = NodeState()
        var evidence = Evidence.none
        private let node = NodeRecord(name: .of("canary-1"), group: .of("canary"), key: "k")

        mutating func cycle(at running: TimeSpan, history: String, newest: Int?) {
            let membership = Membership.sample(history, gate: .rule(SilenceTests.rule))
            memory.admitted = .sample(Declaration("A", by: 1), in: membership)
            if history == "A B", memory.firstSeen[SilenceTests.b] == nil {
                memory.firstSeen[SilenceTests.b] = membership.firstSight(memory: memory, running: running)
            }
            let watched = membership.groupsToWatch(memory: memory, running: running)
            let desired = Desired(commit: .number(9), standing: .member(membership))
            guard !(membership.groupsToAsk(memory: memory, desired: desired) + watched).isEmpty else {
                return
            }
            var book = PeerBook(memory.peers, running: running)
            let testimony = look(newest, &book)
            memory.peers = book.entries
            if !watched.isEmpty { memory.watchedAt = running }
            let well = Report.sample(node: "well", admitted: SilenceTests.b, proven: [SilenceTests.b: 14_400])
            evidence = Evidence(
                groups: [
                    .of("canary"): [
                        CanaryEvidence(
                            node: node.name, isHeld: false, testimony: testimony,
                            lastNews: book.lastNews(of: node)),
                        CanaryEvidence(
                            node: .of("well"), isHeld: false, testimony: .report(well, id: .number(7)),
                            lastNews: running),
                    ]
                ], watching: running, firstSeen: memory.firstSeen, heartbeat: membership.fleet.heartbeat,
                entries: [:])
        }

        private func look(_ newest: Int?, _ book: inout PeerBook) -> CanaryEvidence.Testimony {
            let latest = newest.map { number in
                var report = Report.sample(admitted: Declaration("A", by: 1))
                report.sequence = number + 1
                report.previous = number == 0 ? nil : .number(1_000 + number)
                return LatestReport(
                    commit: .number(5_000 + number), report: report, chain: .number(1_001 + number))
            }
            return book.judge(
                node, listed: ListedReport(latest: latest?.commit, chain: latest?.chain),
                kept: latest?.commit,
                reading: { commit throws(ReportRejection) in
                    guard let latest else { throw ReportRejection(commit, .missing, "nothing is there") }
                    return latest
                }, placing: { _ throws(Never) in .onChain }
            ).testimony
        }
    }
}
