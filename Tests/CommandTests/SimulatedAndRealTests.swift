import FleetCore
import FleetRepository
import FleetSimulator
import FleetTesting
import Testing

/// One rollout, for real with twenty agents and simulated: the same happens, in the same order.
struct SimulatedAndRealTests {
    private static let canaries = 3
    private static let stores = 17

    @Test(.timeLimit(.minutes(10)))
    func twentyNodesDoWhatTheSimulationOfTheirRepositorySays() async throws {
        let fleet = try await LocalFleet(LocalFleet.tills, declaring: ["telnetd: absent"])
        let nodes = try Self.enrol(in: fleet)
        let base = try fleet.tip
        try Self.settle(nodes)
        try fleet.declare("till: 1.1-1")
        let source = try RolloutSource(range: "\(base)..HEAD", in: fleet.clone)
        let scenario = try Self.scenario(of: source)
        let target = try #require(scenario.after.digests.values.first)
        let order = WavePlan(
            digest: target, nodes: nodes.map { .of($0.name) }.filter { $0.description.hasPrefix("stores") },
            steps: [.percent(25), .percent(100)]
        ).order
        // One of the first wave breaks; its waves allow for one.
        let broken = order[1]
        try fleet.folder.write("", to: "nodes/\(broken)/root/etc/fragile")
        let simulated = await SteppedRehearsal(scenario, breaking: [broken])
        simulated.begin()

        var watch = try RealTime(nodes)
        var done: Set<String> = []
        for round in 1...60 where done.count < nodes.count {
            for node in nodes where !done.contains(node.name) {
                let real = try node.reconcile()
                let state = try watch.advance(to: node)
                let step = try #require(await simulated.turn(of: .of(node.name), after: watch.elapsed))
                let place = "round \(round), \(node.name): \(real)"
                #expect(real.phase == step.phase, "\(place)")
                #expect(real.codes == step.codes, "\(place) and not \(step.codes)")
                #expect((real.report == "sent") == step.isReported, "\(place)")
                let admitted = real.document["admitted"]?["digest"]?.string
                #expect((admitted == target.hex) == step.isAdmitted, "\(place)")
                if Self.isDone(state, with: target) { done.insert(node.name) }
            }
        }
        #expect(done.count == nodes.count)
        for node in nodes {
            let real = try fleet.chain(of: node).map(\.report)
                .filter { $0.baseline.declared?.digest == target }.map(Told.init)
            #expect(real == simulated.reports(of: .of(node.name)).map(Told.init), "\(node.name)")
            #expect(real.last?.failed == (node.name == broken.description ? [target] : []), "\(node.name)")
        }
    }

    /// Three canaries and seventeen stores, that move in two waves.
    private static func enrol(in fleet: LocalFleet) throws -> [LocalNode] {
        let check =
            #"! grep -qs 1.1-1 "$PLIMSOLL_ROOT/usr/share/till/version" "#
            + #"|| test ! -e "$PLIMSOLL_ROOT/etc/fragile""#
        try fleet.write(
            LocalFleet.group(
                "gate: \(LocalFleet.gate)",
                "waves: {steps: [25%, 100%], healthy: 80%, soak: 1s, failures: 1}",
                "checks:", "  - command: [/bin/sh, -c, '\(check)']", "    settle: 0s"),
            to: "groups/stores/group.yaml")
        var nodes = try (1...stores).map { try fleet.enrol("stores-\($0)", in: "stores") }
        for number in 1...canaries {
            nodes.insert(try fleet.enrol("canary-\(number)", in: "canary"), at: number * 4)
        }
        try fleet.publish("Enrol twenty nodes")
        return nodes
    }

    /// Lets each node prove what was declared first, so that it is at rest.
    private static func settle(_ nodes: [LocalNode]) throws {
        var waiting = nodes
        for _ in 0..<40 where !waiting.isEmpty {
            for node in waiting { _ = try node.reconcile() }
            waiting = try waiting.filter { node in
                !(try node.memory.report.proven.contains { $0.healthyFor >= .of("1s") })
            }
        }
        try #require(waiting.isEmpty, "\(waiting.map(\.name))")
    }

    /// Whether nothing more is to come of a node: it has said of itself that it is well on what was merged for
    /// as long as anybody asks, or that it failed there.
    private static func isDone(_ state: NodeState, with target: Digest) -> Bool {
        let isProven = state.report.proven.contains {
            $0.declaration.digest == target && $0.healthyFor >= .of("1s")
        }
        return isProven || state.failed.contains { $0.failure.declaration.digest == target }
    }

    private static func scenario(of source: RolloutSource) throws -> RehearsalScenario {
        let base = try source.ground(at: try #require(source.base))
        let head = try source.ground(at: source.head)
        var scenario = RehearsalScenario(
            from: RehearsedFleet(
                fleet: base.fleet, groups: base.groups, nodes: base.nodes, digests: base.digests),
            to: RehearsedFleet(
                fleet: head.fleet, groups: head.groups, nodes: head.nodes, digests: head.digests),
            start: Timestamp(seconds: 1_793_577_600))
        scenario.interval = .of("1s")
        return scenario
    }
}

extension LocalNode {
    /// What the node remembers.
    fileprivate var memory: NodeState {
        get throws {
            try FileStateStore(folder: state, key: "\(state)/node_ed25519").load() ?? NodeState()
        }
    }
}

/// How much time has really passed, by the one clock of this machine that all its nodes read.
///
/// A cycle that writes nothing tells no time; it is taken to have come right after the one before it.
private struct RealTime {
    private let beginning: TimeSpan
    private var latest: TimeSpan

    init(_ nodes: [LocalNode]) throws {
        beginning = try nodes.map { try $0.memory.running.sinceBoot }.max() ?? .zero
        latest = beginning
    }

    var elapsed: TimeSpan { latest - beginning }

    /// Goes on to a node's newest cycle.
    ///
    /// - Returns: what the node remembers after it.
    mutating func advance(to node: LocalNode) throws -> NodeState {
        let memory = try node.memory
        latest = max(latest, memory.running.sinceBoot)
        return memory
    }
}

/// What a report tells others, without what no two machines have in common.
private struct Told: Equatable, CustomStringConvertible {
    let phase: Phase
    let codes: [Reason.Code]
    let admitted: Digest?
    let proven: [Digest]
    let failed: [Digest]

    init(_ report: Report) {
        phase = report.phase
        codes = Set(report.reasons.map(\.code)).sorted { $0.rawValue < $1.rawValue }
        admitted = report.baseline.admitted?.digest
        proven = report.proven.map(\.declaration.digest).sorted()
        failed = report.failed.map(\.declaration.digest).sorted()
    }

    var description: String {
        "\(phase) \(codes.map(\.rawValue)) proven \(proven.count) failed \(failed.count)"
    }
}
