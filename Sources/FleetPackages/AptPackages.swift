package import FleetCore
package import FleetReconciler

/// The packages of one root, through apt and dpkg.
///
/// One transaction at a time: the workspace holds the options of the request at hand. A machine that needs
/// no change is only read: apt is not opened.
package struct AptPackages: PackageSystem {
    private let configuration: AptConfiguration
    private let database: DpkgDatabaseCache

    package init(_ configuration: AptConfiguration) {
        self.configuration = configuration
        database = DpkgDatabaseCache(folder: configuration.databaseFolder)
    }

    package func inventory() async throws(PackageError) -> Inventory {
        try database.database().inventory
    }

    package func facts() async throws(PackageError) -> SystemFacts {
        try SystemFacts.read(root: configuration.root, kernel: configuration.kernelRelease)
    }

    package func rules(of zone: ZoneName) async throws(ZoneError) -> ZoneRules {
        try ZoneDatabase(root: configuration.root).rules(of: zone)
    }

    package func plan(_ request: ChangeRequest) async throws(PackageError) -> Plan {
        try await AptPlanner(configuration, request: request).plan()
    }

    package func download(_ plan: Plan) async throws(PackageError) {
        let inventory = try database.database().inventory
        try AptOptionFiles(configuration: configuration).write(for: plan.request, from: plan.origin)
        // What is downloaded ahead is not installed yet, and leaves more free than this.
        if !Ahead.isOn { try await SpaceBudget(configuration, plan: plan).check() }
        try await AptArchives(configuration, plan: plan, inventory: inventory).fetch()
        // The manager would wait for a lock, but so would the node's report. Asked last: what follows is the
        // change.
        let locks = AptLocks(configuration: configuration, sources: plan.request.sources)
        if let locked = locks.holder() {
            throw locked
        }
    }

    package func hasDownloaded(_ request: ChangeRequest) async -> Bool {
        DownloadRecord(configuration).hasAll(for: request)
    }

    package func removeDownloads(
        exceptFor requests: [ChangeRequest], _ changes: [PackageChange]
    ) async {
        DownloadRecord(configuration).removeFiles(exceptFor: requests, changes) {
            try? database.database().inventory
        }
    }

    package func keep(
        _ plan: Plan, needed: [PackageChange], isDemanded: Bool
    ) async throws(PackageError) -> Keeping {
        let inventory = try database.database().inventory
        return try await PackageKeeper(configuration, inventory: inventory)
            .keep(plan, needed: needed, isDemanded: isDemanded)
    }

    package func apply(
        _ plan: Plan, patience: ManagerPatience, progress: @Sendable (PackageProgress) -> Void,
        stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> ManagerOutput {
        guard plan.refusals.isEmpty else {
            throw PackageError(
                .unsatisfiable,
                "a refused plan is not carried out: \(plan.refusals.map(\.message).joined(separator: "; "))",
                packages: plan.refusals.map(\.package.description))
        }
        return try await AptTransaction(configuration, plan: plan, patience: patience)
            .run(progress, stalled: stalled)
    }

    package func repair(
        patience: ManagerPatience, stalled: (StalledManager) async -> Void
    ) async throws(PackageError) {
        try await AptRepair(configuration, patience: patience).run(stalled: stalled)
    }

    package func managerAtWork() -> StalledManager? { AptLocks.managerAtWork(in: configuration) }

    package func rebootRequirement() -> RebootStatement {
        let inventory = try? database.database().inventory
        return RebootRequirement(root: configuration.root, inventory: inventory).statement
    }

    package func findings(
        after known: MachineFindings?, sources: [SourceList]?
    ) async -> MachineFindings {
        FindingScan(configuration, sources: sources).findings(after: known)
    }

    package func updaters() async -> [String] { UpdaterUnits(configuration).unmasked() }

    package func describeUpdaters(_ units: [String]) async -> [StoppedUpdater] {
        await UpdaterUnits(configuration).described(units)
    }

    package func stopUpdaters(_ updaters: [StoppedUpdater]) async throws(PackageError) {
        try await UpdaterUnits(configuration).stop(updaters)
    }

    package func restoreUpdater(_ updater: StoppedUpdater) async throws(PackageError) -> Bool {
        try await UpdaterUnits(configuration).restore(updater)
    }

    package func automaticMarks(of packages: [PackageID]) async throws(PackageError) -> [PackageID] {
        let native = try database.database().inventory.native
        let marks = try AutomaticMarks(path: configuration.path("var/lib/apt/extended_states"))
        return packages.filter { marks.contains($0, native: native) }
    }

    package func results(of checks: [Check], settling: Set<String>) async -> [CheckResult] {
        await CheckRunner(root: configuration.root, searchPath: configuration.searchPath)
            .results(of: checks, settling: settling)
    }
}
