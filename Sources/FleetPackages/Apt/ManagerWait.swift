internal import FleetCore
internal import FleetReconciler

/// Waits for the package manager, however long it takes, and tells what it does once that is too long.
///
/// Nothing here ends a process: a manager that is killed leaves the machine half-patched.
struct ManagerWait {
    let configuration: AptConfiguration
    let patience: ManagerPatience

    /// How often is looked whether there is something to tell.
    private static let tick = Duration.milliseconds(250)

    /// Waits for the end of work that does not end with the task that waits.
    ///
    /// - Parameters:
    ///   - tick: called again and again meanwhile.
    ///   - stalled: called past the deadline, and then after each interval.
    func end<Result: Sendable>(
        of work: Task<Result, Never>, tick: () -> Void = {}, stalled: (StalledManager) async -> Void
    ) async -> Result {
        let (ticks, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Tasks of their own, not children: what cancels us must not cancel them.
        let end = Task {
            _ = await work.value
            continuation.finish()
        }
        let ticker = Task {
            while (try? await Task.sleep(for: Self.tick)) != nil { continuation.yield() }
        }
        let clock = ContinuousClock()
        var next = clock.now + .milliseconds(patience.deadline.milliseconds)
        for await _ in ticks {
            tick()
            guard clock.now >= next, let manager = AptLocks.managerAtWork(in: configuration) else { continue }
            await stalled(manager)
            next = clock.now + .milliseconds(patience.interval.milliseconds)
        }
        ticker.cancel()
        await end.value
        return await work.value
    }
}

extension AptLocks {
    /// The process that works on dpkg's database, and all that it has started; nil if none does. It is known
    /// by its lock, whoever has started it.
    static func managerAtWork(in configuration: AptConfiguration) -> StalledManager? {
        let locks = AptLocks(configuration: configuration, sources: nil)
        let folder = configuration.databaseFolder
        for name in ["lock-frontend", "lock"] {
            if let process = locks.processHolding("\(folder)/\(name)") {
                return ProcessTree().manager(process)
            }
        }
        return nil
    }
}
