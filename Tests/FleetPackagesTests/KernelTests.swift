import FleetCore
import FleetPackages
import FleetTesting
import Testing

/// `kernels: 2` with real packages: kernels of the tests' own, on a machine that says which one runs.
@Suite(.timeLimit(.minutes(15)))
struct KernelTests {
    private static func packages(_ number: Int) -> [String] {
        ["linux-image-6.1.0-\(number)-amd64", "linux-headers-6.1.0-\(number)-amd64"]
    }

    @Test func `kernels that Plimsoll brought go after a proven boot, a person's stays`() async throws {
        let offered = (20...23).flatMap { number in
            Self.packages(number).map { SandboxPackage($0, "6.1.\(number)-1") }
        }
        let sandbox = try await AptSandbox(offered + [SandboxPackage("nginx", "1")])
        try await sandbox.install(
            Dictionary(uniqueKeysWithValues: offered.map { ("\($0.name):all", $0.version) })
                .merging(["nginx:all": "1"]) { first, _ in first })
        let machine = AptPackages(
            AptConfiguration(
                root: sandbox.configuration.root, workspace: sandbox.configuration.workspace,
                store: sandbox.configuration.store, kernelRelease: "6.1.0-23-amd64"))
        let inventory = try await machine.inventory()
        let membership = Membership.sample("A", kernels: 2)
        var memory = NodeState()
        memory.stacks = [membership.group.baseline: membership.stack]
        memory.admitted = .sample(Declaration("A", by: 1), in: membership)
        memory.wellKernels = ["6.1.0-22-amd64", "6.1.0-23-amd64"]
        let own = inventory.packages.filter { $0.id.name != .of("linux-image-6.1.0-20-amd64") }
        memory.changes.record(
            own.map { PackageChange(id: $0.id, from: nil, to: $0.version) }, for: Declaration("A", by: 1))
        func action() async throws -> Action {
            decide(
                desired: Desired(commit: .number(1), standing: .member(membership)),
                actual: Actual(
                    inventory: .success(try await machine.inventory()), facts: try await machine.facts()),
                evidence: .none, memory: memory, now: .at(0)
            ).action
        }
        guard case .converge(let request) = try await action() else {
            Issue.record("nothing is removed")
            return
        }
        try await sandbox.carryOut(request)
        let left = try await sandbox.states().keys.filter { $0.hasPrefix("linux-") }.sorted()
        let expected = [20, 22, 23].flatMap(Self.packages).map { "\($0):all" }.sorted()
        #expect(left == expected)
        #expect(try await action() == .rest)
    }
}
