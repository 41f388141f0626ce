internal import FleetCore
internal import FleetReconciler

/// A package manager in memory, with scripts that fail, mirrors that lack files, and a database that a power
/// cut leaves half done.
struct SimulatedPackages: PackageSystem {
    let simulation: Simulation
    let node: SimulatedNode

    func inventory() async throws(PackageError) -> Inventory { node.machine.inventory() }

    func facts() async throws(PackageError) -> SystemFacts { Self.system }

    private static let system = SystemFacts(id: "debian", version: "12", kernel: "6.1.0-40-amd64")

    func rules(of zone: ZoneName) async throws(ZoneError) -> ZoneRules {
        guard let known = simulation.rehearsal?.scenario.zones[zone] else {
            throw ZoneError("a simulated machine knows no other zone than UTC")
        }
        return try known.get()
    }

    func plan(_ request: ChangeRequest) async throws(PackageError) -> Plan {
        guard !node.machine.isInterrupted else { throw PackageError(.broken, "dpkg was interrupted") }
        var changes: [PackageChange] = []
        for (id, version) in request.targets {
            let installed = node.machine.installed[id]
            guard installed?.version != version || installed?.state == .broken else { continue }
            changes.append(PackageChange(id: id, from: installed?.version, to: version))
        }
        for id in request.removals.keys {
            guard let installed = node.machine.installed[id] else { continue }
            changes.append(PackageChange(id: id, from: installed.version, to: nil))
        }
        for file in changes.compactMap(\.file) where !isHere(file, for: request) {
            guard simulation.hasLink(node) else {
                throw PackageError(.sourceUnreachable, "the mirror cannot be reached")
            }
            guard simulation.mirror.has(file, at: simulation.time) else {
                throw PackageError(.unavailable, "no source offers \(file)")
            }
        }
        return Plan(request: request, changes: changes)
    }

    private func isHere(_ file: String, for request: ChangeRequest) -> Bool {
        let machine = node.machine
        return machine.kept.contains(file) || machine.downloaded.contains(file)
            || request.isReturn && machine.rebuilt.contains(file)
    }

    func download(_ plan: Plan) async throws(PackageError) {
        let missing = plan.changes.compactMap(\.file).filter { !isHere($0, for: plan.request) }
        guard !missing.isEmpty else { return }
        guard !simulation.isDiskFull(node) else { throw PackageError(.noSpace, "no space for packages") }
        guard node.power.step() else { throw PackageError(.unreadable, "no power") }
        node.machine.downloaded.formUnion(missing)
    }

    func hasDownloaded(_ request: ChangeRequest) async -> Bool {
        request.targets.allSatisfy { isHere("\($0.key.name) \($0.value)", for: request) }
    }

    func removeDownloads(exceptFor requests: [ChangeRequest], _ changes: [PackageChange]) async {
        guard !node.machine.downloaded.isEmpty else { return }
        var needed = Set(requests.flatMap { $0.targets.map { "\($0.key.name) \($0.value)" } })
        for change in changes {
            for version in [change.from, change.to].compactMap(\.self) {
                needed.insert("\(change.id.name) \(version)")
            }
        }
        needed.formUnion(node.machine.installed.values.map { "\($0.id.name) \($0.version)" })
        node.machine.downloaded.formIntersection(needed)
    }

    func keep(
        _ plan: Plan, needed: [PackageChange], isDemanded: Bool
    ) async throws(PackageError) -> Keeping {
        var kept: Set<String> = []
        var rebuilt: Set<String> = []
        for change in plan.changes where change.to != change.from {
            guard let version = change.from else { continue }
            let file = "\(change.id.name) \(version)"
            guard !node.machine.kept.contains(file), !node.machine.rebuilt.contains(file) else { continue }
            let isOffered = simulation.hasLink(node) && simulation.mirror.has(file, at: simulation.time)
            if node.machine.downloaded.contains(file) || isDemanded && isOffered {
                kept.insert(file)
            } else if isDemanded {
                rebuilt.insert(file)
            }
        }
        kept.formUnion(plan.changes.compactMap(\.file).filter(node.machine.downloaded.contains))
        guard !kept.isSubset(of: node.machine.kept) || !rebuilt.isEmpty else { return Keeping() }
        guard !simulation.isDiskFull(node) else { throw PackageError(.noSpace, "no space to keep packages") }
        guard node.power.step() else { throw PackageError(.unreadable, "no power") }
        node.machine.kept.formUnion(kept)
        node.machine.rebuilt.formUnion(rebuilt)
        return Keeping()
    }

    func apply(
        _ plan: Plan, patience: ManagerPatience, progress: @Sendable (PackageProgress) -> Void,
        stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> ManagerOutput {
        guard node.troubles.lockedUntil <= simulation.time else {
            throw PackageError(.locked, "another process holds the lock")
        }
        var failures: [PackageID: String] = [:]
        var isFirst = true
        for change in plan.changes {
            let isAlive = node.power.step()
            if !isAlive, isFirst { break }
            if isFirst { simulation.watch.begins(plan, on: node, in: simulation) }
            isFirst = false
            let isCut = !isAlive && node.power.ended?.cut == .power
            if let version = change.to {
                let isBad = simulation.harm(of: change.id.name, version, to: node) == .script
                node.machine.put(
                    change.id, version, state: isBad || isCut ? .broken : .installed, at: simulation.time)
                if isBad {
                    // Scripts that fail hang first, until somebody on the node ends them.
                    if isAlive { await stalled(Self.hanging(change.id, for: patience.deadline)) }
                    failures[change.id] = "post-installation script returned 1"
                }
            } else if !isCut {
                node.machine.remove(change.id)
            }
            if isCut { node.machine.isInterrupted = true }
            if isCut || !failures.isEmpty { break }
        }
        simulation.changed(node)
        simulation.rehearsal?.begins(on: node, at: simulation.time)
        return ManagerOutput(
            status: failures.isEmpty ? 0 : 100, log: "", failures: failures, duration: TimeSpan(seconds: 2))
    }

    private static func hanging(_ id: PackageID, for duration: TimeSpan) -> StalledManager {
        StalledManager(processes: [
            StalledManager.Process(id: 100, depth: 0, name: "apt-get", state: "sleeping", age: duration),
            StalledManager.Process(
                id: 101, depth: 1, name: "postinst of \(id.name)", state: "sleeping", age: duration),
        ])
    }

    func managerAtWork() -> StalledManager? { nil }

    func repair(
        patience: ManagerPatience, stalled: (StalledManager) async -> Void
    ) async throws(PackageError) {
        guard node.machine.isInterrupted else { return }
        guard node.troubles.lockedUntil <= simulation.time else {
            throw PackageError(.locked, "another process holds the lock")
        }
        guard node.power.step() else { throw PackageError(.unreadable, "no power") }
        node.machine.isInterrupted = false
    }

    func rebootRequirement() -> RebootStatement {
        RebootStatement(
            isRequired: node.machine.awaitsReboot, reason: "a new kernel",
            packages: node.machine.awaitsReboot ? [ReleaseBook.application] : [])
    }

    func findings(after known: MachineFindings?, sources: [SourceList]?) async -> MachineFindings {
        known ?? MachineFindings()
    }

    func updaters() async -> [String] { [] }

    func describeUpdaters(_ units: [String]) async -> [StoppedUpdater] { [] }

    func stopUpdaters(_ updaters: [StoppedUpdater]) async throws(PackageError) {}

    func restoreUpdater(_ updater: StoppedUpdater) async throws(PackageError) -> Bool { true }

    func automaticMarks(of packages: [PackageID]) async throws(PackageError) -> [PackageID] { [] }

    func results(of checks: [Check], settling: Set<String>) async -> [CheckResult] {
        checks.map { check in
            let patience = settling.contains(check.name) ? check.settle.seconds : 0
            var outcome = simulation.outcome(of: check, on: node, within: patience)
            if simulation.mutation?.skipsChecks == true { outcome = .passed }
            return CheckResult(name: check.name, outcome: outcome, message: "", isRequired: check.isRequired)
        }
    }
}

extension PackageChange {
    /// The package file that brings the change about, written `name version`.
    fileprivate var file: String? { to.map { "\(id.name) \($0)" } }
}
