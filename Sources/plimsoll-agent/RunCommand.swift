internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import Glibc
internal import Logging

/// `plimsoll-agent run`: one cycle after the other, each in a process of its own.
///
/// Between two cycles this process holds nothing but its arguments: whatever a cycle needed of memory is gone
/// with its child.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs cycles for ever, with jitter, and with back-off after failures.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Log every step.")
    var verbose = false

    func run() throws {
        let interval = try Node(configurationAt: common.path).configuration.interval
        let logger = Logger(label: "plimsoll") { _ in StandardErrorLog(level: verbose ? .debug : .info) }
        var signals = StopSignals()
        var pace = Pace(interval: interval)
        let link = LinkWatch()
        if link == nil { logger.info("the kernel tells nothing of links here: back-off runs its full time") }
        let program = CycleProcess.ownPath
        var arguments = ["plimsoll-agent", "reconcile", "--config", common.path]
        if verbose { arguments.append("--verbose") }
        while !signals.isStopped {
            let (status, isAway) = try CycleProcess(program, arguments: arguments).wait()
            logger.debug("cycle ended", metadata: ["status": "\(status)"])
            wait(after: Pace.Ending(status: status, isAway: isAway), &pace, &signals, link, logger)
        }
        logger.info("stopped")
    }

    /// Waits for the next cycle; where no server could be reached, less long once a link is back.
    private func wait(
        after ending: Pace.Ending, _ pace: inout Pace, _ signals: inout StopSignals, _ link: LinkWatch?,
        _ logger: Logger
    ) {
        var generator = SystemRandomNumberGenerator()
        var end = SystemClock.sinceBoot + pace.wait(after: ending, using: &generator)
        // What came while the cycle ran counts if the cycle was in vain, and is old news if not.
        if !pace.isAway { _ = link?.isBack() }
        while signals.wait(end - SystemClock.sinceBoot, watching: pace.isAway ? link : nil) == .linkIsBack {
            let now = SystemClock.sinceBoot
            let early = now + pace.wait(afterLinkAt: now, using: &generator)
            guard early < end else { continue }
            end = early
            logger.info("a link is back", metadata: ["cycle in": "\(end - now)"])
        }
    }
}
