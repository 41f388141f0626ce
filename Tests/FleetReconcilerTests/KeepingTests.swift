import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// What is replaced is kept first, and what could not be undone is not done.
struct KeepingTests {
    private static let nginx = UnkeptPackage(
        id: .of("nginx:amd64"), version: .of("1"), cause: "no source offers it", remedy: "install a tool")

    private func settled(_ world: World) async throws -> World {
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "1")
        return world
    }

    @Test func `a change that could not be undone blocks before anything is written or done`() async throws {
        let world = try await settled(World())
        let asked = world.kept.count
        world.unkept = [Self.nginx]
        world.history = "A B"
        let outcome = try await world.cycle()
        #expect(outcome.phase == .blocked)
        let reason = try #require(outcome.reasons.first { $0.code == .irreversible })
        for part in ["'nginx:amd64' 1", "no source offers it", "install a tool", "irreversible: allow"] {
            #expect(reason.message.contains(part), "\(reason.message)")
        }
        #expect(world.version(of: "nginx") == "1")
        #expect(world.kept.count == asked + 1 && world.kept.last?.isDemanded == true)
        #expect(try world.memory.intent == nil)
        #expect(try world.memory.failed.isEmpty)
        #expect(try world.memory.claim == nil)
        world.unkept = []
        for _ in 0..<2 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "2")
    }

    @Test func `what cannot be read or written of the store blocks, too`() async throws {
        let world = try await settled(World())
        world.keepError = PackageError(.noSpace, "the disk is full")
        world.history = "A B"
        #expect(try await world.cycle().reasons.contains { $0.code == .noSpace })
        #expect(world.version(of: "nginx") == "1")
    }

    @Test func `a baseline may allow what could not be undone`() async throws {
        let world = try await settled(World())
        world.unkept = [Self.nginx]
        world.irreversible = .allow
        world.history = "A B"
        #expect(try await world.cycle().phase == .converged)
        #expect(world.version(of: "nginx") == "2")
    }

    @Test func `going back does not wait for what it leaves behind`() async throws {
        let world = try await settled(World())
        world.history = "A B"
        for _ in 0..<3 { try await world.cycle() }
        #expect(world.version(of: "nginx") == "2")
        world.unkept = [Self.nginx]
        world.history = "A B A"
        try await world.cycle()
        #expect(world.version(of: "nginx") == "1")
        #expect(world.kept.last?.isDemanded == false)
        world.unkept = []
        world.keepError = PackageError(.noSpace, "the disk is full")
        world.history = "A B A B"
        #expect(try await world.cycle().phase == .blocked)
        world.history = "A B A"
        #expect(try await world.cycle().phase == .converged)
    }

    @Test func `what the last transactions replaced stays needed`() async throws {
        let world = try await settled(World())
        for history in ["A B", "A B C"] {
            world.history = history
            try await world.cycle()
        }
        #expect(world.version(of: "nginx") == "3")
        #expect(world.kept.last?.needed.compactMap(\.from) == [.of("1")])
    }

    @Test func `so does what a declaration changed that was begun and left`() async throws {
        let world = try await settled(World())
        world.history = "A B"
        var state = try world.memory
        let b = Declaration("B", by: 2)
        state.previous = state.admitted
        state.admitted = .sample(b, in: world.membership, progress: .begun)
        state.changes.record([PackageChange(id: .of("vim:amd64"), from: .of("7"), to: .of("8"))], for: b)
        world.disk = state.json.documentBytes
        world.history = "A B C"
        try await world.cycle()
        #expect(world.version(of: "nginx") == "3")
        // B was never reached: from C the node goes back to A.
        #expect(world.kept.last?.needed.compactMap(\.from) == [.of("7")])
    }
}
