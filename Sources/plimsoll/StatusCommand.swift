internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll status`: what the nodes of a fleet say of themselves, each by its own signature.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the nodes of a fleet say of themselves, or one of them at length.",
        discussion: """
            Fetches the fleet's branch and each node's newest report, and believes those that are signed by \
            the key that the fleet repository lists for the node. A node that has not reported, or whose \
            report is not to be believed, is 'unknown', and never counts as compliant. Exit code 77 if the \
            branch's history is not authentic. With the name of a node: all of its reasons and findings.
            """)

    @Argument(help: "A node, of which all is shown.")
    var node: String?

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Print JSON (plimsoll/status/v1).")
    var json = false

    func run() throws {
        let fleet = try repository.fetch().status(from: repository.introduction)
        let status = try node.map { try fleet.only($0) } ?? fleet
        let rendering = StatusRendering(status, now: SystemClock.wall)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else if node != nil {
            rendering.printAtLength()
        } else {
            rendering.print()
        }
        repository.note(status.history)
        guard let failure = status.history.failure else { return }
        throw ProgramError(
            .notAuthentic, "\(failure); nodes go on with \(status.commit.short), and so does this list")
    }
}

extension FleetStatus {
    /// This status of one node alone.
    ///
    /// - Throws: ``ProgramError`` if the fleet has no such node.
    fileprivate func only(_ name: String) throws(ProgramError) -> FleetStatus {
        guard let node = nodes.first(where: { $0.node.description == name }) else {
            throw ProgramError(
                .usage, "fleet '\(fleet.name)' has no node '\(name)'; 'plimsoll status' lists them")
        }
        return FleetStatus(fleet: fleet, commit: commit, history: history, nodes: [node])
    }
}
