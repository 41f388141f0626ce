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
            // What is there in part is gone on with; which files a plan needs is known once it is whole.
            guard await packages.hasDownloaded(request) else { return }
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
        // One interval: the node must hear of a revert or a hold as if it were not downloading.
        let result = await Ahead.$deadline.withValue(max(settings.interval, Self.shortestDownload)) {
            await prepared(request)
        }
        switch result {
        case .success(let plan): obstacle = plan.refusal
        case .failure(let error): obstacle = Reason(error.code.reasonCode, error.message)
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

    private static var shortestDownload: TimeSpan { TimeSpan(seconds: 60) }

    private func prepared(_ request: ChangeRequest) async -> Result<Plan, PackageError> {
        do {
            return .success(try await preparedPlan(request))
        } catch {
            return .failure(error)
        }
    }

    private mutating func note(_ backOff: BackOff?, at now: Instant) throws(CycleError) {
        guard memory.prefetchBackOff != backOff else { return }
        memory.prefetchBackOff = backOff
        try save(at: now)
    }
}
