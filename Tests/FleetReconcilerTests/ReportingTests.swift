import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// The node's own chain of reports, and a remote that is away or has something else.
struct ReportingTests {
    @Test func `reports queue while the remote is away, and go out later`() async throws {
        let world = World()
        world.push = .unreachable("no route")
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
        #expect(world.version(of: "nginx") == "1")
        #expect(outcome.report == .queued(.number(0x1001), "no route"))
        #expect(world.pushed == [])
        try await world.cycle()
        let reports = world.written.count
        world.push = .pushed
        let sent = try await world.cycle()
        #expect(world.written.count == reports)
        #expect(sent.report == .sent(try #require(world.written.last).id))
        #expect(try world.memory.report.isPushed)
        #expect(try await world.cycle().report == .notDue)
    }

    @Test func `reports that stay on the node are written, and numbered once for ever`() async throws {
        let world = World()
        world.push = .kept
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
        let first = try #require(world.written.last)
        #expect(outcome.report == .kept(first.id))
        #expect(try world.memory.report.isKept && !world.memory.report.isPushed)
        #expect(try await world.cycle().report == .kept(try #require(world.written.last).id))
        let kept = world.written.count
        let saved = try world.memory
        #expect(try await world.cycle().report == .kept(try #require(world.written.last).id))
        #expect(try world.written.count == kept && world.memory.report == saved.report)

        // The fleet has got a place for reports: all of them go there.
        world.push = .pushed
        #expect(try await world.cycle().report == .sent(try #require(world.written.last).id))
        #expect(try world.memory.report.isPushed && !world.memory.report.isKept)
        #expect(world.written.map(\.report.sequence) == Array(1...world.written.count))
    }

    @Test func `a new place for reports gets them although nothing has happened`() async throws {
        let world = World()
        world.place = Digest(of: [1])
        for _ in 0..<3 { try await world.cycle() }
        #expect(try await world.cycle().report == .notDue)
        let (written, last) = (world.written.count, try #require(world.written.last).id)
        world.place = Digest(of: [2])
        world.push = .unreachable("no route")
        #expect(try await world.cycle().report == .queued(last, "no route"))
        world.push = .pushed
        #expect(try await world.cycle().report == .sent(last))
        #expect(try await world.cycle().report == .notDue)
        #expect(world.written.count == written)
    }

    @Test func `a report that cannot be written delays nothing`() async throws {
        let world = World()
        world.writeError = StatusError("no key")
        try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(try world.memory.report.sequence == 0)
        world.writeError = nil
        try await world.cycle()
        #expect(world.written.first?.report.sequence == 1)
    }

    @Test func `a later report by this key: this machine was restored or cloned`() async throws {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        world.installed = [:]
        world.push = .diverged
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: true, ownSequence: 40)
        try await world.cycle()
        #expect(try world.memory.identityConflict)
        world.push = .pushed
        let outcome = try await world.cycle()
        let report = try #require(world.written.last?.report)
        #expect(report.sequence == 41)
        #expect(report.previous == .number(0xfe))
        #expect(report.reasons.contains { $0.code == .identityConflict })
        #expect(report.proven == [])
        #expect(outcome.report == .sent(try #require(world.written.last).id))

        // It has been said; what comes after is well again, until the key is used elsewhere once more.
        try await world.cycle()
        #expect(try !world.memory.identityConflict)
        let next = try #require(world.written.last?.report)
        #expect(next.sequence == 42 && !next.reasons.contains { $0.code == .identityConflict })
    }

    @Test func `a new key takes the tip found as parent, and counts from one`() async throws {
        let world = World()
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: false, ownSequence: nil)
        try await world.cycle()
        #expect(world.written.first?.report.sequence == 1)
        #expect(world.written.first?.report.previous == .number(0xfe))
        #expect(try !world.memory.identityConflict)
    }

    @Test func `a push that arrived unanswered under another machine's report keeps its number`() async throws
    {
        let world = World()
        try await world.cycle()
        world.push = .unreachable("the answer was lost")
        world.installed = [:]
        try await world.cycle()
        let unanswered = try world.memory.report.sequence
        #expect(try world.memory.report.sent < unanswered)

        // It did arrive, and another machine of this name has reported on top of it.
        world.push = .diverged
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: false, ownSequence: unanswered)
        try await world.cycle()
        #expect(try !world.memory.identityConflict)
        world.push = .pushed
        try await world.cycle()
        let report = try #require(world.written.last?.report)
        #expect(report.sequence == unanswered + 1)
        #expect(report.previous == .number(0xfe))
    }

    @Test func `reports of this key that it never wrote are a conflict, also below another key's`()
        async throws
    {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        world.installed = [:]
        world.push = .diverged
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: false, ownSequence: 40)
        try await world.cycle()
        #expect(try world.memory.identityConflict)
        #expect(try world.memory.report.sequence == 40)
    }

    @Test func `a node whose state was made anew continues its own chain`() async throws {
        let world = World()
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: true, ownSequence: 40)
        try await world.cycle()
        #expect(world.written.first?.report.sequence == 41)
        #expect(world.written.first?.report.previous == .number(0xfe))
    }

    @Test func `a chain with the largest number does not bring the agent down`() async throws {
        let world = World()
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: true, ownSequence: .max)
        try await world.cycle()
        try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `what it has soaked is published at the milestones, not between`() async throws {
        let world = World()
        world.soaks = [TimeSpan(seconds: 1_200), TimeSpan(seconds: 2_400)]
        var published: [Int64] = []
        var reports = 0
        for _ in 0..<12 {
            try await world.cycle()
            if world.written.count > reports, let proof = world.written.last?.report.proven.first {
                published.append(proof.healthyFor.seconds)
            }
            reports = world.written.count
        }
        #expect(published == [300, 1_200, 2_400])
        let saves = world.saves
        try await world.cycle()
        #expect(world.saves == saves, "every soak that looks here is fulfilled")
    }

    @Test func `a heartbeat is due after its time, though nothing has changed`() async throws {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        let reports = world.written.count
        for _ in 0..<290 { try await world.cycle() }
        #expect(world.written.count == reports + 1)
    }
}
