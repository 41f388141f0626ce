package import FleetCore

/// The part of ``PackageSystem`` that knows other programs which change packages unasked.
package protocol UpdaterControl {
    /// The units of such programs that are there and not masked. Runs no program.
    func updaters() async -> [String]

    /// What units are like now, so that they can be put back.
    func describeUpdaters(_ units: [String]) async -> [StoppedUpdater]

    /// Masks units, and stops those that would begin something. What has begun is let finish.
    ///
    /// - Throws: ``PackageError`` with what the system said.
    func stopUpdaters(_ updaters: [StoppedUpdater]) async throws(PackageError)

    /// Puts a unit back as it was.
    ///
    /// - Returns: whether it is still there: there is nothing to put back of one whose package is gone.
    /// - Throws: ``PackageError`` with what the system said.
    func restoreUpdater(_ updater: StoppedUpdater) async throws(PackageError) -> Bool
}
