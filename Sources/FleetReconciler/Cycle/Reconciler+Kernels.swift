internal import FleetCore
internal import Logging

extension Reconciler {
    /// Notes whether a kernel that was taken back still runs.
    mutating func noteKernel(at now: Instant) async throws(CycleError) {
        guard let known = memory.kernelReturn, let facts = try? await packages.facts(),
            !facts.kernel.isEmpty, known.hasBooted != (facts.kernel != known.left)
        else { return }
        memory.kernelReturn?.hasBooted = facts.kernel != known.left
        try save(at: now)
    }

    /// Has the former kernel boot where going back leaves the one that runs, before packages change, and puts
    /// the boot loader's setting back once that one is gone, or wanted again.
    mutating func settleBootDefault(_ decision: Decision, at now: Instant) async throws(CycleError) {
        if case .letGo = decision.action { return try await restoreBootDefault(at: now) }
        guard memory.intent == nil, let left = decision.leftKernels else { return }
        if let facts = try? await packages.facts(), left.contains(facts.kernel) {
            try await leave(kernel: facts.kernel, at: now)
        } else if let known = memory.kernelReturn, !left.contains(known.left) {
            try await restoreBootDefault(at: now)
        }
    }

    /// Has the last other kernel that was well boot by default. That it is asked for is durable first, so
    /// that it is put back whatever happens. Where it cannot be brought about now, it is tried again in the
    /// next cycle, and the report says what a person can do.
    mutating func leave(kernel running: String, at now: Instant) async throws(CycleError) {
        guard let inventory = try? await packages.inventory() else { return }
        var next = memory.kernelReturn ?? KernelReturn(left: running)
        let former = memory.formerKernel(besides: running, in: inventory)
        if next.left == running, next.isSet, next.chosen == former { return }
        let wasSet = next.isSet
        next.left = running
        next.hasBooted = false
        next.chosen = former
        next.isSet = false
        if former != nil { try remember(next, at: now) }
        do throws(MachineError) {
            guard let former else { throw MachineError("no other installed kernel was well here before") }
            let before = try await machine.bootByDefault(kernel: former)
            if !wasSet { next.before = before }
            next.isSet = true
            next.obstacle = nil
            logger.notice("another kernel boots by default", metadata: ["kernel": "\(former)"])
        } catch {
            let what = former ?? "another kernel"
            next.obstacle =
                "\(error.message); boot \(what) by hand, at the boot menu, by 'grub-reboot' or by "
                + "'bootctl set-oneshot'"
        }
        try remember(next, at: now)
    }

    private mutating func remember(_ next: KernelReturn, at now: Instant) throws(CycleError) {
        guard next != memory.kernelReturn else { return }
        memory.kernelReturn = next
        try save(at: now)
    }

    /// What newer kernels bring boots by default again. What fails is tried again in the next cycle.
    private mutating func restoreBootDefault(at now: Instant) async throws(CycleError) {
        guard let known = memory.kernelReturn else { return }
        // Without an answer, and without a refusal, a power cut came between: it may have been set.
        if known.chosen != nil, known.isSet || known.obstacle == nil {
            do throws(MachineError) {
                try await machine.restoreBootDefault(known.before)
            } catch {
                return logger.warning("the boot loader's setting was not put back: \(error.message)")
            }
            logger.notice("the boot loader's setting was put back")
        }
        memory.kernelReturn = nil
        try save(at: now)
    }
}
