internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll status`: what the nodes of a fleet say of themselves, each by its own signature.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the nodes of a fleet say of themselves.",
        discussion: """
            Fetches the fleet's branch and each node's newest report, and believes those that are signed by \
            the key that the fleet repository lists for the node. A node that has not reported, or whose \
            report is not to be believed, is 'unknown', and never counts as compliant. Exit code 77 if the \
            branch's history is not authentic.
            """)

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Print JSON (plimsoll/status/v1).")
    var json = false

    func run() throws {
        let status = try repository.fetch().status(from: repository.introduction)
        let rendering = StatusRendering(status, now: SystemClock.wall)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            rendering.print()
        }
        repository.note(status.history)
        guard let failure = status.history.failure else { return }
        throw ProgramError(
            .notAuthentic, "\(failure); nodes go on with \(status.commit.short), and so does this list")
    }
}
