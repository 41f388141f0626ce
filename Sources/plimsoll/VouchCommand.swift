internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll vouch`: a person's signature that heals a history in which something is not authentic.
struct VouchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vouch",
        abstract: "Heals a branch on which something is not authentic.",
        discussion: """
            Shows what has come to the branch after the last authentic commit: every commit, and every line. \
            Run again with '--read TIP', the tip that was shown, it signs a merge whose first parent is the \
            last authentic commit: your signature then vouches for all that was shown. With '--discard' the \
            merge leaves it out, and keeps the files of the last authentic commit.

            Nothing is pushed: the last line says how. Push it yourself, for a forge's button would make \
            what is not authentic the first parent. Exit code 0 if there is nothing to heal, or the merge is \
            signed; 77 as long as it is only shown.
            """)

    @Flag(help: "Leave out what is not authentic.")
    var discard = false

    @Option(
        help: ArgumentHelp("The tip that you have read, in full.", valueName: "tip"), transform: argument(_:))
    var read: CommitID?

    @Option(help: "Your SSH key, public or private. By default git's user.signingKey, or one in ~/.ssh.")
    var key: String?

    @OptionGroup var repository: RepositoryOptions

    func run() throws {
        let place = try repository.location()
        guard let folder = place.folder, place.isClone else {
            throw ProgramError(
                .usage, "'\(repository.place)' is no clone with a remote 'origin'; the merge is signed in one"
            )
        }
        let git = StockGit(folder: folder)
        let clone = try repository.fetch()
        guard
            let vouching = try clone.vouching(from: repository.introduction, isDiscarding: discard)
        else {
            Terminal.print("Every commit is authentic: there is nothing to vouch for.")
            return
        }
        guard let read else {
            show(vouching)
            throw ExitCode(ExitStatus.notAuthentic.rawValue)
        }
        guard read == vouching.tip else {
            throw ProgramError(
                .usage,
                "the branch's tip is \(vouching.tip), not what you have read: run this without '--read' first"
            )
        }
        let key = try key.map { try SigningKeyChoice(file: $0) } ?? SigningKeyChoice.usual(of: git)
        let (commit, pending) = try clone.sign(vouching, with: key, by: git)
        Terminal.print(
            "Signed as \(commit.short): it \(discard ? "leaves out" : "vouches for") "
                + "what came after \(vouching.last.short).")
        if let pending { Terminal.print("With it, \(Table.Cell(pending.words).text).") }
        Terminal.print("Next: git push origin \(commit):\(repository.branch)")
    }

    private func show(_ vouching: HistoryVouching) {
        let colour = Terminal.hasColour
        let failure = vouching.failure
        Terminal.print(
            "\(Colour.red.applied(to: "not authentic", if: colour)): commit \(failure.commit.short): "
                + Table.Cell(failure.message).text)
        Terminal.print(
            "\nAfter the last authentic commit \(vouching.last.short) came "
                + "\(VerificationRendering.count(vouching.commits.count, "commit")):")
        for commit in vouching.commits { Terminal.print("  \(commit)") }
        Terminal.print("")
        for line in vouching.changes { Terminal.print(line) }
        Terminal.print("")
        if !vouching.isWhole {
            Terminal.note(
                "plimsoll: that is not all; read the rest by: git fetch origin && "
                    + "git diff --text \(vouching.last.short) \(vouching.tip.short)")
        }
        let command = ["plimsoll vouch", discard ? "--discard" : nil, "--read \(vouching.tip)"]
        Terminal.note(
            "plimsoll: nothing is signed yet. "
                + (discard ? "To leave all this out" : "If you vouch for all this")
                + ": \(command.compactMap(\.self).joined(separator: " "))")
        if !discard { Terminal.note("plimsoll: to leave it out, use '--discard'") }
    }
}
