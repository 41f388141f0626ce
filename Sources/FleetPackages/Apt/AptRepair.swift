internal import FleetCore
internal import FleetReconciler

/// Finishes what an interrupted dpkg left behind (`dpkg --configure --pending`), without which apt refuses
/// every work.
///
/// Only where dpkg's journal is not empty. A package that is merely not configured is left to the next
/// transaction: its script would fail here as it failed there.
struct AptRepair {
    private let configuration: AptConfiguration
    private let patience: ManagerPatience

    init(_ configuration: AptConfiguration, patience: ManagerPatience) {
        self.configuration = configuration
        self.patience = patience
    }

    /// - Throws: ``PackageError`` with `locked` while another process works on the database, with `broken`
    ///   if the journal is still there afterwards. A maintainer script that fails is no error: the
    ///   inventory shows its package.
    func run(stalled: (StalledManager) async -> Void) async throws(PackageError) {
        try DebconfPreseed(configuration).forget()
        // apt outlives the agent that started it: what it is still working on must not be judged.
        let locks = AptLocks(configuration: configuration, sources: nil)
        if let locked = locks.holder() { throw locked }
        guard try DpkgDatabase.isInterrupted(folder: configuration.databaseFolder) else { return }
        try AptOptionFiles(configuration: configuration).write(for: ChangeRequest(pins: [], targets: [:]))
        let command = AptCommand(configuration)
        // Like a transaction, it is not killed with the task that asked for it.
        let work = Task { () async -> Result<ChildOutput, PackageError> in
            do throws(PackageError) {
                return .success(try await command.dpkg(["--configure", "--pending"]))
            } catch {
                return .failure(error)
            }
        }
        let wait = ManagerWait(configuration: configuration, patience: patience)
        let output = try await wait.end(of: work, stalled: stalled).get()
        guard try DpkgDatabase.isInterrupted(folder: configuration.databaseFolder) else { return }
        throw locks.holder()
            ?? PackageError(
                .broken,
                "'dpkg --configure --pending' ended with \(output.status): \(output.errorText.suffix(2_000))")
    }
}
