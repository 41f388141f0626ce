internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll approve`: a person's signature that a commit is meant for the branch.
struct ApproveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Signs that a commit is meant for the branch.",
        discussion: """
            Shows what there is to approve: which files differ from what nodes follow now. With COMMIT it \
            then signs an empty commit. Without COMMIT nothing is signed; shown is the newest commit of the \
            branch that waits for approval, or what is checked out.

            A commit that waits on the branch ('trust.threshold' in fleet.yaml) is approved on top of the \
            branch, together with all that is below it. One of a topic is approved on top of itself, so \
            that a forge's button can merge it; where the fleet asks for 'trust.branch', the approval names \
            the branch for which the commit is meant.

            Nothing is pushed, and no reference changed: the last line says how to push. Exit code 77 if the \
            branch is not authentic.
            """)

    @Argument(help: "The commit to approve, by any name that git knows. Without it nothing is signed.")
    var commit: String?

    @Option(help: "Your SSH key, public or private. By default git's user.signingKey, or one in ~/.ssh.")
    var key: String?

    @OptionGroup var repository: RepositoryOptions

    func run() throws {
        let place = try repository.location()
        guard let folder = place.folder, place.isClone else {
            throw ProgramError(
                .usage,
                "'\(repository.place)' is no clone with a remote 'origin'; the approval is signed in one")
        }
        let git = StockGit(folder: folder)
        let clone = try repository.fetch()
        let approval = try clone.approval(of: commit, from: repository.introduction, by: git)
        show(approval)
        guard commit != nil else {
            Terminal.note(
                "plimsoll: nothing is signed yet; to approve this: plimsoll approve \(approval.target)")
            return
        }
        let key = try key.map { try SigningKeyChoice(file: $0) } ?? SigningKeyChoice.usual(of: git)
        let signed = try clone.sign(approval, with: key, by: git)
        Terminal.print("Approved \(approval.target.short) by \(signed.commit.short).")
        if let pending = signed.pending { Terminal.print("With it, \(Table.Cell(pending.words).text).") }
        Terminal.print("Next: \(try push(signed.commit, of: approval, git))")
    }

    private func show(_ approval: CommitApproval) {
        guard !approval.changes.isEmpty else {
            Terminal.print("\(approval.target.short) changes no file of \(approval.ground.short).")
            return
        }
        Terminal.print("\(approval.target.short) changes, compared with \(approval.ground.short):")
        for line in approval.changes { Terminal.print(line) }
    }

    /// How the commit comes to where it belongs.
    private func push(
        _ commit: CommitID, of approval: CommitApproval, _ git: StockGit
    ) throws(OperatorError) -> String {
        if approval.isOnBranch { return "git push origin \(commit):\(repository.branch)" }
        let branch = try git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"])
        let head = try git.attempt(["rev-parse", "--quiet", "--verify", "HEAD"]).output
        let isHere = branch.exitCode == 0 && head == approval.parent.hex
        // In full: the remote may not have the topic yet.
        return "git push origin \(commit):refs/heads/\(isHere ? branch.output : "TOPIC")"
    }
}
