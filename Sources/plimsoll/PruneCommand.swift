internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll prune`: moves what nodes that left the fleet have reported into a Git bundle.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Moves the reports of nodes that have left the fleet to a Git bundle.",
        discussion: """
            A node whose file an authentic commit has removed leaves 'status/<node>' and 'latest/<node>' \
            behind. Without '--bundle' this shows them, and ends with 2 if there are any. With it they are \
            written into that file, which must not exist yet; once stock git has read all of it again they \
            are deleted at the remote, each only if it still names what is in the bundle.

            A node stays whose report still holds back others: it failed what is declared now, or what \
            some node has yet to admit, and without it a gate or the waves could open. '--include NODE' \
            takes it nevertheless.

              plimsoll prune --bundle left-2026.bundle

            A server's hook takes no deletion by a push. There, run it on the server, as the user who owns \
            the repository; '--status' names that repository by its path:

              plimsoll prune --repository /srv/git/fleet.git --status /srv/git/status.git \
            --bundle /srv/left-2026.bundle
            """)

    @OptionGroup var repository: RepositoryOptions

    @Option(help: ArgumentHelp("Write the bundle to this file, and delete what is in it.", valueName: "file"))
    var bundle: String?

    @Option(
        help: ArgumentHelp(
            "Take this node although its failure still holds back others; may be repeated.",
            valueName: "node"),
        transform: argument(_:))
    var include: [NodeName] = []

    @Option(
        help: ArgumentHelp(
            "Where the reports are, if not where 'status.remote' says; '{group}' stands for the group.",
            valueName: "path-or-url"))
    var status: String?

    @Flag(help: "Print JSON (plimsoll/prune/v1).")
    var json = false

    func run() throws {
        let clone = try repository.fetch()
        clone.reportsElsewhere = status
        let pruning = try clone.pruning(from: repository.introduction, including: Set(include))
        repository.note(pruning.history)
        for (group, why) in pruning.unasked {
            Terminal.note(
                "plimsoll: the remote of the former group '\(group)' was not asked: "
                    + Table.Cell(why).text)
        }
        guard let bundle, !pruning.chosen.isEmpty else {
            show(PruneRendering(pruning, result: nil, bundle: nil))
            if !pruning.chosen.isEmpty { throw ExitCode(ExitStatus.changesPending.rawValue) }
            return
        }
        let result = try pruning.move(to: bundle)
        show(PruneRendering(pruning, result: result, bundle: bundle))
        guard !result.isWhole else { return }
        for refusal in result.refusals {
            for line in refusal.split(separator: "\n") {
                Terminal.note("plimsoll: \(Table.Cell(String(line)).text)")
            }
        }
        throw ProgramError(
            .failure, "not everything was deleted; the bundle '\(bundle)' has all of it, look again")
    }

    private func show(_ rendering: PruneRendering) {
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
    }
}
