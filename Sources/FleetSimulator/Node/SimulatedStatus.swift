internal import FleetCore
internal import FleetReconciler

/// A node's own reports, in its clone and at the server.
struct SimulatedStatus: StatusSink {
    let simulation: Simulation
    let node: SimulatedNode

    var key: String { node.key }

    /// Machines here change their keys by being set up anew.
    func isNext(_ key: String) throws(StatusError) -> Bool { false }

    func takeNextKey() throws(StatusError) {}

    func number(in chain: CommitID) -> Int? {
        node.clone.report(chain)?.newest(by: node.key)?.report?.sequence
    }

    func write(_ report: Report, receipt: Receipt?) throws(StatusError) -> CommitID {
        var previous: StoredReport?
        if let id = report.previous {
            previous = node.clone.report(id)
            guard previous != nil else {
                throw StatusError(.previousLost, "the report before this one is not in the clone")
            }
        }
        guard !simulation.isDiskFull(node) else { throw StatusError("no space for a report") }
        guard node.power.step() else { throw StatusError("no power") }
        let isRead = node.agent > .current || report.sequence % Self.codecTurn == 1
        let report = simulation.options.usesCodec && isRead ? try read(report) : report
        let stored = StoredReport(
            id: simulation.newReportID(), previous: previous, key: node.key, report: report, receipt: receipt)
        node.clone.report = stored
        simulation.watch.wrote(stored, on: node, in: simulation)
        return stored.id
    }

    /// Every so many reports, and all of newer agents, go through their JSON form.
    private static let codecTurn = 8

    /// The report as its readers will read it; that of a newer agent has a field and a word that they do not
    /// know.
    private func read(_ report: Report) throws(StatusError) -> Report {
        do {
            var json = try JSONValue(parsing: report.documentBytes)
            if node.agent > .current, var members = json.object {
                members["mood"] = "cheerful"
                json = .object(members)
            }
            return try Report(parsing: json.documentBytes)
        } catch {
            throw StatusError("nobody can read its report: \(error)")
        }
    }

    /// There is one place for all reports.
    var destination: Digest? { nil }

    func push(_ id: CommitID) async -> ReportDelivery {
        guard simulation.hasLink(node) else { return .unreachable("the line is down") }
        guard let report = node.clone.report(id) else { return .lost }
        let isSlow = node.troubles.pushesFailUntil > simulation.time
        // A push on a bad line may come to nothing, arrive in part, or arrive and not be answered.
        let lot = isSlow ? simulation.lots.permille("push", "\(node.name)", "\(report.sequence)") : 1_000
        guard lot >= 400 else { return .unreachable("the line broke") }
        guard node.power.step() else { return .unreachable("no power") }
        guard node.busyUntil <= simulation.time else {
            // What was changed in this cycle takes its time; the report comes after it.
            simulation.follow(.deliver(report, node.index), at: node.busyUntil)
            return .pushed
        }
        switch simulation.server.push(report, isWhole: lot >= 600) {
        case .diverged: return .diverged
        case .accepted: break
        }
        simulation.pushed(report, by: node)
        return lot >= 1_000 ? .pushed : .unreachable("the answer was lost")
    }

    func remoteChain() async throws(StatusError) -> RemoteChain? {
        guard simulation.hasLink(node) else { throw StatusError("the line is down") }
        guard let shown = simulation.server.shown(of: node.name)?.status else { return nil }
        node.clone.report = shown
        return RemoteChain(
            tip: shown.id, isOwn: shown.key == node.key, ownSequence: shown.newest(by: node.key)?.sequence)
    }
}
