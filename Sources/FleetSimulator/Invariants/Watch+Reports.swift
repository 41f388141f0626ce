internal import FleetCore

extension Watch {
    /// A node has written a report.
    func wrote(_ report: StoredReport, on node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        expect(
            .chain, report.report?.previous == report.previous?.id, on: node, in: simulation,
            "report \(report.sequence) does not name the one before it")
        simulation.tell(
            "\(node.name): report \(report.sequence) \(report.report?.phase.rawValue ?? "")"
                + " \(report.report?.reasons.map(\.code.rawValue) ?? [])")
        guard let previous = report.previous, previous.key == report.key else { return }
        // Where a server has shown an older chain, numbers that were sent before are left out and never used
        // again.
        let isNext =
            simulation.server.hasDeceived
            ? report.sequence > previous.sequence : report.sequence == previous.sequence + 1
        expect(
            .chain, isNext, on: node, in: simulation,
            "report \(report.sequence) comes after report \(previous.sequence)")
        let value = report.report
        expect(
            .reason,
            value?.phase == .converged || value?.phase == .converging || value?.reasons.isEmpty == false
                || value?.phase == .waiting && value?.baseline.declared == nil,
            on: node, in: simulation,
            "report \(report.sequence) says '\(value?.phase.rawValue ?? "")' and gives no reason")
    }

    /// The server has taken a report.
    func pushed(_ report: StoredReport, by node: SimulatedNode, in simulation: Simulation) {
        guard !isBlind else { return }
        // The commit that a report names must be one that the node could stand for.
        let named = simulation.repository.commit(report.report?.commit)
        let known = numbers[report.key]?[report.sequence]
        expect(
            .chain, known == nil || known == report.id || copiedKeys.contains(report.key), on: node,
            in: simulation, "there are two reports with the number \(report.sequence)")
        numbers[report.key, default: [:]][report.sequence] = report.id
        expect(
            .authenticity, named?.isAuthentic ?? false, on: node, in: simulation,
            "report \(report.sequence) follows a commit that nobody authorised")
    }
}
