import FleetCore
import FleetTesting
import Testing

/// What holds for every node in every history, tried on seeded random ones with a small model of acting.
struct DecidePropertyTests {
    private static let letters = ["A", "B", "C", "D"]

    private struct Model {
        var membership: Membership
        var memory = NodeState()
        var installed: [PackageID: InstalledPackage] = [:]
        var evidence = Evidence.none
        /// What came back in the last act.
        var returned: [PackageID] = []

        func decision() -> Decision {
            decide(
                desired: Desired(commit: .number(99), standing: .member(membership)),
                actual: Actual(
                    inventory: .success(
                        Inventory(
                            architectures: [.of("amd64"), .of("i386")], packages: Array(installed.values))),
                    facts: .debian12), evidence: evidence, memory: memory, now: .at(0))
        }

        /// Does what was decided, as a package manager without faults would.
        mutating func act(on decision: Decision) {
            memory.admitted = decision.admitted
            memory.previous = decision.previous
            returned = []
            // With nothing left to change it is reached.
            memory.admitted?.progress = .reached
            memory.previous = nil
            guard case .converge(let request) = decision.action, let admitted = decision.admitted else {
                return
            }
            var changes: [PackageChange] = []
            for (id, version) in request.targets {
                if installed[id] == nil { returned.append(id) }
                changes.append(PackageChange(id: id, from: installed[id]?.version, to: version))
                installed[id] = InstalledPackage(
                    id: id, version: version, source: installed[id]?.source ?? id.name,
                    sourceVersion: version)
            }
            for id in request.removals.keys {
                changes.append(PackageChange(id: id, from: installed[id]?.version, to: nil))
                installed[id] = nil
            }
            memory.changes.record(changes, for: admitted.declaration)
        }
    }

    private func packages(_ generator: inout SeededGenerator) -> [String: [String: String]] {
        let requirements = ["1", "2", "3", "1 where installed", "absent", "purged"]
        let keys = ["a", "b", "c", "a:i386", "src:a", "src:s"]
        return Dictionary(
            uniqueKeysWithValues: Self.letters.map { letter in
                let named = keys.filter { _ in generator.once(in: 2) }
                return (
                    letter,
                    Dictionary(
                        uniqueKeysWithValues: named.map { key in
                            let isSource = key.hasPrefix("src:")
                            return (
                                key, isSource ? "\(1 + generator.below(3))" : generator.one(of: requirements)
                            )
                        })
                )
            })
    }

    private func installed(_ generator: inout SeededGenerator) -> [PackageID: InstalledPackage] {
        let lines = [
            "a 1", "a 2", "a:i386 1", "b 2 source=s", "b 3 held", "c:all 1", "c 2 config-files",
            "d 1 source=s",
            "e:i386 2 source=s broken", "f 1+b1 source=a",
        ].filter { _ in generator.once(in: 2) }
        return Dictionary(Inventory.sample(lines).packages.map { ($0.id, $0) }) { first, _ in first }
    }

    @Test(arguments: 0..<150 as Range<UInt64>)
    func `deciding again after acting yields rest`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let packages = packages(&generator)
        let history = (0..<12).map { _ in generator.one(of: Self.letters) }
        var model = Model(membership: .sample("A", packages: packages), installed: installed(&generator))
        for length in 1...history.count {
            let commits = history.prefix(length).joined(separator: " ")
            model.membership = .sample(
                commits, packages: packages, newer: generator.one(of: [.keep, .replace]))
            // A dark node meets only some of the commits.
            guard generator.once(in: 2) else { continue }
            let first = model.decision()
            #expect(first.admitted?.declaration == model.membership.stack.declared)
            model.act(on: first)
            // Of a package that comes back only its presence shows that an entry of its source is about it.
            let hasReturned = !model.returned.isEmpty
            if hasReturned { model.act(on: model.decision()) }
            let second = model.decision()
            #expect(second.action == .rest, "\(commits)")
            #expect(second.admitted == model.memory.admitted)
            #expect(second == model.decision())
        }
    }

    @Test(arguments: 0..<120 as Range<UInt64>)
    func `behind a gate only what is open or proven is admitted, and never what was withdrawn`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let history = (0..<10).map { _ in generator.one(of: Self.letters) }
        var model = Model(membership: .sample("A"))
        for length in 1...history.count {
            let commits = history.prefix(length).joined(separator: " ")
            model.membership = .sample(commits, gate: DecideTests.gate)
            let stack = model.membership.stack
            let open = stack.layers.map(\.declaration).filter { _ in generator.once(in: 3) }
            model.evidence =
                open.isEmpty
                ? .none
                : .sample(
                    [
                        Canary(
                            "canary-1",
                            .sample(
                                admitted: open[0],
                                proven: Dictionary(uniqueKeysWithValues: open.map { ($0, 14_400) })))
                    ], entries: [open[0]: ["nginx"]])
            let before = model.memory.admitted?.declaration
            let decision = model.decision()
            let after = decision.admitted?.declaration
            if after != before {
                let admitted = try #require(after)
                #expect(
                    open.contains(admitted) || model.memory.proven.contains { $0.declaration == admitted })
                #expect(stack.contains(admitted))
            }
            model.act(on: decision)
            if generator.once(in: 3), let proven = model.memory.admitted?.declaration {
                model.memory.proven.append(Proof(declaration: proven, healthyFor: .zero))
            }
            #expect(model.decision().action == .rest)
        }
    }
}
