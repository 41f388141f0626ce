import FleetCore
import FleetReconciler
import FleetTesting
import Testing

/// A kernel that is taken back while it runs, and what boots then.
struct KernelTests {
    private static let old = "6.1.0-40-amd64"
    private static let new = "6.1.0-41-amd64"
    private static let image = "linux-image-" + new

    /// A node that runs the kernel of B, which A did not have.
    private func world() async throws -> World {
        let world = World(installed: ["nginx 1", "linux-image-\(Self.old) 6.1.40-1"])
        world.checks = [Check(.service("nginx"))]
        world.packages["A"] = ["nginx": "1"]
        world.packages["B"] = ["nginx": "2", Self.image: "6.1.41-1"]
        world.needsReboot = [Self.image]
        for _ in 0..<2 { try await world.cycle() }
        world.history = "A B"
        try await world.cycle()
        #expect(world.asked == [1])
        world.kernel = Self.new
        return world
    }

    @Test func `the former one boots by default before packages go back, and the setting is put back`()
        async throws
    {
        let world = try await world()
        world.isWell = { [unowned world] _, _ in world.kernel == Self.old }
        let outcome = try await world.cycle()
        #expect(outcome.phase == .rolledBack)
        #expect(world.version(of: "nginx") == "1" && world.bootDefaultAtChange == Self.old)
        let report = try #require(world.written.map(\.report).last { $0.reboot.isRequired })
        let words = "the kernel \(Self.new) was taken back and still runs; \(Self.old) boots next"
        #expect(report.reasons.contains { $0.code == .rebootRequired && $0.message.contains(words) })
        #expect(world.asked == [1, 2] && world.kernel == Self.old)
        #expect(world.version(of: Self.image) == "6.1.41-1")
        // Once another one runs it goes as drift, and what newer kernels bring boots again.
        try await world.cycle()
        #expect(world.version(of: Self.image) == nil)
        #expect(world.bootDefault == nil)
        #expect(try world.memory.kernelReturn == nil)
        #expect(world.written.last?.report.reboot.isRequired == false)
    }

    @Test func `after a power cut at any step the former one runs, and the setting is put back`() async throws
    {
        var cut = 0
        var wasCut = true
        while wasCut {
            cut += 1
            let world = try await world()
            world.isWell = { [unowned world] _, _ in world.kernel == Self.old }
            world.cutAt = world.steps + cut
            _ = try? await world.cycle()
            wasCut = world.isDead
            world.restart()
            for _ in 0..<4 { try await world.cycle() }
            #expect(world.kernel == Self.old && world.version(of: "nginx") == "1", "cut at step \(cut)")
            #expect(world.version(of: Self.image) == nil, "cut at step \(cut)")
            #expect(world.bootDefault == nil, "cut at step \(cut)")
            #expect(try world.memory.kernelReturn == nil, "cut at step \(cut)")
        }
        #expect(cut > 8)
    }

    @Test func `a revert selects it, too, at once and once`() async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        #expect(try world.memory.wellKernels == [Self.old, Self.new])
        world.bootDefault = "what a person chose"
        world.rebootsWhenAsked = false
        world.history = "A B A"
        try await world.cycle()
        #expect(world.bootDefault == Self.old)
        #expect(try world.memory.kernelReturn?.before == "what a person chose")
        world.bootDefault = nil
        try await world.cycle()
        #expect(world.bootDefault == nil)
        // The revert is reverted: the kernel that runs is wanted again.
        world.history = "A B A B"
        for _ in 0..<2 { try await world.cycle() }
        #expect(world.bootDefault == "what a person chose")
        #expect(try world.memory.kernelReturn == nil)
    }

    @Test func `where no boot loader can be asked a person is told what to do`() async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        world.bootLoaderError = MachineError("there is no boot loader")
        world.history = "A B A"
        for _ in 0..<2 { try await world.cycle() }
        // The same kernel would come up again.
        #expect(world.asked == [1])
        let reason = try #require(world.written.last?.report.reasons.first { $0.code == .rebootRequired })
        for part in [Self.new, "there is no boot loader", "boot \(Self.old) by hand", "grub-reboot"] {
            #expect(reason.message.contains(part), "\(reason.message)")
        }
        // It is tried again.
        world.bootLoaderError = nil
        try await world.cycle()
        #expect(world.asked == [1, 2])
        try await world.cycle()
        #expect(world.version(of: Self.image) == nil)
    }

    @Test func `nothing is selected under a hold, and all is put back when the node leaves`() async throws {
        let world = try await world()
        for _ in 0..<3 { try await world.cycle() }
        world.rebootPolicy = .never
        world.history = "A B A"
        world.holds = [Reason(.nodeHold, "stop")]
        try await world.cycle()
        #expect(world.bootDefault == nil)
        world.holds = []
        try await world.cycle()
        #expect(world.bootDefault == Self.old)
        world.isMember = false
        try await world.cycle()
        #expect(world.bootDefault == nil)
        #expect(try world.memory.kernelReturn == nil)
    }

    @Test func `older ones go after a proven boot`() async throws {
        let world = try await world()
        world.kernels = 2
        world.packages["C"] = ["nginx": "1", "linux-image-6.1.0-42-amd64": "6.1.42-1"]
        world.packages["D"] = ["nginx": "1", "linux-image-6.1.0-43-amd64": "6.1.43-1"]
        world.history = "A B"
        for (history, number) in [("A B", 41), ("A B C", 42), ("A B C D", 43)] {
            world.history = history
            try await world.cycle()
            world.kernel = "6.1.0-\(number)-amd64"
            for _ in 0..<3 { try await world.cycle() }
        }
        // The first one is a person's.
        let kernels = world.installed.keys.map(\.description).filter { $0.hasPrefix("linux-image") }.sorted()
        #expect(kernels.map { $0.split(separator: "-")[3] } == ["40", "42", "43"])
        let outcome = try await world.cycle()
        #expect(outcome.phase == .converged)
    }

    @Test func `drift says why it waits, also where a kernel is too many`() async throws {
        let world = try await world()
        world.kernels = 2
        for _ in 0..<3 { try await world.cycle() }
        world.packages["C"] = ["nginx": "1", "linux-image-6.1.0-42-amd64": "6.1.42-1"]
        world.packages["D"] = ["nginx": "1", "linux-image-6.1.0-43-amd64": "6.1.43-1"]
        for (history, number) in [("A B C", 42), ("A B C D", 43)] {
            world.history = history
            try await world.cycle()
            world.kernel = "6.1.0-\(number)-amd64"
            if number == 43 {
                world.windows = [Window(days: [.sun], start: 9 * 60, end: 10 * 60, zone: .utc)]
            }
            for _ in 0..<3 { try await world.cycle() }
        }
        // A kernel too many waits for the window, and is no reason; what a person took away is one.
        #expect(world.version(of: Self.image) == "6.1.41-1")
        let resting = try await world.cycle()
        #expect(resting.reasons.isEmpty && resting.decision.action == .rest)
        world.installed[.of("nginx:amd64")] = nil
        #expect(try await world.cycle().reasons.map(\.code) == [.window])
    }
}
