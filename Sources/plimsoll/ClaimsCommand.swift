internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll claims`: who has claimed against the budgets of the groups, and a person's way to end a claim.
struct ClaimsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims",
        abstract: "Shows, and ends, what nodes have claimed against the budgets of their groups.",
        discussion: """
            A group with 'budget: {unavailable: 2, per: site}' lets at most two of its nodes of one site be \
            in change or failed. Each claims before it changes, and its claim counts until its own report \
            says that it is well or did not begin. A failed or silent node counts until it is well again, \
            is removed from the fleet, or somebody ends its claim:

              plimsoll claims --end atm-0001 --reason 'broken, a technician comes on Monday'

            The end is signed with your key, which must be in trust/allowed_signers, and stands until the \
            node claims again. Exit code 77 if the branch's history is not authentic.
            """)

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "Print JSON (plimsoll/claims/v1).")
    var json = false

    @Option(
        help: ArgumentHelp("End what counts of this node's claims.", valueName: "node"),
        transform: argument(_:))
    var end: NodeName?

    @Option(help: ArgumentHelp("Why the claim is ended; with '--end'.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "The SSH key to sign the end with. By default the one that git signs with.", valueName: "path"))
    var key: String?

    func validate() throws {
        guard end == nil else {
            let length = reason?.unicodeScalars.count ?? 0
            let isLine =
                reason?.unicodeScalars.contains { $0.properties.generalCategory == .control } == false
            guard (1...Reason.longestMessage).contains(length), isLine else {
                throw ValidationError(
                    "'--end' needs '--reason TEXT', a line of at most \(Reason.longestMessage) characters")
            }
            return
        }
        guard reason == nil, key == nil else {
            throw ValidationError("'--reason' and '--key' go with '--end NODE'")
        }
    }

    func run() throws {
        let clone = try repository.fetch()
        if let end, let reason {
            // Whose key and address: as git in the operator's clone has them, or anywhere.
            let git = StockGit(folder: repository.place.contains("://") ? "." : repository.place)
            let choice = try key.map { try SigningKeyChoice(file: $0) } ?? SigningKeyChoice.usual(of: git)
            let ended = try clone.end(
                ClaimEnding(node: end, reason: reason, key: choice, git: git, time: SystemClock.wall),
                from: repository.introduction)
            for ledger in ended {
                let result = "ended the claim of '\(end)' at \(ledger)"
                if json { Terminal.note("plimsoll: \(result)") } else { Terminal.print(result) }
            }
        }
        let claims = try clone.claims(from: repository.introduction)
        let rendering = ClaimsRendering(claims, now: SystemClock.wall)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            rendering.print()
        }
        repository.note(claims.history)
        guard let failure = claims.history.failure else { return }
        throw ProgramError(
            .notAuthentic, "\(failure); nodes go on with \(claims.commit.short), and so does this list")
    }
}
