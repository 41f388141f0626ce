internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import Glibc

/// `plimsoll init`: a new fleet repository, or git's settings in a clone of one.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes a new fleet repository, or sets git up in a clone of one.",
        discussion: """
            In an empty folder it writes the files of a fleet with two groups on hold, puts your public key \
            into trust/allowed_signers, and makes the first signed commit: the introduction, which every \
            node pins.

            In a clone of a fleet repository it only sets git up: every commit is signed with your SSH key, \
            a merge is a signed commit, and 'git log --show-signature' judges by trust/allowed_signers.
            """)

    @Argument(help: "The folder, empty or not there yet; or a clone of a fleet repository.")
    var folder: String

    @Option(help: "The name of the fleet. By default the folder's.", transform: argument(_:))
    var fleet: FleetName?

    @Option(help: "Your SSH key, public or private. By default git's user.signingKey, or one in ~/.ssh.")
    var key: String?

    @Option(help: "Whom your key stands for in trust/allowed_signers. By default your address in git.")
    var principal: String?

    func validate() throws {
        guard !folder.isEmpty, !folder.hasPrefix("-") else {
            throw ValidationError("'\(folder)' is not the path of a folder")
        }
        guard let principal, !FleetFounding.isPrincipal(principal) else { return }
        throw ValidationError("'\(principal)' is not \(Self.expectedPrincipal)")
    }

    private static let expectedPrincipal =
        "a principal such as ada@example.com: one word without quotes, commas and the characters * ? !"

    func run() throws {
        switch try FleetFounding.ground(of: folder) {
        case .free: try found(isMade: false)
        case .fleetRepository(hasCommit: false): try found(isMade: true)
        case .fleetRepository(hasCommit: true): try setUp()
        case .taken(let why):
            throw ProgramError(
                .usage, "'\(folder)': \(why); expected an empty folder, or a clone of a fleet repository")
        }
    }

    private func found(isMade: Bool) throws {
        // Where the folder is not there yet, git is asked from here: what it reads is the user's own
        // configuration.
        let git = StockGit(folder: ".")
        let founding = FleetFounding(
            folder: folder, fleet: try fleetName(), principal: try principal(of: git),
            key: try signingKey(git))
        let introduction =
            try isMade ? founding.commit(StockGit(folder: folder)) : founding.found(from: TemplateFiles.all)
        let path = Self.shellWord(Table.Cell(folder).text)
        Terminal.write(
            """
            The fleet '\(founding.fleet)' begins in \(path).
            Its first commit is signed by \(founding.principal), \(founding.key.publicKey.fingerprint).

            introduction: \(introduction)

            1. Put it where the nodes can read it, and only those whom you trust can write:
                 git -C \(path) remote add origin ssh://git@git.example.com/\(founding.fleet)/fleet.git
                 git -C \(path) push --set-upstream origin main

            2. Enrol the first canary. On that machine, as root:
                 plimsoll-agent enroll --remote ssh://git@git.example.com/\(founding.fleet)/fleet.git \\
                   --introduction \(introduction) > canary-1.yaml
               and here:
                 mv canary-1.yaml \(path)/groups/canary/nodes/
                 plimsoll validate \(path)
                 git -C \(path) add groups
                 git -C \(path) commit -m 'Enrol canary-1'
                 git -C \(path) push

            3. See what it says:
                 plimsoll status --repository \(path) --introduction \(introduction)

            Both groups are on hold: nodes report and change nothing. Read \(path)/README.md to begin.

            """)
    }

    /// A path as a shell takes it for one word.
    private static func shellWord(_ path: String) -> String {
        let isSafe = path.utf8.allSatisfy { $0.isAlphanumeric || "/._-+@:".utf8.contains($0) }
        return isSafe ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }

    private func setUp() throws {
        let git = StockGit(folder: folder)
        let settings = CloneSettings(key: try signingKey(git))
        try settings.apply(to: git)
        Terminal.print(
            "git in '\(Table.Cell(folder).text)' signs with \(settings.key.publicKey.fingerprint) now:")
        for setting in settings.all { Terminal.print("  \(setting.key) = \(setting.value)") }
        if let branch = FleetFounding.branch(in: folder) {
            Terminal.note(
                "plimsoll: each commit of this fleet's branch must name it: git commit --trailer "
                    + "'\(branch.trailer)'; a topic is approved by 'plimsoll approve'")
        }
        let signers = try DirectoryTree(root: folder).file(at: Layout.allowedSigners, limit: 1 << 20)
            .flatMap { try? AllowedSigners(parsing: $0) }
        if signers?.signers.contains(where: { $0.key == settings.key.publicKey }) != true {
            Terminal.note(
                "plimsoll: this key is not in \(Layout.allowedSigners), so no node would believe "
                    + "your commits; "
                    + "somebody "
                    + "whose key is in it must add: \(settings.key.publicKey)")
        }
    }

    private func fleetName() throws(ProgramError) -> FleetName {
        if let fleet { return fleet }
        let last = folder.split(separator: "/").last ?? ""
        if let name = FleetName(last) { return name }
        throw ProgramError(.usage, "'\(last)' is not \(FleetName.expected); name the fleet by '--fleet NAME'")
    }

    private func principal(of git: StockGit) throws -> String {
        if let principal { return principal }
        // As git itself takes it, from the configuration or the environment: "Ada <ada@example.com>
        // 1793530800 +0100".
        let identity = try git.attempt(["var", "GIT_COMMITTER_IDENT"])
        let address = identity.output.split(separator: "<").last?.prefix { $0 != ">" } ?? ""
        guard identity.exitCode == 0, FleetFounding.isPrincipal(String(address)) else {
            throw ProgramError(
                .usage,
                "git knows no address of yours; set one by 'git config --global user.email ADDRESS', or name "
                    + "yourself by '--principal ADDRESS'")
        }
        return String(address)
    }

    private func signingKey(_ git: StockGit) throws(OperatorError) -> SigningKeyChoice {
        if let key { return try SigningKeyChoice(file: key) }
        return try SigningKeyChoice.usual(of: git)
    }
}
