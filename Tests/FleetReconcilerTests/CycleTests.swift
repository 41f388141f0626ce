import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Scenarios of whole cycles, with everything around the node in memory.
struct CycleTests {
    static let a = Declaration("A", by: 1)
    static let b = Declaration("B", by: 2)
    static let gate = GateSetting.rule(GateRule(after: [.of("canary")], soak: .of("4h")))

    private static func healthy(on declaration: Declaration) -> Evidence {
        Evidence(
            groups: [
                .of("canary"): [
                    CanaryEvidence(
                        node: .of("canary-1"), isHeld: false,
                        testimony: .report(
                            .sample(admitted: declaration, proven: [declaration: 14_400]), id: .number(7)),
                        lastNews: .zero)
                ]
            ], watching: .zero, firstSeen: [:], heartbeat: .of("24h"), entries: [:])
    }

    /// A node that has reached and proven A.
    private func settled(_ world: World) async throws -> World {
        for _ in 0..<3 { try await world.cycle() }
        #expect(try world.memory.admitted?.progress == .reached)
        #expect(try world.memory.proven.map(\.declaration) == [Self.a])
        return world
    }

    @Test func `a first cycle converges, a second proves, and then nothing is written`() async throws {
        let world = World()
        let first = try await world.cycle()
        #expect(first.phase == .converged)
        #expect(world.version(of: "nginx") == "1")
        #expect(try world.memory.proven == [])
        try await world.cycle()
        #expect(try world.memory.proven.map(\.declaration) == [Self.a])
        try await world.cycle()
        let saves = world.saves
        for _ in 0..<5 {
            let quiet = try await world.cycle()
            #expect(quiet.report == .notDue)
            #expect(quiet.decision.action == .rest)
        }
        #expect(world.saves == saves)
        #expect(world.applied.count == 1)
    }

    @Test func `a change is announced before it begins, with what it will change`() async throws {
        let world = World()
        try await world.cycle()
        let phases = world.written.map(\.report.phase)
        #expect(phases == [.converging, .converged])
        let begun = try #require(world.written.first?.report.transaction)
        #expect(begun.result == .begun)
        #expect(begun.changes == [PackageChange(id: .of("nginx:amd64"), from: nil, to: .of("1"))])
    }

    @Test func `the numbers of reports have no gap, and each names the one before`() async throws {
        let world = World()
        try await world.cycle()
        world.history = "A B C"
        try await world.cycle()
        world.installed = [:]
        try await world.cycle()
        #expect(world.written.count >= 5)
        for (index, written) in world.written.enumerated() {
            #expect(written.report.sequence == index + 1)
            #expect(written.report.previous == (index == 0 ? nil : world.written[index - 1].id))
        }
        #expect(world.pushed == world.written.map(\.id))
    }

    @Test func `a gate is waited for, and then gone through`() async throws {
        let world = try await settled(World())
        world.gate = Self.gate
        world.history = "A B"
        let waiting = try await world.cycle()
        #expect(waiting.phase == .waiting)
        #expect(waiting.reasons.map(\.code) == [.tooFewHealthy])
        #expect(world.version(of: "nginx") == "1")
        world.evidence = Self.healthy(on: Self.b)
        let open = try await world.cycle()
        #expect(open.phase == .converged)
        #expect(world.version(of: "nginx") == "2")
        #expect(world.written.last?.receipt?.basis == .gate)
        #expect(try world.memory.previous?.declaration == Self.a)
        try await world.cycle()
        // Reached and well: there is no way back to A but a revert.
        #expect(try world.memory.previous == nil)
    }

    @Test func `a check that fails after the change undoes it in the same cycle`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version != .of("2") }
        world.history = "A B"
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(outcome.phase == .rolledBack)
        let memory = try world.memory
        #expect(memory.admitted?.declaration == Self.a)
        #expect(memory.intent == nil)
        #expect(memory.failed.map(\.failure.declaration) == [Self.b])
        #expect(memory.failed.map(\.failure.isFinal) == [true])
        #expect(memory.transaction?.result == .undone)
        // It is not tried again, and what is left is well.
        try await world.cycle()
        #expect(try await world.cycle().phase == .rolledBack)
        #expect(world.applied.count == 3)
        #expect(world.written.last?.report.failed.map(\.declaration) == [Self.b])
        #expect(!(world.written.last?.report.reasons.contains { $0.code == .checkFailed } ?? true))
    }

    @Test func `a check gets time to settle after a change, and one that was bad before gets none`()
        async throws
    {
        let world = World()
        world.checks = [
            Check(.service("nginx"), settle: TimeSpan(seconds: 90)), Check(.service("old")),
            Check(.service("wanted"), isRequired: false),
        ]
        _ = try await settled(world)
        world.isWell = { name, _ in name != "service old" }
        try await world.cycle()
        world.isWell = { name, installed in
            name != "service old" && installed[.of("nginx:amd64")]?.version != .of("2")
        }
        world.timeToSettle = TimeSpan(seconds: 80)
        world.settled = []
        world.history = "A B"
        try await world.cycle()
        #expect(world.version(of: "nginx") == "2")
        #expect(world.settled == [[], ["service nginx"]])
        // Too slow for the time that it has.
        world.timeToSettle = TimeSpan(seconds: 100)
        world.isWell = { name, installed in
            name != "service old" && installed[.of("nginx:amd64")]?.version != .of("3")
        }
        world.history = "A B C"
        #expect(try await world.cycle().phase == .rolledBack)
        #expect(world.version(of: "nginx") == "2")
    }

    @Test func `a check that is only wanted is reported and stops nothing`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"), isRequired: false)]
        world.soaks = [TimeSpan(seconds: 3_600)]
        _ = try await settled(world)
        world.isWell = { _, _ in false }
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged && outcome.reasons == [])
        let check = try #require(world.written.last?.report.checks.first)
        #expect(check.outcome == .failed && !check.isRequired)
        let before = try #require(world.memory.proven.first?.healthyFor)
        try await world.cycle()
        #expect(try #require(world.memory.proven.first?.healthyFor) > before)
        world.history = "A B"
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `right after a start of the machine checks get time to settle, and later none`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"), settle: TimeSpan(seconds: 1_000))]
        try await world.cycle()
        world.settled = []
        for _ in 0..<4 { try await world.cycle() }
        #expect(world.settled == [["service nginx"], ["service nginx"], [], []])
    }

    @Test func `a check that was bad before cannot fail it, but the node is no evidence`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        world.isWell = { _, _ in false }
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(outcome.reasons.map(\.code) == [.checkFailedBefore])
        try await world.cycle()
        #expect(try world.memory.proven == [])
    }

    @Test func `a check that turns bad later degrades it, and a repair does not excuse that`() async throws {
        let world = World(installed: ["nginx 1", "curl 1"])
        world.packages = ["A": ["nginx": "1", "curl": "1"]]
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, _ in false }
        #expect(try await world.cycle().phase == .degraded)
        world.installed[.of("curl:amd64")] = nil
        #expect(try await world.cycle().phase == .degraded)
        #expect(world.version(of: "curl") == "1")
        #expect(try await world.cycle().phase == .degraded)
        #expect(try world.memory.proven.map(\.healthyFor) == [.zero])
    }

    @Test func `a maintainer script that fails is final at once`() async throws {
        let world = try await settled(World())
        world.badScripts = ["nginx": "2"]
        world.history = "A B"
        #expect(try await world.cycle().phase == .rolledBack)
        #expect(world.version(of: "nginx") == "1")
        #expect(world.installed[.of("nginx:amd64")]?.state == .installed)
        #expect(try world.memory.failed.map(\.failure.attempts) == [1])
    }

    @Test func `a changed retry text tries again, and counts attempts anew`() async throws {
        let world = try await settled(World())
        world.badScripts = ["nginx": "2"]
        world.history = "A B"
        try await world.cycle()
        world.retry = "2026-11-22"
        try await world.cycle()
        #expect(try world.memory.failed.map(\.failure.attempts) == [1])
        #expect(try world.memory.failed.map(\.retry.group) == ["2026-11-22"])
        world.badScripts = [:]
        world.retry = "2026-11-23"
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
        #expect(try world.memory.failed == [])
    }

    @Test(arguments: [
        PackageError(.locked, "locked"), PackageError(.unavailable, "gone"),
        PackageError(.sourceUnreachable, "down"), PackageError(.noSpace, "full"),
        PackageError(.unsatisfiable, "conflict"), PackageError(.digestMismatch, "bytes"),
    ])
    func `what stops before the change is blocked, backs off and counts no attempt`(
        _ error: PackageError
    ) async throws {
        for stop in 0..<3 {
            let world = try await settled(World())
            world.history = "A B"
            if stop == 0 { world.planError = error }
            if stop == 1 { world.downloadError = error }
            if stop == 2 { world.applyError = error }
            let outcome = try await world.cycle()
            #expect(outcome.phase == .blocked)
            #expect(try world.memory.failed == [])
            #expect(try world.memory.intent == nil)
            #expect(try world.memory.backOff?.tries == 1)
            #expect(world.version(of: "nginx") == "1")
            // The next tries come after one interval, two, four…
            for _ in 0..<3 { #expect(try await world.cycle().phase == .blocked) }
            #expect(try world.memory.backOff?.tries == 3)
            #expect(try world.memory.failed == [])
            (world.planError, world.downloadError, world.applyError) = (nil, nil, nil)
            for _ in 0..<4 { try await world.cycle() }
            #expect(world.version(of: "nginx") == "2")
            #expect(try world.memory.backOff == nil)
        }
    }

    @Test func `a blocked node writes no report in each cycle`() async throws {
        let world = try await settled(World())
        world.history = "A B"
        world.planError = PackageError(.locked, "held by pid 1")
        try await world.cycle()
        let reports = world.written.count
        for pid in 2..<8 {
            world.planError = PackageError(.locked, "held by pid \(pid)")
            try await world.cycle()
        }
        #expect(world.written.count == reports)
    }

    @Test func `a refused plan names the lines to add, and changes nothing`() async throws {
        let world = try await settled(World())
        world.history = "A B"
        world.refusals = [
            PlanRefusal(
                code: .undetermined, package: .of("libssl3:amd64"), message: "libssl3 would come in",
                line: "libssl3: 3.0.17-1")
        ]
        let outcome = try await world.cycle()
        #expect(outcome.phase == .blocked)
        #expect(outcome.reasons.first?.code == .planRefused)
        #expect(outcome.reasons.first?.message.contains("libssl3: 3.0.17-1") ?? false)
        #expect(world.applied.count == 1)
    }

    @Test func `a hold changes nothing and is reported`() async throws {
        let world = try await settled(World())
        world.history = "A B"
        world.holds = [Reason(.groupHold, "telephones ring")]
        #expect(try await world.cycle().phase == .held)
        #expect(world.version(of: "nginx") == "1")
        #expect(world.written.last?.report.reasons.map(\.code) == [.groupHold])
        world.holds = []
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
    }

    @Test func `a node that was removed lets go, says nothing, and comes to rest`() async throws {
        let world = try await settled(World())
        world.isMember = false
        world.installed = [:]
        let outcome = try await world.cycle()
        #expect(outcome.decision.action == .letGo)
        #expect(outcome.report == .nobody)
        #expect(try world.memory.admitted == nil)
        let saves = world.saves
        try await world.cycle()
        #expect(world.saves == saves)
        #expect(world.installed.isEmpty)
    }

    @Test func `an older baseline that never named nginx takes the bad nginx away`() async throws {
        let world = World(installed: ["curl 1", "nginx 1"])
        world.packages = ["A": ["curl": "1"], "B": ["curl": "1", "nginx": "2", "new": "1"]]
        _ = try await settled(world)
        world.history = "A B"
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "2")
        world.history = "A B A"
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "1")
        #expect(world.version(of: "new") == nil)
        // And forward again, as a new declaration.
        world.history = "A B A B"
        try await world.cycle()
        #expect(world.version(of: "nginx") == "2")
    }

    @Test func `undoing that cannot begin yet stays open and is tried again`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in
            if installed[.of("nginx:amd64")]?.version == .of("2") {
                // From here on another process has the lock.
                world.planError = PackageError(.locked, "locked")
                return false
            }
            return true
        }
        world.history = "A B"
        for _ in 0..<3 {
            #expect(try await world.cycle().phase == .blocked)
            let memory = try world.memory
            #expect(memory.intent?.kind == .undo)
            #expect(memory.admitted?.declaration == Self.a)
            #expect(world.version(of: "nginx") == "2")
        }
        world.isWell = { _, _ in true }
        world.planError = nil
        try await world.cycle()
        #expect(try world.memory.intent == nil)
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `undoing that cannot begin is tried with back-off, and at once after a commit`()
        async throws
    {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in
            guard installed[.of("nginx:amd64")]?.version == .of("2") else { return true }
            world.planError = PackageError(.unavailable, "no source offers it")
            return false
        }
        world.history = "A B"
        world.pace = 300
        try await world.cycle()
        world.plans = 0
        // Tries after 1, 3 and 7 intervals.
        for _ in 0..<8 {
            #expect(try await world.cycle().reasons.map(\.code).contains(.packageUnavailable))
        }
        #expect(world.plans == 3)
        world.history = "A B B"
        try await world.cycle()
        #expect(world.plans == 4)
        // What has failed is not tried again by that: only the way back is.
        world.planError = nil
        world.history = "A B B B"
        try await world.cycle()
        #expect(try world.memory.intent == nil && world.memory.backOff == nil)
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `a person on the node lets what failed be tried again, and others hear of it`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version != .of("2") }
        world.history = "A B"
        try await world.cycle()
        #expect(try await world.cycle().phase == .rolledBack)
        world.isWell = { _, _ in true }
        #expect(try await world.cycle().phase == .rolledBack)
        var memory = try world.memory
        var isOfUse = memory.retry()
        #expect(isOfUse)
        // What failed stays said until a try has gone well.
        #expect(memory.failed.map(\.failure.declaration) == [Self.b])
        world.disk = memory.json.documentBytes
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
        let report = try #require(world.written.last?.report)
        #expect(report.retries == 1 && report.failed == [])
        #expect(try Report(parsing: report.documentBytes) == report)
        memory = try world.memory
        isOfUse = memory.retry()
        #expect(!isOfUse && memory.retries == 1)
        #expect(try NodeState(json: memory.json) == memory)
    }

    @Test func `what fails again after a person's retry has failed`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version != .of("2") }
        world.history = "A B"
        for round in 1...3 {
            for _ in 0..<3 { #expect(try await world.cycle().phase == .rolledBack) }
            // There and back, once for each word.
            #expect(world.applied.count == 1 + 2 * round)
            var memory = try world.memory
            let isOfUse = memory.retry()
            #expect(isOfUse)
            world.disk = memory.json.documentBytes
        }
    }

    @Test func `undoing by a refused plan is not carried out`() async throws {
        let world = World()
        world.checks = [Check(.service("nginx"))]
        _ = try await settled(world)
        world.isWell = { _, installed in
            guard installed[.of("nginx:amd64")]?.version == .of("2") else { return true }
            world.refusals = [
                PlanRefusal(
                    code: .removesUnnamed, package: .of("x:amd64"), message: "x would go", line: "x: 1")
            ]
            return false
        }
        world.history = "A B"
        let outcome = try await world.cycle()
        #expect(world.version(of: "nginx") == "2")
        #expect(try world.memory.intent?.kind == .undo)
        #expect(outcome.reasons.contains { $0.code == .planRefused })
    }

    @Test func `silence counts from before the declaration, also where no report can be written`()
        async throws
    {
        let world = try await settled(World())
        world.gate = Self.gate
        world.history = "A B"
        world.writeError = StatusError("the disk is full")
        try await world.cycle()
        let seen = try #require(try world.memory.firstSeen[Self.b])
        for _ in 0..<3 { try await world.cycle() }
        #expect(try world.memory.firstSeen[Self.b] == seen)
    }

    @Test func `a declaration that is seen while the node is dark keeps the day it was seen`() async throws {
        let world = try await settled(World())
        world.gate = Self.gate
        world.history = "A B"
        try await world.cycle()
        let seen = try #require(try world.memory.firstSeen[Self.b])
        world.boot += 1
        world.evidence = Self.healthy(on: Self.b)
        try await world.cycle()
        #expect(try world.memory.firstSeen[Self.b] == seen)
    }
}
