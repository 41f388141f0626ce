internal import FleetCore
internal import FleetReconciler
internal import Logging

/// A fleet in virtual time: nodes with the real reconciler, and a simulated world around each of its ports.
///
/// Carried out by one task, without a clock and without randomness: the same plan gives the same history.
package final class Simulation {
    package let plan: SimulationPlan
    package let options: SimulationOptions
    package let repository: SimulatedRepository
    package let server = SimulatedServer()
    package let watch = Watch()
    package internal(set) var nodes: [SimulatedNode] = []
    package internal(set) var statistics = Statistics()
    package internal(set) var story: [String] = []
    package internal(set) var deeds: [Deed] = []
    /// Seconds since the beginning.
    package internal(set) var time: Int64 = 0

    let lots: Lots
    var mirror = Mirror()
    var releases = ReleaseBook()
    var operatorKey = Signer("alice")
    var queue = EventQueue()
    /// Things to come that no plan names: restarts, reboots, ends of troubles.
    var followUps: [Int: FollowUp] = [:]
    var snapshots: [NodeName: NodeSnapshot] = [:]
    /// Which nodes read what.
    var readers: [ReadKey: Set<Int>] = [:]
    /// What a node's reports are read under: the groups and waves in which it ever was.
    var keysOf: [NodeName: Set<ReadKey>] = [:]
    var registered: Set<RegisteredWave> = []
    var places: [NodeName: Int] = [:]
    var isCalm = false
    /// The rollout that is rehearsed; nil where faults are simulated.
    let rehearsal: Rehearsal?
    private(set) var rank = 0
    private var reports = 0
    private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    var mutation: Mutation? { options.mutation }

    /// What comes of something that happened before.
    enum FollowUp {
        case wake(Int)
        case reboot(Int)
        case person(Int)
        case endDeceit
        case wakeAll
        case deliver(StoredReport, Int)
        case darken(Int)
        case calm
        case demandConvergence
        case end
    }

    package init(_ plan: SimulationPlan, options: SimulationOptions = SimulationOptions()) {
        self.plan = plan
        self.options = options
        rehearsal = nil
        lots = Lots(seed: plan.seed)
        let first = releases.add(flaw: nil, needsReboot: false)
        let records = plan.shape.groups.flatMap { shape in
            (1...max(shape.nodes, 1)).map { number in
                let name = FleetShape.name(number, in: shape.group.name)
                return NodeRecord(
                    name: name, group: shape.group.name, key: Self.key(of: name, machine: 0),
                    labels: FleetShape.labels(number))
            }
        }
        repository = SimulatedRepository(
            FleetContent(
                fleet: Fleet(
                    name: .simulated("acme"), agent: AgentVersion.oldest, heartbeat: plan.shape.heartbeat),
                groups: plan.shape.groups.map(\.group), nodes: records,
                baselines: [ReleaseBook.baseline(first.number)], trust: [operatorKey]),
            signer: operatorKey)
        for record in records { addNode(record.name, key: record.key, group: record.group) }
        for (index, event) in plan.events.enumerated() {
            queue.insert(EventQueue.Event(time: event.time, rank: index))
        }
        if let end = plan.endsAt {
            follow(.end, at: end)
            return
        }
        follow(.calm, at: plan.calmAt)
        follow(.demandConvergence, at: plan.calmAt + plan.settling)
        follow(.end, at: plan.calmAt + plan.settling + plan.rest)
    }

    /// A fleet at rest on what was declared before the rollout that is rehearsed.
    init(_ rehearsal: Rehearsal, plan: SimulationPlan, options: SimulationOptions) {
        self.rehearsal = rehearsal
        self.plan = plan
        self.options = options
        lots = Lots(seed: plan.seed)
        _ = releases.add(flaw: nil, needsReboot: false)
        repository = SimulatedRepository(rehearsal.beginning, signer: operatorKey)
        watch.isBlind = true
        for record in rehearsal.records { addNode(record.name, key: record.key, group: record.group) }
    }

    static func key(of name: NodeName, machine: Int) -> String { "ssh-ed25519 \(name)-\(machine)" }

    func addNode(_ name: NodeName, key: String, group: GroupName) {
        let node = SimulatedNode(
            name: name, index: nodes.count, key: key,
            machine: SimulatedMachine(
                serial: SimulatedMachine.serial(of: name, index: nodes.count),
                installed: ReleaseBook.packages(of: 0)))
        places[name] = node.index
        keysOf[name, default: []].insert(.group(group))
        nodes.append(node)
        wake(node, at: time)
    }

    func node(_ name: NodeName) -> SimulatedNode? { places[name].map { nodes[$0] } }

    func newReportID() -> CommitID {
        reports += 1
        return .simulated(reports, kind: 0xE)
    }

    /// Lets something come later.
    func follow(_ followUp: FollowUp, at time: Int64) {
        let rank = Self.followUpRank + followUps.count
        followUps[rank] = followUp
        queue.insert(EventQueue.Event(time: time, rank: rank))
    }

    private static let followUpRank = 1 << 24
    private static let nodeRank = 1 << 40

    /// Carries the plan out, until its end or the first violation.
    package func run() async {
        while watch.violation == nil, let event = queue.removeFirst() {
            time = event.time
            rank = event.rank
            if event.rank < Self.followUpRank {
                tell("\(plan.events[event.rank].happening)")
                statistics.events += 1
                perform(plan.events[event.rank].happening)
            } else if event.rank < Self.nodeRank {
                guard let followUp = followUps[event.rank] else { continue }
                followUps[event.rank] = .some(.wakeAll)
                if case .end = followUp { return }
                perform(followUp)
            } else {
                let node = nodes[event.rank - Self.nodeRank]
                guard node.wakeAt == time else { continue }
                await cycle(node)
            }
        }
    }

    private func perform(_ followUp: FollowUp) {
        switch followUp {
        case .wake(let index): wake(nodes[index], at: time)
        case .reboot(let index): reboot(nodes[index])
        case .person(let index): personBoots(nodes[index])
        case .endDeceit:
            server.endDeceit()
            wakeAll()
        case .wakeAll: wakeAll()
        case .deliver(let report, let index): deliver(report, of: nodes[index])
        case .darken(let index): nodes[index].troubles.linkDownUntil = .max / 2
        case .calm: becomeCalm()
        case .demandConvergence: watch.demandConvergence(in: self)
        case .end: break
        }
    }

    /// Lets a node run at its first turn from `time` on.
    func wake(_ node: SimulatedNode, at time: Int64) {
        guard !node.isOff else { return }
        var earliest = max(time, node.downUntil, node.lastRun + 1)
        // What a node does is seen at once by those whose turn comes later in the same second.
        if rank >= Self.nodeRank, node.index <= rank - Self.nodeRank {
            earliest = max(earliest, self.time + 1)
        }
        let interval = plan.shape.interval
        let phase = node.phase(in: self)
        let turn = earliest + (phase - earliest % interval + interval) % interval
        if let known = node.wakeAt, known <= turn { return }
        node.wakeAt = turn
        queue.insert(EventQueue.Event(time: turn, rank: Self.nodeRank + node.index))
    }

    func wakeAll() { for node in nodes { wake(node, at: time) } }

    private func cycle(_ node: SimulatedNode) async {
        await cycle(node, at: node.clock.reading(at: time))
    }

    /// Runs a node's cycle.
    ///
    /// - Returns: what came of it; nil if it did not come to its end.
    @discardableResult
    func cycle(_ node: SimulatedNode, at now: Instant) async -> CycleOutcome? {
        node.wakeAt = nil
        node.lastRun = time
        node.power.beginCycle()
        node.reading = []
        node.found = (node.disk.state, node.clone.tip)
        statistics.decisions += 1
        var reconciler = Reconciler(
            source: SimulatedSource(simulation: self, node: node),
            packages: SimulatedPackages(simulation: self, node: node),
            machine: SimulatedMachineControl(simulation: self, node: node),
            status: SimulatedStatus(simulation: self, node: node),
            store: SimulatedStore(simulation: self, node: node),
            claims: SimulatedLedger(simulation: self, node: node),
            settings: CycleSettings(interval: TimeSpan(seconds: plan.shape.interval)), logger: logger)
        var outcome: CycleOutcome?
        do throws(CycleError) {
            outcome = try await reconciler.cycle(at: now)
        } catch {
            outcome = nil
        }
        if let ended = node.power.ended {
            tell("\(node.name): \(ended.cut.rawValue) after step \(node.power.steps)")
            statistics.faults += 1
            if let state = node.disk.state { watch.measure(node, state: state, in: self) }
            restart(node, after: ended.cut, downFor: ended.downFor)
            return nil
        }
        watch.ended(outcome, on: node, in: self)
        rehearsal?.ended(outcome, on: node, at: time)
        subscribe(node)
        planNextTurn(of: node, outcome: outcome)
        return outcome
    }

    private func subscribe(_ node: SimulatedNode) {
        guard node.subscribed != node.reading else { return }
        for key in node.subscribed { readers[key]?.remove(node.index) }
        for key in node.reading { readers[key, default: []].insert(node.index) }
        node.subscribed = node.reading
    }

    /// What each node wrote and what became of it at the end: two runs that differ in anything differ here.
    package var history: [String] {
        story
            + nodes.map { node in
                let state = node.disk.state
                let bytes = state.map { Digest(of: $0.withoutRunning.json.canonicalBytes).short }
                return "\(node.name) \(node.key): \(node.clone.report?.id.hex ?? "") \(bytes ?? "")"
            }
    }

    func tell(_ sentence: @autoclosure () -> String) {
        guard options.tellsStory else { return }
        story.append("\(TimeSpan(seconds: time).rough) \(sentence())")
    }
}

/// How much was done.
package struct Statistics: Sendable {
    /// Cycles, each with one or more decisions by the real `decide`.
    package var decisions = 0
    /// Things that operators or fate did.
    package var events = 0
    /// Of these, and of what came of them, those that harm.
    package var faults = 0
    package var reports = 0
    package var transactions = 0
    /// Reboots that nodes asked for.
    package var reboots = 0
}

extension NodeState {
    /// The state without what a writing at another time says differently: how long the node has run.
    fileprivate var withoutRunning: NodeState {
        var state = self
        state.running = RunningTime()
        return state
    }
}

extension AgentVersion {
    /// The version that every agent of a simulated fleet has at least.
    static let oldest = version("0.0.9")
    /// A version that no agent has but those that were upgraded to it.
    static let newer = version("9.0")

    private static func version(_ text: String) -> AgentVersion {
        guard let version = AgentVersion(text) else { preconditionFailure("'\(text)' is no version") }
        return version
    }
}
