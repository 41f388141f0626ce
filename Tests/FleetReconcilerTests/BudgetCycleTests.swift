import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// Whole cycles of a node whose group has a budget.
struct BudgetCycleTests {
    static let b = Declaration("B", by: 2)

    /// A node on A, before B, that may have one other of its site in change or failed beside it.
    private func world(_ others: [Claimant] = []) async throws -> World {
        let world = World()
        // Plans are counted, and only those that lead to a change.
        world.prefetch = .admitted
        for _ in 0..<3 { try await world.cycle() }
        world.budget = Budget(unavailable: 2, per: "site")
        world.ledger.others = others
        world.history = "A B"
        world.plans = 0
        world.steps = 0
        return world
    }

    private static let full: [Claimant] = [.other("atm-2"), .other("atm-3", .failed)]

    @Test func `a node claims once, right before it changes, and its report ends the claim`() async throws {
        let world = try await world([.other("atm-2")])
        let before = try world.memory.report.sequence
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
        let claim = try #require(world.ledger.own.first)
        #expect(world.ledger.own.count == 1)
        #expect(claim.declaration == Self.b)
        #expect(claim.sequence == before)
        #expect(claim.node == .of("atm-1"))
        #expect(claim.ledger.reference == "refs/heads/claims/stores/berlin-3")
        #expect(try world.memory.claim == nil)
        #expect(try world.memory.report.sequence > claim.sequence)
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.ledger.own.count == 1)
    }

    @Test func `while the budget is full a node plans nothing, tries nothing and waits`() async throws {
        let world = try await world(Self.full)
        for _ in 0..<4 {
            let outcome = try await world.cycle()
            #expect(outcome.phase == .waiting)
            #expect(outcome.reasons.map(\.code) == [.budget])
            #expect(
                outcome.reasons.first?.message
                    == "at site 'berlin-3' of 'stores' 2 of at most 2 are in change or failed: "
                    + "atm-2 in change, atm-3 failed")
        }
        #expect(world.plans == 0)
        #expect(world.version(of: "nginx") == "1")
        let memory = try world.memory
        #expect(memory.backOff == nil && memory.claim == nil && memory.failed.isEmpty)
        // One report says that it waits; it is not said again.
        #expect(world.written.count { $0.report.phase == .waiting } == 1)
        world.ledger.others = [.other("atm-2", .converged), .other("atm-3", .failed)]
        #expect(try await world.cycle().phase == .converged)
        #expect(world.ledger.own.count == 1)
    }

    @Test func `a place that was taken during the download is not taken again`() async throws {
        let world = try await world()
        world.ledger.onReading = { if $0 == 2 { world.ledger.others = Self.full } }
        let outcome = try await world.cycle()
        #expect(outcome.phase == .waiting && outcome.reasons.map(\.code) == [.budget])
        #expect(world.plans == 1)
        #expect(world.ledger.own.isEmpty)
        let memory = try world.memory
        #expect(memory.backOff == nil && memory.claim == nil)
    }

    @Test func `whoever is overtaken reads again, and gives up where the last place has gone`() async throws {
        let world = try await world()
        world.ledger.deliveries = [.overtaken, .overtaken]
        world.ledger.onReading = { if $0 == 4 { world.ledger.others = Self.full } }
        #expect(try await world.cycle().phase == .waiting)
        #expect(world.ledger.readings == 4)
        #expect(world.ledger.own.isEmpty)
        // It is known that no claim was made, so no report must end one.
        #expect(try world.memory.claim == nil)
        world.ledger.others = []
        world.ledger.deliveries = [.overtaken, .overtaken]
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `a ledger in which others are always first is left alone until the next cycle`() async throws {
        let world = try await world()
        world.ledger.deliveries = Array(repeating: .overtaken, count: 16)
        let outcome = try await world.cycle()
        #expect(outcome.phase == .waiting && outcome.reasons.map(\.code) == [.budget])
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `no connection, no claim, no move`() async throws {
        let world = try await world()
        world.ledger.error = LedgerError("the remote is away")
        let outcome = try await world.cycle()
        #expect(outcome.phase == .waiting)
        #expect(outcome.reasons == [Reason(.budget, "the remote is away")])
        #expect(world.applied.count == 1 && world.plans == 0)
        // It breaks between the reading and the claim.
        world.ledger.error = nil
        world.ledger.deliveries = [.unreachable("it broke")]
        #expect(try await world.cycle().phase == .waiting)
        #expect(world.applied.count == 1)
        // A refusal is none of the node's doing either.
        world.ledger.deliveries = [.refused("read-only")]
        let refused = try await world.cycle()
        #expect(refused.reasons.first?.message.contains("read-only") == true)
        #expect(try world.memory.backOff == nil)
    }

    @Test func `a claim of which nobody knows whether it was made is ended by a report`() async throws {
        let world = try await world(Self.full)
        // It has said already that it waits for the budget, so there is nothing else to tell.
        try await world.cycle()
        world.ledger.others = []
        world.ledger.deliveries = [.unreachable("it broke")]
        world.push = .unreachable("it broke")
        let before = try world.memory.report.sequence
        try await world.cycle()
        #expect(try world.memory.claim == ClaimMemory(sequence: before))
        // The group's budget fills up meanwhile. A report passes the claim all the same.
        world.ledger.others = Self.full
        world.push = .pushed
        try await world.cycle()
        #expect(try world.memory.claim == nil)
        #expect(try world.memory.report.sequence > before)
        #expect(world.pushed.last == world.written.last?.id)
    }

    @Test func `going back takes no claim`() async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        world.ledger.others = Self.full
        world.ledger.error = LedgerError("the remote is away")
        world.history = "A B A"
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "1")
        #expect(world.ledger.own.count == 1)
    }

    @Test func `a stale branch that takes back two at once is no going back`() async throws {
        let world = try await world()
        world.history = "A B C"
        for _ in 0..<3 { try await world.cycle() }
        world.ledger.others = Self.full
        world.history = "A B C A"
        #expect(try await world.cycle().reasons.map(\.code) == [.budget])
        #expect(world.version(of: "nginx") == "3")
    }

    @Test func `drift is repaired without a claim`() async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        world.ledger.others = Self.full
        world.installed[.of("nginx:amd64")] = nil
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
        #expect(world.ledger.own.count == 1)
    }

    @Test func `what fails is undone without a claim, and its claim counts as failed`() async throws {
        let world = try await world()
        world.checks = [Check(.service("nginx"))]
        world.isWell = { _, installed in installed[.of("nginx:amd64")]?.version.description != "2" }
        #expect(try await world.cycle().phase == .rolledBack)
        #expect(world.version(of: "nginx") == "1")
        #expect(world.ledger.own.count == 1)
        let report = try #require(world.written.last?.report)
        let claim = try #require(world.ledger.own.first)
        #expect(Claimant(claim: claim, testimony: .report(report)).state == .failed)
        // What heals it is not kept away by its own failure, only by others.
        world.isWell = { _, _ in true }
        world.ledger.others = [.other("atm-2")]
        world.history = "A B C"
        #expect(try await world.cycle().phase == .converged)
        #expect(world.ledger.own.map(\.declaration) == [Self.b, Declaration("C", by: 3)])
    }

    @Test func `a change that does not begin after the claim ends it, and claims again`() async throws {
        let world = try await world()
        world.applyError = PackageError(.locked, "apt is at work")
        #expect(try await world.cycle().phase == .blocked)
        #expect(try world.memory.claim == nil)
        let claim = try #require(world.ledger.own.first)
        let report = try #require(world.written.last?.report)
        #expect(Claimant(claim: claim, testimony: .report(report)).state == .ended)
        world.applyError = nil
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "2")
        #expect(world.ledger.own.count == 2)
    }

    @Test(arguments: [[:], ["site": "Berlin 3"], ["room": "berlin-3"]])
    func `without a fitting label a node waits and asks nobody`(labels: [String: String]) async throws {
        let world = try await world()
        world.labels = labels
        let outcome = try await world.cycle()
        #expect(outcome.phase == .waiting && outcome.reasons.map(\.code) == [.budget])
        #expect(world.ledger.readings == 0 && world.plans == 0)
    }
}
