import FleetCore
import FleetReconciler
import FleetTesting

/// A package manager in memory, with scripts that fail and a database that a power cut leaves half done.
struct FakePackages: PackageSystem {
    let world: World

    func inventory() async throws(PackageError) -> Inventory {
        Inventory(architectures: [.of("amd64")], packages: Array(world.installed.values))
    }

    func facts() async throws(PackageError) -> SystemFacts {
        SystemFacts(id: "debian", version: "12", kernel: world.kernel)
    }

    func rules(of zone: ZoneName) async throws(ZoneError) -> ZoneRules {
        guard let rules = world.zones[zone] else { throw ZoneError("there is no zone '\(zone)'") }
        return rules
    }

    func plan(_ request: ChangeRequest) async throws(PackageError) -> Plan {
        world.plans += 1
        if let error = world.planError { throw error }
        guard !world.isInterrupted else { throw PackageError(.broken, "dpkg was interrupted") }
        var changes: [PackageChange] = []
        for (id, version) in request.targets {
            let installed = world.installed[id]
            guard installed?.version != version || installed?.state == .broken else { continue }
            changes.append(PackageChange(id: id, from: installed?.version, to: version))
        }
        for id in request.removals.keys {
            guard let installed = world.installed[id] else { continue }
            changes.append(PackageChange(id: id, from: installed.version, to: nil))
        }
        return Plan(request: request, changes: changes, refusals: world.refusals)
    }

    func download(_ plan: Plan) async throws(PackageError) {
        if let error = world.downloadError { throw error }
        world.downloaded.insert(plan.request)
    }

    func hasDownloaded(_ request: ChangeRequest) async -> Bool { world.downloaded.contains(request) }

    func removeDownloads(exceptFor requests: [ChangeRequest], _ changes: [PackageChange]) async {
        world.downloaded.formIntersection(requests)
    }

    func keep(
        _ plan: Plan, needed: [PackageChange], isDemanded: Bool
    ) async throws(PackageError) -> Keeping {
        guard world.step() else { throw PackageError(.unreadable, "no power") }
        world.kept.append((needed, isDemanded))
        if let error = world.keepError { throw error }
        return Keeping(unkept: world.unkept)
    }

    func apply(
        _ plan: Plan, patience: ManagerPatience, progress: @Sendable (PackageProgress) -> Void,
        stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> ManagerOutput {
        if let error = world.applyError { throw error }
        for (index, wait) in world.stalls.enumerated() {
            world.onStall(index + 1)
            world.stalled.time = world.stalled.time + wait
            await stalled(World.manager(for: world.stalled.time))
        }
        world.stalls = []
        var failures: [PackageID: String] = [:]
        world.applied.append(plan.changes)
        world.bootDefaultAtChange = world.bootDefault
        for change in plan.changes {
            let hasPower = world.step()
            if !hasPower && !isFirstOfCut { break }
            guard let version = change.to else {
                world.installed[change.id] = nil
                continue
            }
            let isBad = world.badScripts[change.id.name.description] == version.description
            world.installed[change.id] = InstalledPackage(
                id: change.id, version: version, source: change.id.name, sourceVersion: version,
                state: isBad || !hasPower ? .broken : .installed)
            if let unit = world.services[change.id.name.description] {
                world.outdated.removeAll { $0.unit == unit }
                world.outdated.append(OutdatedService(unit: unit, packages: [change.id.name]))
            }
            if !hasPower {
                // The power went while this package was unpacked.
                world.isInterrupted = true
                break
            }
            if isBad {
                failures[change.id] = "post-installation script returned 1"
                break
            }
        }
        return ManagerOutput(
            status: failures.isEmpty ? 0 : 100, log: "", failures: failures, duration: TimeSpan(seconds: 2))
    }

    private var isFirstOfCut: Bool { world.steps == world.cutAt && !world.isInterrupted }

    func managerAtWork() -> StalledManager? { world.atWork }

    func repair(
        patience: ManagerPatience, stalled: (StalledManager) async -> Void
    ) async throws(PackageError) {
        if world.atWork != nil { throw PackageError(.locked, "held by apt") }
        guard world.step() else { throw PackageError(.unreadable, "no power") }
        world.isInterrupted = false
    }

    func rebootRequirement() -> RebootStatement {
        let waiting = world.installed.values.filter {
            world.needsReboot.contains($0.id.name.description) && world.booted[$0.id]?.version != $0.version
        }
        return RebootStatement(
            isRequired: !waiting.isEmpty, reason: waiting.isEmpty ? nil : "a new kernel",
            packages: waiting.map(\.id.name))
    }

    func findings(after known: MachineFindings?, sources: [SourceList]?) async -> MachineFindings {
        if let known { return known }
        world.scans += 1
        return world.findings
    }

    func updaters() async -> [String] { world.updaters }

    func describeUpdaters(_ units: [String]) async -> [StoppedUpdater] {
        units.map { StoppedUpdater(unit: $0, wasActive: true) }
    }

    func stopUpdaters(_ updaters: [StoppedUpdater]) async throws(PackageError) {
        for updater in updaters {
            guard world.step() else { throw PackageError(.unreadable, "no power") }
            world.updaters.removeAll { $0 == updater.unit }
        }
    }

    func restoreUpdater(_ updater: StoppedUpdater) async throws(PackageError) -> Bool {
        guard world.step() else { throw PackageError(.unreadable, "no power") }
        world.restoredUpdaters += 1
        guard !world.goneUpdaters.contains(updater.unit) else { return false }
        if !world.updaters.contains(updater.unit) { world.updaters.append(updater.unit) }
        return true
    }

    func automaticMarks(of packages: [PackageID]) async throws(PackageError) -> [PackageID] { [] }

    func results(of checks: [Check], settling: Set<String>) async -> [CheckResult] {
        world.settled.append(settling)
        return checks.map { check in
            let isSettled = settling.contains(check.name) && world.timeToSettle ?? .longest <= check.settle
            let isWell = isSettled || world.isWell(check.name, world.installed)
            return CheckResult(
                name: check.name, outcome: isWell ? .passed : .failed, message: "",
                isRequired: check.isRequired)
        }
    }
}
