internal import FleetCore
internal import FleetReconciler

/// One run of a scenario: who breaks in it, and what becomes of each node.
final class Rehearsal {
    let scenario: RehearsalScenario
    /// The nodes of the simulation, in its order: those of the merge, then those that it removes.
    let records: [NodeRecord]
    /// By the index of the node.
    var courses: [NodeCourse]
    /// The indices of the nodes that break on what the merge brings.
    var breaking: Set<Int> = []
    /// When the merge was, in seconds since the beginning; nil before it.
    var mergedAt: Int64?
    /// When anything happened last.
    private(set) var lastHappening: Int64 = 0
    private let targets: [GroupName: Digest]
    /// The shortest time for which anybody asks a group's nodes to be well.
    private let soaks: [GroupName: TimeSpan]

    init(_ scenario: RehearsalScenario) {
        self.scenario = scenario
        let names = Set(scenario.after.nodes.map(\.name))
        records = scenario.after.nodes + scenario.before.nodes.filter { !names.contains($0.name) }
        courses = Array(repeating: NodeCourse(), count: records.count)
        var targets: [GroupName: Digest] = [:]
        for group in scenario.movingGroups { targets[group.name] = scenario.after.digests[group.baseline] }
        self.targets = targets
        var soaks: [GroupName: TimeSpan] = [:]
        for group in scenario.after.groups {
            if let waves = group.waves {
                soaks[group.name] = min(soaks[group.name] ?? waves.soak, waves.soak)
            }
            guard case .rule(let rule) = group.gate else { continue }
            for canary in rule.after { soaks[canary] = min(soaks[canary] ?? rule.soak, rule.soak) }
        }
        self.soaks = soaks
    }

    /// Whether a report may change what any other node does. Those that say of a rollout only how far it has
    /// come are read with the next one that does, or when their node may be taken for silent.
    func matters(_ stored: StoredReport) -> Bool {
        guard mergedAt != nil, let report = stored.report, let target = targets[report.group] else {
            return true
        }
        if report.declarationsFailed.contains(where: { $0.digest == target }) { return true }
        guard let soak = soaks[report.group] else { return false }
        return report.proven.contains { $0.declaration.digest == target && $0.healthyFor >= soak }
    }

    /// What is merged, as one of the releases of the book.
    static let release = 1

    func harm(of package: PackageName, _ version: PackageVersion, to node: SimulatedNode) -> Flaw.Harm? {
        guard package == ReleaseBook.application, breaking.contains(node.index),
            version.description == "\(Self.release)"
        else { return nil }
        return .check
    }

    /// A node's package manager has begun: the change takes its time, and the report comes after it.
    func begins(on node: SimulatedNode, at time: Int64) {
        let start = max(node.busyUntil, time)
        node.busyUntil = start + scenario.change.seconds
        node.downUntil = max(node.downUntil, node.busyUntil)
        guard let mergedAt else { return }
        courses[node.index].absences.append((start - mergedAt, node.busyUntil - mergedAt))
    }

    /// A node's cycle has ended.
    func ended(_ outcome: CycleOutcome?, on node: SimulatedNode, at time: Int64) {
        guard let mergedAt, let target = targets[records[node.index].group] else { return }
        let before = courses[node.index]
        var course = before
        course.phase = outcome?.phase
        course.codes = outcome?.reasons.map(\.code) ?? []
        let now = max(time, node.busyUntil) - mergedAt
        if let state = node.disk.state {
            if course.broke == nil,
                state.failed.contains(where: { $0.failure.isFinal && $0.failure.declaration.digest == target }
                )
            {
                course.broke = now
            }
            if let admitted = state.admitted, admitted.declaration.digest == target {
                course.declaration = admitted.declaration
                if course.admitted == nil { course.admitted = time - mergedAt }
                if course.changed == nil, admitted.progress == .reached { course.changed = now }
            }
            if course.proven == nil, state.proven.contains(where: { $0.declaration.digest == target }) {
                course.proven = time - mergedAt
            }
        }
        if course.isElsewhere(than: before) { lastHappening = time }
        courses[node.index] = course
    }
}

/// What became of a node in a rollout; times in seconds since the merge.
struct NodeCourse {
    var admitted: Int64?
    /// When it had what was merged.
    var changed: Int64?
    /// When the node had broken on it.
    var broke: Int64?
    var proven: Int64?
    /// When it was at work on its packages.
    var absences: [(from: Int64, to: Int64)] = []
    /// The declaration that it admitted.
    var declaration: Declaration?
    var phase: Phase?
    /// The codes of its reasons in its newest cycle.
    var codes: [Reason.Code] = []
    /// Whether its link is dark all the time.
    var isDark = false

    fileprivate func isElsewhere(than other: NodeCourse) -> Bool {
        admitted != other.admitted || changed != other.changed || broke != other.broke
            || proven != other.proven || phase != other.phase || codes != other.codes
    }

    /// Whether nothing more is to come of it.
    var isOver: Bool { changed != nil || broke != nil }
}
