internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetRepository
internal import Glibc

/// `plimsoll hook`: the server's side, for bare repositories on a server of one's own.
struct HookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Has a bare repository take only what Plimsoll's rules allow.",
        discussion: """
            'plimsoll hook install', once in the bare repository on the server, is all that is needed. From \
            then on the branch takes only authentic fast-forwards of a valid fleet repository; \
            'status/<node>' only further reports of that node, signed by its key; 'latest/<node>' only the \
            report that the chain's tip holds; 'claims/<group>/<value>' only claims that nodes make for \
            themselves, and words of persons in trust/. Nothing else is taken, nothing is deleted.
            """,
        subcommands: [HookInstallCommand.self, HookPreReceiveCommand.self, HookUpdateCommand.self])
}

/// `plimsoll hook install`.
struct HookInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Writes the hook and its settings into a bare repository.",
        discussion: """
            Run it as the user who owns the repository. It writes hooks/pre-receive, and to the \
            repository's configuration plimsoll.branch, plimsoll.introduction and plimsoll.fleet, which the \
            hook reads. It sets receive.denyNonFastForwards=false, for nodes replace 'latest/<node>', and \
            receive.denyDeletes=true; receive.fsckObjects=true and receive.maxInputSize=64m where nothing \
            is said yet. Run again, it changes what is given.
            """)

    @Option(
        help: ArgumentHelp("The bare repository on this machine.", valueName: "bare"))
    var repository = "."

    @Option(help: "The branch that nodes follow.")
    var branch = "main"

    @Option(
        help: ArgumentHelp(
            "The commit from which history is trusted. By default the branch's first.", valueName: "commit"),
        transform: argument(_:))
    var introduction: CommitID?

    @Option(
        help: ArgumentHelp(
            "For a repository that is for reports alone: the fleet's own bare repository on this machine.",
            valueName: "bare"))
    var fleet: String?

    @Option(
        help: ArgumentHelp("Where the hook is written, if not where git looks for it.", valueName: "file"))
    var to: String?

    @Flag(help: "Replace a hook that Plimsoll has not written.")
    var replace = false

    @Flag(help: "Write the settings alone: something else calls 'plimsoll hook pre-receive'.")
    var settingsOnly = false

    func validate() throws {
        guard !settingsOnly || to == nil && !replace else {
            throw ValidationError("with --settings-only there is no file for --to and --replace")
        }
    }

    func run() throws {
        let installer = try HookInstaller(in: repository, program: Self.ownPath())
        let made = try installer.install(
            HookInstaller.Wish(
                branch: branch, introduction: introduction, fleet: fleet, file: to, isReplacing: replace,
                isSettingsOnly: settingsOnly))
        if let file = made.file { Terminal.print("Written: \(file)") }
        for setting in made.changed { Terminal.print("Set: \(setting)") }
        Terminal.print(
            made.settings.fleet.map {
                "Takes reports and claims of the nodes that '\(branch)' of '\($0)' lists."
            }
                ?? "Takes authentic changes of '\(branch)', and reports and claims of its nodes.")
        Terminal.print("Trusted from \(made.settings.introduction) on.")
        for note in made.notes { Terminal.note("plimsoll: \(note)") }
    }

    /// Where this program is.
    private static func ownPath() throws -> String {
        guard let resolved = realpath("/proc/self/exe", nil) else {
            throw ProgramError(.failure, "the path of this program cannot be told")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// `plimsoll hook pre-receive`: what git runs before it takes a push (githooks(5)).
struct HookPreReceiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pre-receive",
        abstract: "Judges a push; git runs it, with a line OLD NEW REFERENCE for each reference as input.",
        discussion: "Exit code 77 if the push is refused: then git takes nothing of it.")

    func run() throws {
        var input = ""
        while let line = readLine(strippingNewline: false) { input += line }
        try HookPush.judge(ProposedUpdate.parse(input), isWhole: true)
    }
}

/// `plimsoll hook update`: for servers that run no hook but this one.
struct HookUpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Judges one reference of a push, as git's update hook.",
        discussion: """
            For servers that let no other hook be added. 'pre-receive' is better: it takes a push whole or \
            not at all, and what it refuses leaves no objects behind. Exit code 77 if the reference is \
            refused.
            """)

    @Argument(help: "The reference's full name.")
    var reference: String

    @Argument(help: "What it names now; 40 zeros if there is none.")
    var old: String

    @Argument(help: "What it is to name; 40 zeros delete it.")
    var new: String

    func run() throws {
        guard let update = ProposedUpdate(reference: reference, old: old, new: new) else {
            throw ValidationError("expected REFERENCE OLD NEW, with ids of 40 digits")
        }
        try HookPush.judge([update], isWhole: false)
    }
}

/// A push, as the environment of a hook tells of it.
private enum HookPush {
    /// - Parameter isWhole: whether these are all references of the push.
    /// - Throws: `ExitCode` if it is refused, once it was said why.
    static func judge(_ updates: [ProposedUpdate], isWhole: Bool) throws {
        // git runs hooks in the bare repository, with GIT_DIR; both names of the quarantine are its folder.
        var judge = try PushJudge(
            folder: value(of: "GIT_DIR") ?? ".", quarantine: value(of: "GIT_QUARANTINE_PATH"),
            knownZones: ZoneDatabase().names)
        let refusals = judge.judge(updates, isWhole: isWhole)
        guard !refusals.isEmpty else { return }
        for refusal in refusals.prefix(mostTold) {
            Terminal.note("plimsoll: \(Table.Cell("\(refusal.reference): \(refusal.message)").text)")
            for detail in refusal.details.prefix(mostTold) {
                Terminal.note("plimsoll:   \(Table.Cell(detail).text)")
            }
            let left = refusal.details.count - mostTold
            if left > 0 { Terminal.note("plimsoll:   and \(left) more") }
        }
        if isWhole, updates.count > 1 { Terminal.note("plimsoll: nothing of this push was taken") }
        throw ExitCode(ExitStatus.notAuthentic.rawValue)
    }

    /// So many lines of a kind are told; a push may have thousands of faults.
    private static let mostTold = 20

    private static func value(of name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
