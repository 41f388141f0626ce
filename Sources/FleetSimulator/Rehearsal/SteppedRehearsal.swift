package import FleetCore
internal import FleetReconciler

/// A rollout in which somebody else says who runs when: to go in step with real nodes.
package final class SteppedRehearsal {
    private let rehearsal: Rehearsal
    private let simulation: Simulation
    private let merge: Int64

    /// A fleet at rest before the merge.
    ///
    /// - Parameter breaking: the nodes that break on what the merge brings.
    package init(_ scenario: RehearsalScenario, breaking: Set<NodeName>) async {
        var scenario = scenario
        // Time passes between cycles alone.
        scenario.change = .zero
        scenario.darkSince = .zero
        rehearsal = Rehearsal(scenario)
        simulation = Simulation(rehearsal, seed: 0, forgetsOldReports: false)
        await simulation.settle(rehearsal)
        merge = simulation.time
        rehearsal.breaking = Set(
            rehearsal.records.indices.filter { breaking.contains(rehearsal.records[$0].name) })
    }

    /// Merges.
    package func begin() { simulation.begin(rehearsal) }

    /// What came of a node's cycle.
    package struct Step: Hashable, Sendable {
        package let phase: Phase
        package let codes: Set<Reason.Code>
        /// Whether a report was sent.
        package let isReported: Bool
        /// Whether what the merge brought is admitted.
        package let isAdmitted: Bool
    }

    /// Runs a node's cycle, so long after the merge.
    package func turn(of name: NodeName, after elapsed: TimeSpan) async -> Step? {
        guard let node = simulation.node(name) else { return nil }
        simulation.time = merge + elapsed.seconds
        let before = node.clock.reading(at: merge)
        let now = Instant(
            wall: before.wall + elapsed, isWallKnown: true, bootID: before.bootID,
            sinceBoot: before.sinceBoot + elapsed)
        guard let outcome = await simulation.cycle(node, at: now) else { return nil }
        let admitted = outcome.decision.admitted?.declaration.digest
        var isReported = false
        if case .sent = outcome.report { isReported = true }
        return Step(
            phase: outcome.phase, codes: Set(outcome.reasons.map(\.code)), isReported: isReported,
            isAdmitted: admitted == rehearsal.scenario.after.digest(of: rehearsal.records[node.index].group))
    }

    /// The reports of a node since the merge, oldest first.
    package func reports(of name: NodeName) -> [Report] {
        var reports: [Report] = []
        var next = simulation.server.references[name]?.status
        while let stored = next {
            if let report = stored.report, isLater(report) { reports.append(report) }
            next = stored.previous
        }
        return reports.reversed()
    }

    /// Whether a report knows what was merged.
    private func isLater(_ report: Report) -> Bool {
        report.baseline.declared?.digest == rehearsal.scenario.after.digest(of: report.group)
    }
}
