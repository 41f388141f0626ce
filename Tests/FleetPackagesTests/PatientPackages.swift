import FleetCore
import FleetPackages
import FleetReconciler

/// Calls for tests in which the manager never stalls.
extension AptPackages {
    private static let patience = ManagerPatience(
        deadline: TimeSpan(seconds: 3_600), interval: TimeSpan(seconds: 60))

    func apply(
        _ plan: Plan, progress: @Sendable (PackageProgress) -> Void
    ) async throws(PackageError) -> ManagerOutput {
        try await apply(plan, patience: Self.patience, progress: progress) { _ in }
    }

    func repair() async throws(PackageError) { try await repair(patience: Self.patience) { _ in } }
}
