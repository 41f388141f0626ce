import FleetTesting
import Testing

@testable import FleetCore

/// Which kernels `kernels: 2` lets go.
struct KernelStockTests {
    private static let image = "linux-image-6.1.0-"
    private static let declaration = Declaration("A", by: 1)

    /// A machine with kernels of these numbers, each an image, modules and headers.
    private static func inventory(_ numbers: ClosedRange<Int>, others: [String] = []) -> InventoryIndex {
        let kernels = numbers.flatMap { number in
            ["linux-image", "linux-modules", "linux-headers"].map {
                "\($0)-6.1.0-\(number)-amd64 6.1.\(number)-1"
            } + ["linux-headers-6.1.0-\(number)-common 6.1.\(number)-1"]
        }
        return InventoryIndex(
            .sample(kernels + others + ["nginx 1", "linux-image-amd64 6.1.\(numbers.upperBound)-1"]))
    }

    /// A node that was well with some kernels, and brought all but those of `persons`.
    private static func memory(
        well: [Int], in inventory: InventoryIndex, persons: [String] = []
    ) -> NodeState {
        var memory = NodeState()
        memory.wellKernels = well.map { "6.1.0-\($0)-amd64" }
        let brought = inventory.inventory.packages.filter { !persons.contains($0.id.name.description) }
        memory.changes.record(
            brought.map { PackageChange(id: $0.id, from: nil, to: $0.version) }, for: declaration)
        return memory
    }

    private static func form(_ kernels: Int? = 2, _ entries: [String: String] = [:]) -> CanonicalForm {
        CanonicalForm(.sample(entries.merging(["nginx": "1"]) { first, _ in first }, kernels: kernels))
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var form = KernelStockTests.form()
        var well = [21, 22, 23]
        var running = 23
        var persons: [String] = []
        /// The numbers of the kernels that go, wholly.
        let gone: [Int]
    }

    @Test(arguments: [
        Case(testDescription: "older than the two newest", gone: [20, 21]),
        Case(testDescription: "older than the three newest", form: form(3), gone: [20]),
        Case(testDescription: "a baseline that says nothing", form: form(nil), gone: []),
        Case(testDescription: "the boot is not proven", well: [21, 22], gone: []),
        Case(testDescription: "the newest has not booted", well: [21, 22], running: 22, gone: [20]),
        Case(testDescription: "the last well one is old", well: [20, 23], gone: [21]),
        Case(testDescription: "a person's", persons: ["\(image)20-amd64"], gone: [21]),
        Case(testDescription: "named", form: form(2, ["\(image)21-amd64": "6.1.21-1"]), gone: [20]),
    ])
    func `they go once a newer one is proven`(_ tried: Case) {
        let inventory = Self.inventory(20...23)
        let memory = Self.memory(well: tried.well, in: inventory, persons: tried.persons)
        let spare = memory.spareKernels(
            for: tried.form, running: "6.1.0-\(tried.running)-amd64", in: inventory)
        let expected = tried.gone.flatMap { number in
            [
                "headers-6.1.0-\(number)-amd64", "headers-6.1.0-\(number)-common",
                "image-6.1.0-\(number)-amd64",
                "modules-6.1.0-\(number)-amd64",
            ].map { "linux-\($0):amd64" }
        }
        #expect(spare.map(\.description).sorted() == expected.sorted())
    }

    @Test func `another flavour, a held one and what a person has changed stay`() {
        let rt = "linux-image-6.1.0-19-rt-amd64"
        var inventory = Self.inventory(
            21...23, others: ["\(rt) 6.1.19-1", "\(Self.image)20-amd64 6.1.20-1 held"])
        var memory = Self.memory(well: [22, 23], in: inventory)
        func spare() -> [String] {
            memory.spareKernels(for: Self.form(), running: "6.1.0-23-amd64", in: inventory)
                .map(\.name).filter(\.isKernelImage).map(\.description)
        }
        #expect(spare() == ["\(Self.image)21-amd64"])
        inventory = InventoryIndex(
            .sample([
                "\(Self.image)21-amd64 6.1.21-1+b1", "\(Self.image)22-amd64 6.1.22-1",
                "\(Self.image)23-amd64 6.1.23-1",
            ]))
        #expect(spare() == [])
        memory.changes = ChangeLog()
        #expect(spare() == [])
    }

    /// Whatever going back would do, the same facts lead to rest after acting once.
    @Test func `what was reached is cleaned up in the window, at rest and proven, and is no drift before`() {
        let inventory = Self.inventory(20...23)
        func decision(
            windows: [Window] = [], reboot: Bool = false, previous: Bool = false,
            progress: Admission.Progress = .reached
        ) -> Decision {
            let membership = Membership.sample("A", windows: windows, kernels: 2)
            var memory = Self.memory(well: [22, 23], in: inventory)
            memory.stacks = [membership.group.baseline: membership.stack]
            memory.admitted = .sample(Self.declaration, in: membership, progress: progress)
            if previous { memory.previous = memory.admitted }
            return decide(
                desired: Desired(commit: .number(1), standing: .member(membership)),
                actual: Actual(
                    inventory: .success(inventory.inventory),
                    facts: SystemFacts(id: "debian", version: "12", kernel: "6.1.0-23-amd64"),
                    reboot: RebootStatement(isRequired: reboot)),
                evidence: .none, memory: memory, now: .at(0))
        }
        guard case .converge(let request) = decision().action else {
            Issue.record("nothing is cleaned up")
            return
        }
        #expect(request.removals.count == 8 && request.targets.isEmpty)
        let shut = decision(windows: [Window(days: [.sun], start: 0, end: 1, zone: .utc)])
        #expect(shut.action == .rest && shut.reasons.isEmpty)
        #expect(shut.assessment?.request.isEmpty == true)
        for waiting in [decision(reboot: true), decision(previous: true)] {
            #expect(waiting.action == .rest)
        }
    }

    @Test func `a revert brings no kernel back that would go at once`() {
        let inventory = Self.inventory(22...23)
        let membership = Membership.sample("A B A", kernels: 2)
        var memory = NodeState()
        memory.wellKernels = ["6.1.0-22-amd64", "6.1.0-23-amd64"]
        memory.stacks = [membership.group.baseline: membership.stack]
        memory.admitted = .sample(Self.declaration, in: membership)
        let removed = PackageID.of("\(Self.image)20-amd64:amd64")
        memory.changes.record(
            [PackageChange(id: removed, from: .of("6.1.20-1"), to: nil)], for: Declaration("B", by: 2))
        for (present, isBack) in [(inventory, false), (Self.inventory(23...23), true)] {
            let decision = decide(
                desired: Desired(commit: .number(3), standing: .member(membership)),
                actual: Actual(
                    inventory: .success(present.inventory),
                    facts: SystemFacts(id: "debian", version: "12", kernel: "6.1.0-23-amd64")),
                evidence: .none, memory: memory, now: .at(0))
            #expect((decision.assessment?.request.targets[removed] != nil) == isBack)
        }
    }
}
