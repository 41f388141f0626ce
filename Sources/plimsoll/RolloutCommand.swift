internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetRepository

/// `plimsoll rollout`: how far each group has come with what is declared for it.
struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Shows how far each group has come with what is declared for it.",
        discussion: """
            For each baseline its groups in the order of their gates: the waves as bars in which each sign \
            stands for nodes, the gate's answer, the next event, and when the last node may be healthy at \
            the earliest, if all goes well: what a change itself takes is not in that. A group in which \
            every node is healthy takes one line. Everything is recomputed from the fleet's branch and the \
            newest signed reports.

            With '--watch' it is shown anew until you stop it with Ctrl-C: on a terminal in place, elsewhere \
            a new block whenever something has changed. '--until-done' watches, too, and ends with 0 as soon \
            as every node is healthy, with 3 as soon as nothing goes on any more without a person: a node \
            has failed finally, or cannot read the branch. What to do then is said under 'need'. Pauses, \
            holds and silent nodes alone keep it waiting. Exit code 77 if the branch's history is not \
            authentic.
            """)

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Show it anew until stopped.")
    var watch = false

    @Flag(help: "Watch until every node is healthy on what is declared, or a person is needed (exit code 3).")
    var untilDone = false

    @Option(
        help: ArgumentHelp(
            "With '--watch' or '--until-done': the time between two looks, at least 1s. (default: 10s)",
            valueName: "duration"),
        transform: argument(_:))
    var interval: TimeSpan?

    @Flag(help: "Print JSON (plimsoll/rollout/v1); with '--watch' or '--until-done' a line for each change.")
    var json = false

    func validate() throws {
        guard let interval else { return }
        guard watch || untilDone else {
            throw ValidationError("'--interval' goes with '--watch' or '--until-done'")
        }
        guard interval >= TimeSpan(seconds: 1) else {
            throw ValidationError("'--interval' must be at least 1s")
        }
    }

    func run() throws {
        guard watch || untilDone else {
            let clone = try repository.fetch()
            let rollouts = try look(into: clone)
            show(RolloutRendering(rollouts, now: SystemClock.wall))
            return try end(rollouts.history)
        }
        var signals = StopSignals()
        var watching = RolloutWatch(json: json)
        var clone = try repository.fetch()
        var looks = 0
        while !signals.isStopped {
            do {
                // Each fetch that brings something leaves a pack; a fresh clone has one.
                if looks == Self.looksPerClone { clone = try repository.fetch() }
                looks = looks % Self.looksPerClone + 1
                let rollouts = try look(into: clone)
                watching.show(RolloutRendering(rollouts, now: SystemClock.wall))
                if untilDone, rollouts.isDone || rollouts.history.failure != nil {
                    return try end(rollouts.history)
                }
                if untilDone, rollouts.isStuck { throw ProgramError(.personNeeded, rollouts.stop) }
            } catch let error as OperatorError where error.code == .unavailable && watching.hasShown {
                // Ctrl-C reaches the child that fetches, too.
                signals.wait(.zero)
                if !signals.isStopped { Terminal.note("plimsoll: \(error.message); trying again") }
            }
            if !signals.isStopped { signals.wait(interval ?? TimeSpan(seconds: 10)) }
        }
    }

    private static let looksPerClone = 200

    private func look(into clone: FleetClone) throws -> FleetRollouts {
        let rollouts = try clone.picture(from: repository.introduction).rollouts(
            at: SystemClock.now(isTrusted: true), zones: ZoneDatabase().rulesForOperators)
        guard !untilDone || !rollouts.keepsReports else {
            throw ProgramError(.usage, "\(RepositoryOptions.reportsStay), so '--until-done' would never end")
        }
        return rollouts
    }

    private func show(_ rendering: RolloutRendering) {
        guard !json else {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
            return
        }
        for line in rendering.lines(columns: Terminal.columns, colour: Terminal.hasColour) {
            Terminal.print(line)
        }
    }

    private func end(_ history: HistoryAudit) throws {
        repository.note(history)
        guard let failure = history.failure else { return }
        throw ProgramError(
            .notAuthentic, "\(failure); nodes go on with \(history.ground.short), and so does this list")
    }
}

/// What a watch has shown.
private struct RolloutWatch {
    private let json: Bool
    private var last: JSONValue?

    init(json: Bool) { self.json = json }

    var hasShown: Bool { last != nil }

    /// Shows it: on a terminal in place of what was there, elsewhere only what has changed.
    mutating func show(_ rendering: RolloutRendering) {
        let isTerminal = Terminal.isTerminal && !json
        let key = rendering.key
        defer { last = key }
        guard isTerminal || key != last else { return }
        if json {
            // One document on one line: a reader of a stream must see where each ends.
            Terminal.print(String(decoding: rendering.json.canonicalBytes, as: UTF8.self))
            return
        }
        let lines = rendering.lines(columns: Terminal.columns, colour: Terminal.hasColour)
        guard isTerminal else {
            if last != nil { Terminal.print("") }
            for line in lines { Terminal.print(line) }
            return
        }
        // To the upper left corner, and everything below away (ECMA-48, CUP and ED).
        Terminal.write("\u{1B}[H\u{1B}[J")
        let room = max(Terminal.rows - 2, 1)
        for line in lines.prefix(room) { Terminal.print(line) }
        if lines.count > room { Terminal.print("… and \(lines.count - room) more lines") }
    }
}
