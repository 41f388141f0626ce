import FleetCore
import FleetSimulator
import FleetTesting
import Testing

struct RehearsalTests {
    /// A fleet of canaries and stores, with a gate of an hour and waves.
    private static func scenario(
        canaries: Int = 3, stores: Int = 10, waves: Waves? = RehearsalTests.waves, hold: Set<String> = [],
        silence: SilenceRule = .hold, healthy: Quota = .percent(100)
    ) -> RehearsalScenario {
        let gate = GateRule(after: [.of("canary")], healthy: healthy, soak: .of("1h"), silence: silence)
        let groups = [
            Group(name: .of("canary"), baseline: .of("deb"), gate: .none),
            Group(name: .of("stores"), baseline: .of("deb"), gate: .rule(gate), waves: waves),
        ]
        let nodes = [("canary", canaries), ("stores", stores)].flatMap { group, count in
            (1...count).map { number in
                NodeRecord(
                    name: .of("\(group)-\(number)"), group: .of(group), key: "ssh-ed25519 \(group)\(number)",
                    labels: ["site": "site-\(number % 2)"],
                    hold: hold.contains("\(group)-\(number)") ? "look" : nil)
            }
        }
        let before = RehearsedFleet(
            fleet: Fleet(name: .of("acme"), agent: .of("0.1")), groups: groups, nodes: nodes,
            digests: [.of("deb"): .letter("a")])
        var after = before
        after.digests = [.of("deb"): .letter("b")]
        var scenario = RehearsalScenario(
            from: before, to: after, start: Timestamp(seconds: 1_793_577_600))
        scenario.darkSince = .zero
        return scenario
    }

    private static let waves = Waves(
        steps: [.percent(20), .percent(100)], healthy: .percent(100), soak: .of("30m"), failures: .count(0),
        silence: .hold)

    private static let everybody = Share(basisPoints: 10_000)

    @Test func whereNothingBreaksEveryNodeMovesAfterSoakAndWave() async throws {
        let run = await RehearsalRun(Self.scenario(), seed: 3)
        #expect(run.isFinished)
        #expect(run.groups.map(\.group.description) == ["canary", "stores"])
        #expect(run.groups.map(\.changed.count) == [3, 10])
        #expect(run.groups.map(\.hits.count) == [0, 0])
        let canaries = run.groups[0].changed
        let stores = run.groups[1].changed
        // A poll, the change, the soak, a poll; then the wave's soak.
        try #require(canaries.count == 3 && stores.count == 10)
        #expect((120...720).contains(canaries[2]))
        #expect(stores[0] >= 3_600 + 120)
        #expect(stores[2] - stores[1] >= 1_800)
        #expect((3_600 + 1_800...8_400).contains(stores[9]))
    }

    @Test func whereEverythingBreaksOnlyTheCanariesAreHit() async {
        var scenario = Self.scenario()
        scenario.breaks = [BreakRule(.everywhere, Self.everybody)]
        let run = await RehearsalRun(scenario, seed: 3)
        #expect(run.groups.map(\.hits.count) == [3, 0])
        #expect(run.groups.map(\.changed.count) == [0, 0])
        #expect(run.groups[0].stop == nil)
        #expect(run.groups[1].stop == GroupCourse.Stop(code: .canaryFailed, step: nil))
    }

    @Test func whereStoresBreakTheirFirstWaveIsHitAndNoOther() async {
        var scenario = Self.scenario()
        scenario.breaks = [BreakRule(.group(.of("stores")), Self.everybody)]
        let run = await RehearsalRun(scenario, seed: 3)
        #expect(run.groups.map(\.hits.count) == [0, 2])
        #expect(run.groups[1].stop == GroupCourse.Stop(code: .waveFailed, step: 2))
    }

    @Test func darkCanariesAreWaitedForUnlessTheGateLeavesThemOut() async {
        var scenario = Self.scenario()
        scenario.dark = Self.everybody
        let run = await RehearsalRun(scenario, seed: 3)
        #expect(run.groups.map(\.dark) == [3, 10])
        #expect(run.groups.map(\.changed.count) == [0, 0])

        // Of several seeds, one in which a canary is dark and another is not.
        scenario.dark = Share(basisPoints: 3_000)
        scenario.span = .of("3d")
        for seed in UInt64(1)...4 {
            let run = await RehearsalRun(scenario, seed: seed)
            let reachable = 3 - run.groups[0].dark
            #expect(run.groups[0].changed.count == reachable)
            #expect((run.groups[1].changed.count > 0) == (reachable == 3), "seed \(seed)")
            guard reachable < 3 else { continue }
            #expect([.canarySilent, .canaryBehind].contains(run.groups[1].stop?.code), "seed \(seed)")
        }
    }

    @Test func nodesOnHoldAreNotWaitedFor() async {
        let run = await RehearsalRun(Self.scenario(waves: nil, hold: ["stores-4", "canary-2"]), seed: 5)
        #expect(run.isFinished)
        #expect(run.groups.map(\.changed.count) == [2, 9])
    }

    @Test func aPauseEndsARolloutUnlessAPersonLiftsIt() async {
        let waves = Waves(
            steps: [.percent(20), .percent(100)], pauses: [1], healthy: .percent(100), soak: .of("30m"),
            failures: .count(0), silence: .hold)
        var scenario = Self.scenario(waves: waves)
        let paused = await RehearsalRun(scenario, seed: 1)
        #expect(paused.groups[1].changed.count == 2)
        #expect(paused.groups[1].stop == GroupCourse.Stop(code: .wavePause, step: 2))
        scenario.passesPauses = true
        #expect(await RehearsalRun(scenario, seed: 1).isFinished)
    }

    @Test func nodesAtWorkAreCountedByTheirLabel() async throws {
        var scenario = Self.scenario(waves: nil)
        scenario.countedLabel = "site"
        scenario.change = .of("10m")
        let run = await RehearsalRun(scenario, seed: 1)
        // All stores move within one interval of five minutes, and each is at work for ten.
        #expect(run.groups[1].absences.map(\.value) == ["site-0", "site-1"])
        #expect(run.groups[1].absences.map(\.most) == [5, 5])
        for absence in run.groups[1].absences { #expect((600...900).contains(absence.longest)) }
    }

    @Test func theSameSeedGivesTheSameRun() async {
        var scenario = Self.scenario()
        scenario.breaks = [BreakRule(.everywhere, Share(basisPoints: 1_000))]
        var seen: Set<[[Int64]]> = []
        for seed in UInt64(1)...3 {
            let runs = [await RehearsalRun(scenario, seed: seed), await RehearsalRun(scenario, seed: seed)]
            let courses = runs.map { $0.groups.flatMap { [$0.changed, $0.hits] } }
            #expect(courses[0] == courses[1])
            seen.insert(courses[0])
        }
        #expect(seen.count == 3)
    }

    @Test(arguments: [
        ("0%", 0), ("2%", 200), ("0.5%", 50), ("0.05%", 5), ("2.25%", 225), ("100%", 10_000),
        ("100.0%", 10_000),
    ])
    func sharesAreRead(text: String, basisPoints: Int) throws {
        let share = try #require(Share(text))
        #expect(share.basisPoints == basisPoints)
        #expect(Share(share.description) == share)
    }

    @Test(arguments: ["", "%", "2", "-1%", "101%", "100.1%", "1.234%", "1.%", ".5%", "1e1%", "1 %"])
    func whatIsNoShareIsRefused(text: String) { #expect(Share(text) == nil) }

    @Test(arguments: ["2%", "stores=5%", "site:berlin-3=20%", "model:a=b=1%"])
    func placesOfBreaksAreRead(text: String) throws {
        #expect(try #require(BreakRule(text)).description == text)
    }

    @Test(arguments: ["stores", "Stores=2%", ":x=2%", "site:=2%", "=2%"])
    func whatIsNoPlaceIsRefused(text: String) { #expect(BreakRule(text) == nil) }

    @Test func aSpreadHasTheNearestRanks() throws {
        let spread = try #require(Spread(Array(1...100), worst: .highest))
        #expect([spread.low, spread.median, spread.high, spread.worst] == [5, 50, 95, 100])
        #expect(Spread([7], worst: .lowest)?.worst == 7)
        #expect(Spread([], worst: .lowest) == nil)
    }
}
