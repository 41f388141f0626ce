internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import Glibc

/// `plimsoll demo`: a whole fleet at work on this machine.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows a whole fleet at work on this machine, with real git, apt and dpkg.",
        discussion: """
            Two canaries and four stores, each with a root of its own, follow a fleet repository that is \
            made from the template. Nothing of this machine's own packages is touched, and nothing is left \
            running.
            """)

    @Flag(help: "Leave the folder to look at.")
    var keep = false

    @Option(help: "The folder to work in; it must not exist, or be empty. Default: a temporary one.")
    var directory: String?

    func run() async throws {
        DemoStop.listen()
        let folder = try makeFolder()
        let agents = DemoAgents()
        let outcome: Result<Void, any Error>
        do {
            var play = try await DemoPlay(folder: folder, agents: agents)
            try await play.perform()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        agents.stop()
        if keep {
            Terminal.print("\neverything is left in \(folder)")
        } else {
            let environment = ["PATH": AptConfiguration.defaultSearchPath]
            _ = try? await runChild(["rm", "-rf", "--one-file-system", folder], environment: environment)
        }
        try outcome.get()
    }

    private func makeFolder() throws -> String {
        guard let directory else {
            var template = Array("/tmp/plimsoll-demo-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw ProgramError(.failure, "no folder in /tmp: \(String(cString: strerror(errno)))")
            }
            return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let path = directory.hasPrefix("/") ? directory : "\(Self.workingFolder)/\(directory)"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST && rmdir(path) == 0 && mkdir(path, 0o755) == 0 else {
            throw ProgramError(
                .usage, "--directory '\(directory)': expected a folder that does not exist yet, or is empty")
        }
        return path
    }

    private static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
