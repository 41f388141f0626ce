internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import Glibc

/// The operator's program: what people do with a fleet repository and with the reports of its nodes.
@main
struct PlimsollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plimsoll",
        abstract: "Keeps the patch baselines of a fleet in Git.",
        discussion: """
            A fleet begins with 'init', which makes its repository. 'validate' finds what is wrong before a \
            merge, 'plan' shows what that would do and 'simulate' how it would roll out; 'status' shows \
            what the nodes say of themselves, 'rollout' how far each group has come, 'why' what a node \
            decides and what is missing; 'proceed' ends a pause, 'claims' shows who counts against a budget; \
            'verify' checks every signature from the first trusted commit on, and recomputes what was \
            admitted; 'approve' signs that a commit is meant for the branch; 'vouch' heals a branch on which \
            something is not authentic; 'hook' guards the bare repository on a server; 'prune' moves what \
            nodes that left the fleet have reported to a file.

            Exit codes: 0 nothing is wrong; 1 failed; 2 'plan' and 'prune' only: changes are \
            pending; 3 'rollout --until-done' only: a person is needed; 64 wrong usage; 65 invalid fleet \
            repository; 69 remote unreachable; 77 not authentic.
            """,
        version: AgentVersion.current.description,
        subcommands: [
            InitCommand.self, ValidateCommand.self, PlanCommand.self, StatusCommand.self,
            RolloutCommand.self, WhyCommand.self, ProceedCommand.self, ClaimsCommand.self,
            VerifyCommand.self, ApproveCommand.self, VouchCommand.self, HookCommand.self,
            PruneCommand.self, SimulateCommand.self, DemoCommand.self,
        ])

    static func main() async {
        // Internal: how this program starts itself for work on the network. Before anything is parsed, for it
        // happens in every cycle.
        if CommandLine.arguments.dropFirst() == [NetworkChild.command] { Glibc.exit(NetworkWorker.run()) }
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as any ProgramEnding {
            let error = error.programError
            Terminal.note("plimsoll: \(error.message)")
            Glibc.exit(error.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
