internal import FleetCore
internal import Logging

extension Reconciler {
    /// Masks other updaters where the enforced baseline says so, and puts back what was masked here where
    /// none says so any more, or the node has left the fleet.
    ///
    /// Nothing of it keeps packages from being patched: what fails is tried again in the next cycle.
    mutating func settleUpdaters(
        _ desired: Desired, decision: Decision, at now: Instant
    ) async throws(CycleError) {
        guard let policy = updatersPolicy(desired, decision: decision) else { return }
        guard policy == .report else { return try await stopUpdaters(at: now) }
        guard !memory.stoppedUpdaters.isEmpty else { return }
        var left: [StoppedUpdater] = []
        for updater in memory.stoppedUpdaters {
            do throws(PackageError) {
                if try await packages.restoreUpdater(updater) {
                    logger.notice("put back", metadata: ["unit": "\(updater.unit)"])
                } else {
                    logger.warning("'\(updater.unit)' is gone, so nothing is put back of it")
                }
            } catch {
                logger.warning("\(error.message)")
                left.append(updater)
            }
        }
        guard left != memory.stoppedUpdaters else { return }
        memory.stoppedUpdaters = left
        try save(at: now)
    }

    /// What is to become of other updaters; nil leaves them as they are: a hold stops this as well, and what
    /// cannot be read now says nothing.
    private func updatersPolicy(_ desired: Desired, decision: Decision) -> UpdatersPolicy? {
        switch desired.standing {
        case .unknown: nil
        case .absent: .report
        case .member: desired.holds.isEmpty ? decision.enforced?.baseline.updaters : nil
        }
    }

    /// What will be masked is durable first: so it is put back whatever happens.
    private mutating func stopUpdaters(at now: Instant) async throws(CycleError) {
        let units = await packages.updaters()
        guard !units.isEmpty else { return }
        let known = memory.stoppedUpdaters.map(\.unit)
        let added = await packages.describeUpdaters(units.filter { !known.contains($0) })
        if !added.isEmpty {
            memory.stoppedUpdaters += added
            try save(at: now)
        }
        do {
            try await packages.stopUpdaters(memory.stoppedUpdaters.filter { units.contains($0.unit) })
        } catch {
            return logger.warning("\(error.message)")
        }
        logger.notice("other updaters masked", metadata: ["units": "\(units.joined(separator: " "))"])
    }
}
