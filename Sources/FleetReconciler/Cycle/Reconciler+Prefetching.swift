internal import FleetCore
internal import Logging

extension Reconciler {
    /// Downloads what the declared baseline needs while the node waits for leave to have it, and removes what
    /// nothing needs any more.
    ///
    /// The last thing of a cycle: the report does not wait for a thin line. That it fails is nothing to
    /// report: if it still does once the declaration is admitted, that is what blocks the change. A node that
    /// has everything asks nobody.
    mutating func prefetch(
        _ desired: Desired, decision: Decision, at now: Instant
    ) async throws(CycleError) {
        guard memory.intent == nil, desired.mayAdmit, desired.holds.isEmpty,
            case .member(let membership) = desired.standing, let declared = membership.stack.declared
        else { return }
        var needed = [decision.assessment?.request].compactMap(\.self)
        // A node at rest need not look at its packages once more.
        let request =
            memory.hasReached(declared)
            ? nil
            : earlyRequest(
                desired: desired, actual: await observe(for: desired), memory: memory, now: now)
        if let request { needed.append(request) }
        if let request, !(await packages.hasDownloaded(request)) {
            try await prefetch(request, for: declared, at: now)
        } else {
            try note(nil, at: now)
        }
        await packages.removeDownloads(
            exceptFor: needed, memory.changes.chapters.flatMap(\.changes))
    }

    private mutating func prefetch(
        _ request: ChangeRequest, for declared: Declaration, at now: Instant
    ) async throws(CycleError) {
        // What is admitted is tried with a back-off of its own.
        guard memory.backOff?.declaration != declared else { return }
        let last = memory.prefetchBackOff.flatMap { $0.declaration == declared ? $0 : nil }
        let running = memory.running.total(at: now)
        if let last, running < last.until { return }
        var obstacle: Reason?
        do {
            obstacle = try await preparedPlan(request).refusal
        } catch {
            obstacle = Reason(error.code.reasonCode, error.message)
        }
        if let obstacle {
            logger.info(
                "not downloaded ahead: \(obstacle.message)", metadata: ["declaration": "\(declared)"])
        } else {
            logger.info("downloaded ahead", metadata: ["declaration": "\(declared)"])
        }
        let next = obstacle.map {
            BackOff(after: last, declaration: declared, reason: $0, interval: settings.interval, at: running)
        }
        try note(next, at: now)
    }

    private mutating func note(_ backOff: BackOff?, at now: Instant) throws(CycleError) {
        guard memory.prefetchBackOff != backOff else { return }
        memory.prefetchBackOff = backOff
        try save(at: now)
    }
}
