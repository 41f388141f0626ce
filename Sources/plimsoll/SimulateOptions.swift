internal import ArgumentParser
internal import FleetCore
internal import FleetSimulator

/// What goes wrong in a simulated rollout, and how long things take.
struct SimulateOptions: ParsableArguments {
    @Option(
        name: .customLong("breaks"),
        help: ArgumentHelp(
            "How many nodes break on what is merged: of all (2%), of a group (stores=2%), or of those with "
                + "a label (site:berlin-3=20%). May be given again; of several about a node the last holds.",
            valueName: "share"),
        transform: argument(_:))
    var breaks: [BreakRule] = []

    @Option(
        help: ArgumentHelp("How many links are dark, from before the merge to the end.", valueName: "share"),
        transform: argument(_:))
    var dark = Share.none

    @Option(
        help: ArgumentHelp("How long they were dark before the merge.", valueName: "duration"),
        transform: argument(_:))
    var darkSince = TimeSpan(seconds: 7 * 86_400)

    @Option(
        help: ArgumentHelp(
            "How many links fall dark, each at some time in the day after the merge.", valueName: "share"),
        transform: argument(_:))
    var fallDark = Share.none

    @Option(
        help: ArgumentHelp("The time between two cycles of a node.", valueName: "duration"),
        transform: argument(_:))
    var interval = TimeSpan(seconds: 300)

    @Option(
        help: ArgumentHelp(
            "How long a node is at work on a change, and on its undoing.", valueName: "duration"),
        transform: argument(_:))
    var change = TimeSpan(seconds: 120)

    @Option(help: "After how many days the rollout is no longer looked at.")
    var days = 14

    @Option(
        help: ArgumentHelp(
            "When the merge is; default: now. It matters where a group has windows or freezes.",
            valueName: "time"),
        transform: argument(_:))
    var start: Timestamp?

    @Flag(help: "Let a person lift every pause at once; else a rollout ends where it pauses.")
    var liftPauses = false

    @Option(
        help: ArgumentHelp(
            "Count the nodes at work at once for each value of this label, in groups without a budget, too.",
            valueName: "label"))
    var per: String?

    mutating func validate() throws {
        guard (1...3_650).contains(days) else { throw ValidationError("--days: expected 1 to 3650") }
        guard interval >= TimeSpan(seconds: 1), interval <= TimeSpan(seconds: 86_400) else {
            throw ValidationError("--interval: expected 1s to 1d")
        }
        guard change >= TimeSpan(seconds: 1), change <= TimeSpan(seconds: 86_400) else {
            throw ValidationError("--change: expected 1s to 1d")
        }
        guard darkSince <= TimeSpan(seconds: 366 * 86_400) else {
            throw ValidationError("--dark-since: expected at most 366d")
        }
    }

    /// Puts them into a scenario.
    func apply(to scenario: inout RehearsalScenario) {
        scenario.breaks = breaks
        scenario.dark = dark
        scenario.darkSince = darkSince
        scenario.darkening = fallDark
        scenario.interval = interval
        scenario.change = change
        scenario.span = TimeSpan(seconds: Int64(days) * 86_400)
        scenario.passesPauses = liftPauses
        scenario.countedLabel = per
    }
}
