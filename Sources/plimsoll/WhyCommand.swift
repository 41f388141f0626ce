internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetRepository

/// `plimsoll why NODE`: a node's decision, recomputed from the repository and the reports alone.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Shows why a node has what it has, and what is missing until it moves.",
        discussion: """
            Fetches the fleet's branch and the newest reports, and decides once more what the node decides: \
            which rule applies, each condition and whether it is met, the reports that are the evidence, \
            and what is missing and when it may be there at the earliest. What only the node can tell is \
            marked '?'. If the node's own newest report gives other reasons, both are shown. Silence is \
            told by the wall clock here; the node counts its own running time. 'plimsoll-agent status' on \
            the node shows the same from the node's own state.

            Exit code 0 whatever the answer is, 64 if the fleet has no such node, 77 if the branch's history \
            is not authentic.
            """)

    @OptionGroup var repository: RepositoryOptions

    @Argument(help: "The node.", transform: argument(_:))
    var node: NodeName

    @Flag(help: "Print JSON (plimsoll/why/v1).")
    var json = false

    func run() throws {
        let picture = try repository.fetch().picture(from: repository.introduction)
        // Whether the node's own clock is right, only the node can say.
        let now = SystemClock.now(isTrusted: true)
        let explanation = try picture.explanation(
            of: try picture.standing(of: node), at: now, zones: ZoneDatabase().rulesForOperators)
        let rendering = WhyRendering(explanation, now: now.wall)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
        repository.note(picture.status.history)
        if let failure = picture.status.history.failure {
            throw ProgramError(.notAuthentic, "\(failure); nodes go on with \(picture.status.commit.short)")
        }
    }
}
