internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll plan`: what merging a range of commits would do to the fleet.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what merging commits would do to the fleet.",
        discussion: """
            Merges HEAD into BASE as a pull request is merged, in a temporary clone, and compares: which \
            baseline is declared anew or goes back, entry by entry; which groups get it, and by what gate, \
            waves and windows they move; settings, holds, nodes and keys that change. What the nodes have \
            now is read from their reports.

            Without a range: what the work tree has committed beside the remote branch. Nothing is changed \
            anywhere. Exit code 2 when changes are pending, 0 when there are none, 65 when the result would \
            be no valid fleet repository.
            """)

    @Argument(help: "The commits, such as origin/main..topic. By default the remote branch..HEAD.")
    var range: String?

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Ask no remote: the branch is as this clone knows it, and no reports are read.")
    var offline = false

    @Flag(help: "Print Markdown, for a comment on a pull request.")
    var markdown = false

    @Flag(help: "Print JSON (plimsoll/merge/v1).")
    var json = false

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown cannot be had at once") }
    }

    func run() throws {
        let place = try repository.location()
        guard let folder = place.folder else {
            throw ProgramError(.usage, "'\(repository.place)' is a URL; a plan needs a clone, by its path")
        }
        let fetched = offline || !place.isClone ? nil : try repository.fetch()
        let range = try CommitRange(
            range, in: folder, branch: repository.branch, isClone: place.isClone, tip: fetched?.tip)
        let clone =
            try fetched
            ?? FleetClone(
                working: place, branch: repository.branch, at: range.base, network: NetworkChild())
        var (plan, history) = try clone.plan(merging: range, from: repository.introduction)
        if !offline, plan.validation.problems.isEmpty, !plan.groups.isEmpty {
            do {
                plan.note(try clone.status(from: repository.introduction))
            } catch {
                Terminal.note("plimsoll: what the nodes have now could not be read: \(error)")
            }
        }
        let rendering = PlanRendering(plan)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else if markdown {
            for line in rendering.markdown { Terminal.print(line) }
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
        repository.note(history)
        if !plan.validation.problems.isEmpty { throw ExitCode(ExitStatus.invalidData.rawValue) }
        if !plan.isEmpty { throw ExitCode(ExitStatus.changesPending.rawValue) }
    }
}
