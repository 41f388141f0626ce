internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll verify`: every signature of a fleet, from the first trusted commit on.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks every signature of a fleet, and recomputes what the nodes admitted.",
        discussion: """
            With BASE..HEAD, for the check of a pull request: tells whether the branch would be authentic \
            after the merge, for each shape that a merge can have. Exit code 77 if the shape that '--as' \
            names would not be; 65 if the two conflict. Nothing is changed anywhere, and no remote asked.

            Authenticates the branch from the introduction on, each commit by the keys that its parent \
            lists, and every report of every node by the key that the fleet commit which it follows lists \
            for that node; numbers without gaps, each report naming the one before. Names what is not \
            authentic, and why. Exit code 77 if anything is not.

            With '--receipts' every admission that a report tells of is recomputed from its receipt: the \
            gate, the nodes and the declarations as the followed commit has them, and what each witness had \
            reported. What does not follow from this evidence is named, and why; exit code 77. How long a \
            node had heard nothing of a canary only that node knows: canaries left out so are named.

            With '--write-signers FILE' stock git can judge the reports, too: git -c \
            gpg.ssh.allowedSignersFile=FILE log --show-signature origin/status/NODE
            """)

    @Argument(help: "The commits of a pull request, such as origin/main..topic.")
    var range: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "With BASE..HEAD: merge (unsigned, as a forge's button makes it; the default), fast-forward or "
                + "signed-merge.", valueName: "shape"))
    var shape: MergeShape?

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Print JSON (plimsoll/verification/v1, with BASE..HEAD plimsoll/forecast/v1).")
    var json = false

    @Flag(help: "Recompute every admission from the receipts.")
    var receipts = false

    @Option(
        help: ArgumentHelp(
            "Write the keys of all nodes as an OpenSSH allowed_signers file.", valueName: "file"))
    var writeSigners: String?

    func validate() throws {
        if range == nil, shape != nil { throw ValidationError("--as needs BASE..HEAD") }
        if range != nil, receipts || writeSigners != nil {
            throw ValidationError("--receipts and --write-signers are about the whole fleet, not BASE..HEAD")
        }
    }

    func run() throws {
        if let range { return try forecast(range, as: shape ?? .merge) }
        let isWatched = Terminal.isErrorTerminal
        let audit = try repository.fetch().audit(
            from: repository.introduction, recomputing: receipts
        ) { done, all in
            if isWatched, done % 500 == 0 { Terminal.note("plimsoll: \(done) of \(all) nodes checked") }
        }
        if let writeSigners { try DurableFile.write(Array(audit.allowedSigners.utf8), to: writeSigners) }
        let rendering = VerificationRendering(audit)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
        repository.note(audit.history)
        guard audit.isAuthentic, audit.unfounded.isEmpty else {
            throw ExitCode(ExitStatus.notAuthentic.rawValue)
        }
    }

    private func forecast(_ text: String, as shape: MergeShape) throws {
        let place = try repository.location()
        guard let folder = place.folder else {
            throw ProgramError(
                .usage, "'\(repository.place)' is a URL; BASE..HEAD needs a clone, by its path")
        }
        let range = try CommitRange(
            text, in: folder, branch: repository.branch, isClone: place.isClone, tip: nil)
        let clone = try FleetClone(
            working: place, branch: repository.branch, at: range.base, network: NetworkChild())
        let (forecast, history) = try clone.forecast(merging: range, from: repository.introduction)
        let rendering = MergeForecastRendering(forecast, asked: shape)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
        repository.note(history)
        guard forecast.isAuthentic(shape) else { throw ExitCode(ExitStatus.notAuthentic.rawValue) }
    }
}

extension MergeShape: ExpressibleByArgument {}
