import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Windows and freezes in whole cycles.
struct WindowTests {
    /// The first cycle is on 2027-01-15, a Friday, at 08:05 UTC.
    private static let open = Window(days: [.fri], start: 8 * 60, end: 9 * 60, zone: .utc)
    private static let shut = Window(days: [.fri], start: 9 * 60, end: 10 * 60, zone: .utc)

    @Test func `nothing changes before the window opens`() async throws {
        let world = World(installed: [])
        world.windows = [Self.shut]
        let waiting = try await world.cycle()
        #expect(waiting.phase == .waiting && waiting.reasons.map(\.code) == [.window])
        #expect(world.applied.isEmpty)
        world.windows = [Self.open]
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `a change whose download outlasts the window does not begin`() async throws {
        let world = World(installed: [])
        world.windows = [Self.open]
        world.downloadTime = TimeSpan(seconds: 3_600)
        let late = try await world.cycle()
        #expect(late.phase == .waiting && late.reasons.map(\.code) == [.window], "\(late.reasons)")
        #expect(world.applied.isEmpty)
        // It counts for nothing: no attempt, no back-off, no intent.
        let memory = try world.memory
        #expect(memory.failed.isEmpty && memory.backOff == nil && memory.intent == nil)
        world.downloadTime = .zero
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `a change whose claim outlasts the window does not begin, and the claim ends`() async throws {
        let world = World(installed: [])
        world.windows = [Self.open]
        world.budget = Budget(unavailable: 1, per: "site")
        world.claimTime = TimeSpan(seconds: 3_600)
        let late = try await world.cycle()
        #expect(late.phase == .waiting && late.reasons.map(\.code) == [.window], "\(late.reasons)")
        #expect(world.applied.isEmpty)
        let claim = try #require(world.ledger.own.first)
        let memory = try world.memory
        #expect(memory.failed.isEmpty && memory.backOff == nil && memory.intent == nil && memory.claim == nil)
        #expect(memory.report.sent > claim.sequence)
        world.claimTime = .zero
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `what is declared already becomes urgent by a commit that changes nothing else`() async throws
    {
        let world = World(installed: [])
        world.windows = [Self.shut]
        #expect(try await world.cycle().reasons.map(\.code) == [.window])
        world.urgent = ["A": Urgency(until: .of("2027-01-15"), reason: "in the news")]
        #expect(try await world.cycle().phase == .converged)
        #expect(try world.memory.admitted?.receipt.urgent?.reason == "in the news")
        // Its drift is repaired at once as well, while it is urgent.
        world.installed = [:]
        #expect(try await world.cycle().phase == .converged)
        world.urgent = [:]
        world.installed = [:]
        #expect(try await world.cycle().reasons.map(\.code) == [.window])
    }

    @Test func `a node that was off in its windows catches up outside of them, and one that was on does not`()
        async throws
    {
        for isOn in [false, true] {
            let world = World(installed: [])
            world.windows = [Window(days: Weekday.allCases, start: 720, end: 780, zone: .utc)]
            world.missed = .run(after: 2)
            world.declaredAt = [Declaration("A", by: 1): .of("2027-01-14T00:00:00Z")]
            #expect(try await world.cycle().reasons.map(\.code) == [.window])
            #expect(try world.memory.attended == .of("2027-01-15T08:05:00Z"))
            if isOn {
                // In the window, with a mirror that is away: nothing was missed.
                world.planError = PackageError(.sourceUnreachable, "no route")
                world.pace = 4 * 3_600
                #expect(try await world.cycle().reasons.map(\.code) == [.sourceUnreachable])
                #expect(try world.memory.attended == .of("2027-01-15T12:05:00Z"))
                let saves = world.saves
                world.pace = 60
                try await world.cycle()
                #expect(world.saves == saves)
                world.planError = nil
            }
            // The morning of the day after next: two windows were missed, or one after that of the first day.
            world.pace = 2 * 86_400 - (isOn ? 4 * 3_600 + 60 : 0)
            let outcome = try await world.cycle()
            #expect(outcome.phase == (isOn ? .waiting : .converged), "\(outcome.reasons)")
        }
    }

    @Test(arguments: [true, false])
    func `a remote that another one makes up for lets no window be missed`(isAnswered: Bool) async throws {
        let world = World(installed: [])
        world.windows = [Window(days: Weekday.allCases, start: 720, end: 780, zone: .utc)]
        world.missed = .run(after: 2)
        let away = Reason(.remoteAway, "one of two")
        world.answers = Answers(conditions: [away], isAnswered: isAnswered)
        let outcome = try await world.cycle()
        #expect(outcome.reasons.contains(away) && outcome.passedOver == (isAnswered ? [away] : []))
        #expect(try (world.memory.attended != nil) == isAnswered)
    }

    @Test func `how long a change has taken is remembered, and the next one goes by it`() async throws {
        let world = World(installed: [])
        world.windows = [Self.open]
        try await world.cycle()
        #expect(
            try world.memory.durations.measured == [
                ChangeDurations.Measured(changes: 1, duration: TimeSpan(seconds: 2))
            ])
        var memory = try world.memory
        memory.durations.record(
            ChangeDurations.Measured(changes: 1, duration: TimeSpan(seconds: 3_600)))
        world.disk = memory.json.documentBytes
        world.history = "A B"
        let late = try await world.cycle()
        #expect(late.phase == .blocked && late.reasons.map(\.code) == [.windowTooShort], "\(late.reasons)")
        #expect(world.applied.count == 1)
    }

    @Test func `a rollback is not kept by a download that outlasts the window`() async throws {
        let world = World(installed: [])
        try await world.cycle()
        try await world.cycle()
        world.history = "A B"
        try await world.cycle()
        world.history = "A B A"
        world.windows = [Self.open]
        world.downloadTime = TimeSpan(seconds: 7_200)
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `a clock before the newest commit keeps the window shut`() async throws {
        let world = World(installed: [])
        world.windows = [Self.open]
        world.markDate = .of("2027-01-15T08:30:00Z")
        let doubted = try await world.cycle()
        #expect(doubted.phase == .waiting && doubted.reasons.map(\.code) == [.clockUnknown])
        #expect(world.applied.isEmpty)
        world.markDate = .of("2027-01-15T08:01:00Z")
        #expect(try await world.cycle().phase == .converged)
    }

    /// Soaks, back-offs and proofs go by the running time alone.
    @Test(arguments: [-1_800_000_000, 315_360_000]) func `a clock that jumps proves nothing sooner or later`(
        jump: Int64
    ) async throws {
        var memories: [NodeState] = []
        for jump in [0, jump] {
            let world = World(installed: ["nginx 1"])
            world.soaks = [TimeSpan(seconds: 3_600)]
            for cycle in 0..<6 {
                world.wallOffset = cycle == 3 ? jump : 0
                try await world.cycle()
            }
            memories.append(try world.memory)
        }
        #expect(memories[0].proven == memories[1].proven && !memories[0].proven.isEmpty)
        #expect(memories[0].wellness?.healthyFor == memories[1].wellness?.healthyFor)
        #expect(memories[0].running == memories[1].running)
    }

    @Test func `the rules of the zones are asked of the machine`() async throws {
        let world = World(installed: [])
        world.windows = [Window(days: [.fri], start: 0, end: 1_440, zone: .local)]
        let waiting = try await world.cycle()
        #expect(waiting.reasons.map(\.code) == [.window])
        #expect(waiting.reasons.first?.message.contains("there is no zone 'local'") ?? false)
        world.zones = [.local: .utc]
        #expect(try await world.cycle().phase == .converged)
    }
}
