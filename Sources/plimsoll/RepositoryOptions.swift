internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// The options of every command that reads a fleet repository and its reports.
struct RepositoryOptions: ParsableArguments {
    @Option(
        name: .customLong("repository"),
        help: ArgumentHelp(
            "The fleet repository. A path to a clone stands for its remote 'origin'.",
            valueName: "path-or-url"))
    var place = "."

    @Option(help: "The branch that nodes follow.")
    var branch = "main"

    @Option(
        help: ArgumentHelp("The commit from which history is trusted, as nodes pin it.", valueName: "commit"),
        transform: argument(_:))
    var introduction: CommitID?

    /// Fetches the branch into a clone that lasts as long as the value.
    func fetch() throws -> FleetClone {
        try FleetClone(location(), branch: branch, network: NetworkChild())
    }

    /// Where it is.
    func location() throws -> RepositoryLocation { try RepositoryLocation(place, branch: branch) }

    /// What is said where nothing can be told of nodes.
    static let reportsStay = "reports stay on their nodes ('status.remote: none' in fleet.yaml)"

    /// Says on standard error what waits for approval, and what nobody vouches for.
    func note(_ history: HistoryAudit) {
        if let pending = history.pending {
            Terminal.note(
                "plimsoll: \(Table.Cell(pending.words).text); nodes follow \(history.ground.short)")
        }
        guard !history.isPinned else { return }
        Terminal.note(
            "plimsoll: nothing here pins the first commit \(history.introduction); "
                + "compare it with the introduction of the "
                + "nodes, or name that by '--introduction'")
    }
}
