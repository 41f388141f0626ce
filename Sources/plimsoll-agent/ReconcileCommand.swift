internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository
internal import Logging

/// `plimsoll-agent reconcile`: one cycle.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Runs one cycle: fetch, authenticate, decide, act, verify, report.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Show what a cycle would do, and change nothing. Exit code 2 if changes are pending.")
    var dryRun = false

    @Flag(help: "Print JSON (plimsoll/cycle/v1; with --dry-run plimsoll/plan/v1).")
    var json = false

    @Option(help: "With --dry-run: show the plan of this baseline file on this machine; needs no trust.")
    var baseline: String?

    @Flag(help: "Log every step.")
    var verbose = false

    func validate() throws {
        if baseline != nil, !dryRun { throw ValidationError("--baseline FILE goes with --dry-run") }
    }

    func run() async throws {
        let word = CycleWord.take()
        if let baseline {
            let loose = try LoosePackages(configurationAt: common.path)
            try await BaselinePreview(file: baseline, packages: loose.packages).run(json: json)
            return
        }
        let node = try Node(configurationAt: common.path)
        var logger = Logger(label: "plimsoll") { _ in
            StandardErrorLog(level: verbose ? .debug : json ? .warning : .info)
        }
        logger[metadataKey: "node"] = "\(node.name)"
        let lock = try node.lock()
        var (cycle, source) = try node.cycle(lock: lock, logger: logger)
        let now = node.clocks()
        let status: ExitStatus
        do throws(CycleError) {
            if dryRun {
                let preview = try await cycle.preview(at: now)
                PreviewRendering(preview).print(json: json)
                status = preview.exitStatus
            } else {
                let outcome = try await cycle.cycle(at: now)
                node.maintainClone(
                    of: source, keeping: [outcome.mark, outcome.followed], logger: logger)
                OutcomeRendering(outcome, node: node.name).print(json: json)
                status = outcome.exitStatus
                CycleWord.tell(isAway: node.servers.isEverythingAway, to: word)
            }
        } catch {
            if error.code == .clone, !dryRun { node.repairClone(logger: logger) }
            throw ProgramError(error.code == .introduction ? .notAuthentic : .failure, error.message)
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

extension CycleOutcome {
    /// The exit code of a cycle, by the most serious of what was found.
    var exitStatus: ExitStatus {
        let codes = Set(reasons.map(\.code))
        if codes.contains(.untrusted) { return .notAuthentic }
        if !codes.isDisjoint(with: [.unreadable, .newerAgentNeeded]) { return .invalidData }
        if !codes.isDisjoint(with: [.noSpace, .unverifiable])
            || [.failed, .rolledBack, .degraded, .blocked, .stalled].contains(phase)
        {
            return .failure
        }
        if reasons.areUnheard(besides: passedOver) { return .unavailable }
        if case .queued = report { return .unavailable }
        return .success
    }
}

extension CyclePreview {
    /// 2 if packages would change, else as for a cycle.
    var exitStatus: ExitStatus {
        let codes = Set(decision.reasons.map(\.code))
        if codes.contains(.untrusted) { return .notAuthentic }
        if !codes.isDisjoint(with: [.unreadable, .newerAgentNeeded]) { return .invalidData }
        if obstacle != nil || codes.contains(.unverifiable) { return .failure }
        if plan != nil { return .changesPending }
        if decision.reasons.areUnheard(besides: passedOver) { return .unavailable }
        return .success
    }
}

extension [Reason] {
    /// Whether the node may have missed something: a remote that another one made up for is no such reason.
    fileprivate func areUnheard(besides passedOver: [Reason]) -> Bool {
        contains {
            [.remoteAway, .remoteBehind, .stale].contains($0.code) && !passedOver.contains($0)
        }
    }
}
