internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll proceed`: a person's word that a rollout goes on past a pause.
struct ProceedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proceed",
        abstract: "Lets the next paused step of a group's rollout begin.",
        discussion: """
            Writes groups/<group>/proceed.yaml for what is declared now and for the next step that waits \
            for a person ('pause: true' in the group's waves), and commits that file alone, signed with \
            your key. Nothing happens until it is pushed. The word is about one declaration: the next one \
            pauses again. The work tree must be at the branch's tip.
            """)

    @Argument(help: "The group.", transform: argument(_:))
    var group: GroupName

    @Option(help: "The last step that may begin, from 1. By default the next one that waits.")
    var step: Int?

    @Option(help: "The declaration, by the beginning of its digest or commit. By default the declared one.")
    var declaration: String?

    @Option(help: "Your SSH key, public or private. By default git's user.signingKey, or one in ~/.ssh.")
    var key: String?

    @Flag(help: "Only write the file.")
    var noCommit = false

    @OptionGroup var repository: RepositoryOptions

    func run() throws {
        let place = try repository.location()
        guard let folder = place.folder else {
            throw ProgramError(.usage, "'\(repository.place)' is a URL; the word is written into a work tree")
        }
        let tree = try WorkTree(at: folder)
        // Asked first: what is declared must be what the nodes are told.
        if place.isClone { try tree.requireTip(repository.fetch().tip, of: repository.branch) }
        let clone = try FleetClone(
            working: place, branch: repository.branch, at: tree.head, network: NetworkChild())
        let ending = try clone.pauseEnding(
            of: group, at: tree.head, step: step, declaration: declaration, from: repository.introduction)
        guard !noCommit else {
            try ending.write(below: tree.git.folder)
            show(ending)
            Terminal.print("Written to \(ending.path). Next: commit it, signed, and push.")
            return
        }
        let key = try key.map { try SigningKeyChoice(file: $0) } ?? SigningKeyChoice.usual(of: tree.git)
        try tree.requireTrust(in: key.publicKey)
        try ending.write(below: tree.git.folder)
        let commit = try ending.commit(with: tree.git, key: key)
        show(ending)
        let isOnBranch = tree.branch == repository.branch
        Terminal.print(
            "Committed as \(commit.short). Next: "
                + (isOnBranch
                    ? "git push" : "bring it to '\(repository.branch)', by a push or a pull request"))
    }

    private func show(_ ending: PauseEnding) {
        let proceed = ending.proceed
        Terminal.print(
            "Step \(proceed.step) of \(ending.steps) in '\(group)' may begin for \(proceed.declaration): "
                + "\(ending.nodes) nodes, \(ending.nodes - ending.nodesBefore) of them new.")
        guard !ending.alsoEnded.isEmpty else { return }
        let steps = ending.alsoEnded.map(String.init).joined(separator: ", ")
        Terminal.print("That ends the pauses before these steps, too: \(steps).")
    }
}
