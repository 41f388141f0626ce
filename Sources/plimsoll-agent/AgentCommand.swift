internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository
internal import Glibc

/// The node's program. It runs as root on every node, so it links neither a web server nor a simulator.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plimsoll-agent",
        abstract: "Holds this node to the patch baseline that its fleet repository declares.",
        discussion: """
            A node begins with 'enroll', which makes its key and prints the file that a pull request adds to \
            the fleet repository. Then 'reconcile' runs one cycle, and 'run' one after the other.

            Exit codes: 0 done, nothing to do or nothing wrong; 1 failed; 2 changes are pending (--dry-run \
            only); 64 wrong usage; 65 invalid fleet repository or configuration; 69 remote unreachable or \
            behind; 75 another cycle is running; 77 not authentic.
            """,
        version: AgentVersion.current.description,
        subcommands: [
            EnrollCommand.self, ReconcileCommand.self, RunCommand.self, StatusCommand.self,
            HoldCommand.self, ReleaseCommand.self, RetryCommand.self, CaptureCommand.self,
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
        } catch let error as ProgramError {
            Terminal.note("plimsoll-agent: \(error.message)")
            Glibc.exit(error.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "The node's configuration.")
    var path = AgentConfiguration.defaultPath
}
