package import FleetCore

/// The part of ``PackageSystem`` that tells whether a change has done harm.
package protocol HealthChecking {
    /// Runs health checks, each within its timeout, and those that are bad as often again as they say. A
    /// check that could not be run has failed.
    ///
    /// - Parameter settling: the names of checks that get the time to settle that they have: one that is not
    ///   well is tried again until it is, or that time is over.
    func results(of checks: [Check], settling: Set<String>) async -> [CheckResult]
}

extension HealthChecking {
    /// Runs health checks that have had their time to settle.
    package func results(of checks: [Check]) async -> [CheckResult] {
        await results(of: checks, settling: [])
    }
}
