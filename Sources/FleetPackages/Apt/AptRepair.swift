internal import FleetCore
internal import FleetReconciler

/// Finishes what an interrupted manager left behind: `dpkg --configure -a`, as apt itself would demand.
struct AptRepair {
    private let configuration: AptConfiguration

    init(_ configuration: AptConfiguration) { self.configuration = configuration }

    /// - Throws: ``PackageError`` with `locked` while another process works on the database. A package that still cannot be
    ///   configured is no error: the inventory shows it.
    func run() async throws(PackageError) -> ManagerOutput {
        let request = ChangeRequest(pins: [], targets: [:])
        try AptOptionFiles(configuration: configuration).write(for: request)
        if let locked = AptLocks(configuration: configuration, ownSources: false).holder() { throw locked }
        let command = AptCommand(configuration)
        // Like a transaction, it is not killed with the task that asked for it.
        let result = await Task { () async -> Result<ChildOutput, PackageError> in
            do throws(PackageError) {
                return .success(try await command.dpkg(["--configure", "--pending"]))
            } catch {
                return .failure(error)
            }
        }.value
        let output = try result.get()
        let text = output.outputText + output.errorText
        if !output.succeeded,
            let locked = AptLocks(configuration: configuration, ownSources: false).holder()
        {
            throw locked
        }
        return ManagerOutput(
            status: output.status, log: String(decoding: text.utf8.suffix(4_096), as: UTF8.self), failures: [:])
    }
}
