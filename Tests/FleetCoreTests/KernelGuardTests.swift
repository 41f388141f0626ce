import FleetCore
import FleetTesting
import Testing

struct KernelGuardTests {
    @Test(arguments: [
        ("linux-image-6.1.0-22-amd64", true), ("linux-image-6.1.0-21-amd64", true),
        ("linux-image-6.1.0-20-amd64", false), ("linux-image-6.1.0-22-amd64-unsigned", true),
        ("linux-modules-6.1.0-22-amd64", true), ("linux-image-amd64", false),
        ("linux-headers-6.1.0-22-amd64", false), ("linux-image-6.1.0-2", false),
    ])
    func `the running kernel and the last proven one stay`(name: String, isProtected: Bool) {
        let kernels = KernelGuard(running: "6.1.0-22-amd64", proven: ["6.1.0-20-amd64", "6.1.0-21-amd64"])
        #expect(kernels.protects(.of(name)) == isProtected)
    }

    @Test func `one that has proven itself needs no other one`() {
        let kernels = KernelGuard(running: "6.1.0-22-amd64", proven: ["6.1.0-22-amd64", "6.1.0-21-amd64"])
        #expect(!kernels.protects(.of("linux-image-6.1.0-21-amd64")))
        #expect(!KernelGuard(running: "", proven: []).protects(.of("linux-image-")))
    }

    @Test func `a plan that removes one is refused, a request spares it`() {
        let kernels = KernelGuard(running: "6.1.0-22-amd64", proven: [])
        let id = PackageID.of("linux-image-6.1.0-22-amd64:amd64")
        let removal = PackageChange(id: id, from: .of("1"), to: nil)
        #expect(kernels.refusal(of: [removal])?.code == .planRefused)
        #expect(kernels.refusal(of: [PackageChange(id: id, from: .of("1"), to: .of("2"))]) == nil)
        let request = ChangeRequest(pins: [], targets: [:], removals: [id: false, .of("nginx:amd64"): true])
        #expect(kernels.sparing(request).removals == [.of("nginx:amd64"): true])
    }

    @Test func `a reverted kernel goes when another one runs`() {
        let membership = Membership.sample("A B A")
        var memory = NodeState()
        memory.stacks = [membership.group.baseline: membership.stack]
        memory.admitted = .sample(Declaration("A", by: 1), in: membership)
        memory.wellKernels = ["6.1.0-21-amd64"]
        let id = PackageID.of("linux-image-6.1.0-22-amd64:amd64")
        memory.changes.record(
            [PackageChange(id: id, from: nil, to: .of("6.1.94-1"))], for: Declaration("B", by: 2))
        for (running, isRemoved) in [("6.1.0-22-amd64", false), ("6.1.0-21-amd64", true)] {
            let decision = decide(
                desired: Desired(commit: .number(3), standing: .member(membership)),
                actual: Actual(
                    inventory: .success(.sample(["nginx 1", "linux-image-6.1.0-22-amd64 6.1.94-1"])),
                    facts: SystemFacts(id: "debian", version: "12", kernel: running)), evidence: .none,
                memory: memory, now: .at(0))
            #expect(decision.assessment?.request.removals.keys.contains(id) == isRemoved)
        }
    }

    @Test func `kernels are remembered in the order in which they were well`() {
        var memory = NodeState()
        for release in ["1", "2", "2", "3", "1", "4", "5", ""] { memory.note(wellKernel: release) }
        #expect(memory.wellKernels == ["3", "1", "4", "5"])
    }
}
