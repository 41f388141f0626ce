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

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Print JSON (plimsoll/verification/v1).")
    var json = false

    @Flag(help: "Recompute every admission from the receipts.")
    var receipts = false

    @Option(
        help: ArgumentHelp(
            "Write the keys of all nodes as an OpenSSH allowed_signers file.", valueName: "file"))
    var writeSigners: String?

    func run() throws {
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
}
