import FleetCore
import FleetProgram
import FleetTesting
import Testing

/// Bars and words of a rollout, without a terminal.
struct RolloutTextTests {
    @Test(
        arguments: [
            ([.healthy: 2, .soaking: 1, .waiting: 1], 10, "[##+.]"),
            ([.healthy: 1, .failed: 1, .silent: 1, .unknown: 1, .held: 1, .changing: 1], 10, "[#~=x?!]"),
            ([.healthy: 5_000, .waiting: 5_000], 10, "[#####.....]"),
            // One of ten thousand is not lost.
            ([.healthy: 9_999, .failed: 1], 10, "[#########x]"),
            ([.healthy: 1, .waiting: 9_999], 10, "[#.........]"),
            ([:], 10, "[]"),
        ] as [([ProgressStanding: Int], Int, String)])
    func aBarHasASignForEachNodeOrForAShare(
        counts: [ProgressStanding: Int], width: Int, text: String
    ) {
        #expect(RolloutBar(counts).text(width: width, colour: false) == text)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func aBarIsAsWideAsItMayBeAndHidesNobody(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var counts: [ProgressStanding: Int] = [:]
        for standing in ProgressStanding.allCases where generator.once(in: 2) {
            counts[standing] = 1 + generator.below(generator.one(of: [3, 5_000]))
        }
        let total = counts.values.reduce(0, +)
        let cells = RolloutBar(counts).cells(width: 20)
        #expect(cells.reduce(0) { $0 + $1.count } == min(total, 20))
        #expect(Set(cells.map(\.standing)) == Set(counts.keys))
        #expect(cells.allSatisfy { $0.count >= 1 })
    }

    @Test func signsDifferWithoutColour() {
        #expect(Set(ProgressStanding.allCases.map(\.sign)).count == ProgressStanding.allCases.count)
        let counts: [ProgressStanding: Int] = [.healthy: 1, .failed: 1]
        #expect(RolloutBar(counts).text(width: 9, colour: true).contains("\u{1B}[31mx"))
        #expect(!RolloutBar(counts).text(width: 9, colour: false).contains("\u{1B}"))
        #expect(RolloutBar(counts).words == "1 healthy, 1 failed")
    }

    private static let declared = Declaration("B", by: 2)
    private static let now = Timestamp(seconds: 1_800_000_000)

    private func lines(
        _ standings: [ProgressStanding], columns: Int = 100,
        event: String = "store-1 reaches its soak of 4h"
    ) -> [String] {
        let rollout = GroupRollout(
            group: .of("stores"), baseline: .of("base"), declared: Self.declared,
            since: Timestamp(seconds: Self.now.seconds - 7_800),
            steps: [
                GroupRollout.Step(
                    title: "",
                    nodes: standings.enumerated().map {
                        NodeProgress(node: .of("store-\($0.offset)"), standing: $0.element)
                    })
            ],
            gate: .none, holds: [], refusals: [],
            events: [RolloutEvent(event, at: Self.now + TimeSpan(seconds: 4_800))],
            estimate: .notBefore(Self.now + TimeSpan(seconds: 4_800)))
        return GroupRolloutText(rollout, now: Self.now).lines(columns: columns, colour: false)
    }

    @Test func aGroupOnItsWaySaysWhatComesAndWhen() {
        #expect(
            lines([.healthy, .soaking]) == [
                "  stores  \(Self.declared), declared 2h 10m ago",
                "    all   [#+]  1 healthy, 1 soaking",
                "    gate  none",
                "    next  store-1 reaches its soak of 4h, in 1h 20m",
                "    end   not before 2027-01-15T09:20:00Z (in 1h 20m)",
            ])
    }

    @Test func aGroupThatIsDoneTakesOneLine() {
        #expect(
            lines([.healthy, .healthy]) == [
                "  stores  \(Self.declared), declared 2h 10m ago: all 2 nodes are healthy"
            ])
        #expect(lines([.healthy]).last?.hasSuffix("its node is healthy") == true)
    }

    @Test(arguments: [40, 60, 80, 100])
    func aCommandToGiveIsNeverCut(columns: Int) {
        let text = "step 2 waits for a person: 'plimsoll proceed stores --step 2' lets it begin"
        let shown = lines([.waiting], columns: columns, event: text)
        #expect(shown.allSatisfy { $0.count <= columns })
        let words = shown.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("next \(text), in 1h 20m end"), "\(shown)")
        #expect(lines([.healthy, .healthy], columns: columns)[0].hasSuffix("all 2 nodes are healthy"))
    }

    @Test func aTableHasNoTrailingSpaces() {
        var table = Table(["NODE", "REASON", ""])
        table.add(["store-1", "", ""])
        table.add(["s", "it waits", ""])
        #expect(table.lines(colour: false) == ["NODE     REASON", "store-1", "s        it waits"])
    }

    @Test(arguments: [40, 60, 80])
    func noLineIsWiderThanTheTerminal(columns: Int) {
        let standings = Array(repeating: ProgressStanding.healthy, count: 900) + [.failed]
        #expect(lines(standings, columns: columns).allSatisfy { $0.count <= columns })
    }
}
