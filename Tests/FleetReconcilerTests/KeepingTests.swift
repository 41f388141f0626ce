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
        // B is not proven: the node may have to go back to A.
        #expect(world.version(of: "nginx") == "3")
        #expect(world.kept.last?.needed.compactMap(\.from) == [.of("1")])
    }
}
