import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// A node takes its next key once the fleet lists it, wherever the power fails, and goes on with its own
/// chain.
struct RotationTests {
    private static let new = "ssh-ed25519 BBBB"

    /// A node at rest on A that has made its next key.
    private func settled() async throws -> World {
        let world = World()
        for _ in 0..<3 { try await world.cycle() }
        world.nextKey = Self.new
        return world
    }

    @Test func `the old key signs until the fleet lists the new one`() async throws {
        let world = try await settled()
        let old = world.key
        let proven = try world.memory.proven
        #expect(!proven.isEmpty)
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.key == old)
        let last = try #require(world.written.last)
        world.listedKey = Self.new
        try await world.cycle()
        #expect(world.key == Self.new && world.nextKey == nil)
        let first = try #require(world.written.last)
        #expect(first.report.sequence == 1 && first.report.previous == last.id)
        #expect(first.report.proven.map(\.declaration) == proven.map(\.declaration))
        #expect(world.signers.last == Self.new && world.pushed.last == first.id)
        let count = world.written.count
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.written.count == count)
        world.installed = [:]
        try await world.cycle()
        #expect(world.written.last?.report.sequence == world.written.count - count + 1)
    }

    @Test func `what waits to be sent stays below the first report by the new key`() async throws {
        let world = try await settled()
        world.push = .unreachable("no line")
        world.installed = [:]
        try await world.cycle()
        let waiting = try #require(world.written.last)
        world.remote = RemoteChain(tip: .number(0xfe), isOwn: false, ownSequence: nil)
        world.listedKey = Self.new
        try await world.cycle()
        let first = try #require(zip(world.written, world.signers).first { $1 == Self.new }?.0)
        #expect(first.report.sequence == 1 && first.report.previous == waiting.id)
    }

    @Test func `a server that does not let the new key in keeps the old one`() async throws {
        let world = try await settled()
        let old = world.key
        world.keyError = StatusError("permission denied")
        world.listedKey = Self.new
        try await world.cycle()
        #expect(world.key == old && world.nextKey == Self.new)
        // Nothing is reported meanwhile: under that commit nobody would believe it, then or later.
        let count = world.written.count
        world.installed = [:]
        let waiting = try await world.cycle()
        #expect(world.written.count == count)
        #expect(waiting.report == .queued(world.written.last?.id, "permission denied"))
        world.keyError = nil
        try await world.cycle()
        #expect(world.key == Self.new && world.written.count > count)
    }

    @Test func `a key that nobody made here, or that is not listed, is not taken`() async throws {
        let world = try await settled()
        let old = world.key
        world.listedKey = "ssh-ed25519 CCCC"
        try await world.cycle()
        #expect(world.key == old && world.nextKey == Self.new)
    }

    /// From the durable note of the old key to the report that was sent.
    @Test(arguments: 1..<8)
    func `the power may fail at each step`(step: Int) async throws {
        let world = try await settled()
        // As an agent has left it that did not keep the key.
        var state = try #require(try world.memory.json.object)
        var report = try #require(state["report"]?.object)
        report["key"] = nil
        state["report"] = .object(report)
        world.disk = JSONValue.object(state).documentBytes
        let last = try #require(world.written.last)
        world.listedKey = Self.new
        world.steps = 0
        world.cutAt = step
        for _ in 0..<3 where !world.isDead { _ = try? await world.cycle() }
        world.restart()
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.key == Self.new && world.nextKey == nil)
        let memory = try world.memory.report
        #expect(memory.key == Self.new && memory.isPushed)
        let reports = Dictionary(world.written.map { ($0.id, $0.report) }) { first, _ in first }
        var next = memory.id
        var number = memory.sequence
        while let id = next, id != last.id {
            let report = try #require(reports[id])
            #expect(report.sequence == number)
            (next, number) = (report.previous, number - 1)
        }
        #expect(next == last.id && number == 0)
    }

    @Test func `a claim by the old key is ended by the first report of the new one`() async throws {
        let world = try await settled()
        var state = try world.memory
        state.claim = ClaimMemory(sequence: 40)
        world.disk = state.json.documentBytes
        world.listedKey = Self.new
        try await world.cycle()
        #expect(try world.memory.claim == nil)
        let count = world.written.count
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.written.count == count)
    }
}
